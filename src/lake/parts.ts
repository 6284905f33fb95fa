/**
 * The Parquet parts of an hour: which there are, reading one, and writing one unless somebody else wrote it meanwhile.
 * Used by compaction, by the sweeps of erasure and access, and by reading back.
 */
import { DAY_MS } from "#core/clock";
import { logError } from "#core/log";
import { fromParquet, type Line, toParquet } from "./parquet.ts";
import { folderOf, PARTS, type PartKind, type PartName, partNameOf } from "./places.ts";

export interface Part extends PartName {
  key: string;
  /** Characters of its lines as text: what it takes in memory. */
  chars: number;
  etag: string;
}

/** All parts of one kind in an hour. @param hour epoch ms at which it begins */
export async function partsOf(bucket: R2Bucket, kind: PartKind, hour: number): Promise<Part[]> {
  const parts: Part[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({
      prefix: `${PARTS[kind]}${folderOf(hour)}`,
      include: ["customMetadata"],
      ...(cursor !== undefined && { cursor }),
    });
    for (const { key, size, etag, customMetadata } of page.objects) {
      const name = partNameOf(key);
      // One that somebody else wrote says nothing of its lines: Snappy saves about three quarters of ours.
      if (name)
        parts.push({
          key,
          etag,
          ...name,
          chars: customMetadata?.chars ? Number(customMetadata.chars) : size * 4,
        });
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return parts;
}

/** Characters of lines as a file would have them. */
export const charsOf = (lines: readonly Line[]): number =>
  lines.reduce((sum, { text }) => sum + text.length + 1, 0);

/** How many parts an hour is divided into; 0: none are there yet. */
export const countOf = (parts: readonly PartName[]): number =>
  parts.reduce((most, { count }) => Math.max(most, count), 0);

export interface ReadPart {
  lines: Line[];
  etag: string;
}

type IsWanted = (bytes: ArrayBuffer) => Promise<boolean>;

/** @param isWanted whether to read it whole @returns undefined where there is no such part, or it is not wanted */
export async function readPart(
  bucket: R2Bucket,
  kind: PartKind,
  key: string,
  isWanted?: IsWanted,
): Promise<ReadPart | undefined> {
  const object = await bucket.get(key);
  if (!object) return undefined;
  const bytes = await object.arrayBuffer();
  try {
    if (isWanted && !(await isWanted(bytes))) return undefined;
    return { lines: await fromParquet(kind, bytes), etag: object.etag };
  } catch (error) {
    return { lines: [], etag: await setAside(bucket, key, object.etag, bytes, error) };
  }
}

/**
 * A part that cannot be read harms only itself: what it is goes to `damaged/`, an empty one takes its place, and the log says
 * so, once. An erasure cannot tell who is in it: docs/lake.md says what to do.
 * @returns the etag of the empty one; of the damaged one where somebody else wrote it meanwhile
 */
async function setAside(
  bucket: R2Bucket,
  key: string,
  etag: string,
  bytes: ArrayBuffer,
  error: unknown,
): Promise<string> {
  await bucket.put(`${DAMAGED}${key}`, bytes);
  const kind = key.startsWith(PARTS.events) ? "events" : "receipts";
  const put = await bucket.put(key, await toParquet(kind, []), {
    onlyIf: { etagMatches: etag },
    customMetadata: { rows: "0", chars: "0" },
  });
  logError(`a part of the lake cannot be read, and lies at ${DAMAGED}${key} now`, error);
  return put?.etag ?? etag;
}

/** Where parts lie that could not be read. */
const DAMAGED = "damaged/";

/** Keys of those of some days. @param from @param to epoch ms; a day more on both sides */
export async function damagedBetween(bucket: R2Bucket, from: number, to: number): Promise<string[]> {
  const { objects } = await bucket.list({ prefix: DAMAGED });
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const [first, last] = [day(from - DAY_MS), day(to + DAY_MS)];
  return objects
    .map(({ key }) => key)
    .filter((key) => {
      const [named = first] = /\d{4}-\d{2}-\d{2}/.exec(key) ?? [];
      return named >= first && named <= last;
    });
}

/** So often another may write a part meanwhile before it is given up. */
const MAX_TRIES = 8;

/**
 * Write a part from what it is now; where somebody wrote it meanwhile, from what it has become.
 * @param change of the lines (none: there is no such part yet) those that are to be there; undefined: it stays as it is
 * @param isWanted an existing part alone is changed, and only if so
 * @returns whether it was changed @throws Error where it stays contended
 */
export async function changePart(
  bucket: R2Bucket,
  kind: PartKind,
  key: string,
  change: (lines: Line[]) => Line[] | undefined | Promise<Line[] | undefined>,
  isWanted?: IsWanted,
): Promise<boolean> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const now = await readPart(bucket, kind, key, isWanted);
    if (isWanted && !now) return false;
    const lines = await change(now?.lines ?? []);
    if (lines === undefined || (lines.length === 0 && !now)) return false;
    // Also of nothing: a delete has no condition, and would take along what was written meanwhile.
    const put = await bucket.put(key, await toParquet(kind, lines), {
      onlyIf: now ? { etagMatches: now.etag } : { etagDoesNotMatch: "*" },
      customMetadata: {
        rows: String(lines.length),
        chars: String(charsOf(lines)),
      },
      httpMetadata: { contentType: "application/vnd.apache.parquet" },
    });
    if (put !== null) return true;
  }
  throw new Error(`${key} stayed contended over ${MAX_TRIES} tries`);
}
