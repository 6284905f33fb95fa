/**
 * How many people a segment would have that nobody has published yet, who some of them are, and what it has in common with
 * the others: counted over all profiles where they are few, else over a uniform sample of them, in about a second. A
 * sample is of cells of the space of keys, which are hashes: each cell has as many people as another, but for chance.
 * Called by src/console/segments.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Clock } from "#core/clock";
import { countRows, type KeyRange, keyPrefixes, profilesAfter, profilesWithin } from "#identity/pages";
import type { IdentityShards } from "#identity/shards";
import type { Cuts } from "#segments/rfm";
import { marginOf } from "#segments/sizes";
import { grantedSegments, type ProfileNow } from "../profiles.ts";
import { profilesOfPage } from "./look.ts";

export interface EstimateDeps {
  identity: IdentityShards;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
}

export interface Estimate {
  people: number;
  /** Of all that there are. */
  of: number;
  /** Everybody was looked at. */
  exact: boolean;
  /** The true number lies within so many of `people`, in 95 of 100 samples. */
  margin: number;
  /** Profiles that were looked at. */
  looked: number;
  /** Some who would be in it. */
  sample: ProfileNow[];
  /** By segment: how many are in both. */
  overlap: Record<string, number>;
}

/** Rows of which all are looked at. */
const MAX_ROWS = 4_000;
const ROWS_PER_PAGE = 1_000;
/** So many profiles are sampled, or for so long. */
const SAMPLED = 2_000;
const RUN_MS = 1_000;
const MAX_SHOWN = 5;

/**
 * @param document the release with the segment in it @param name of the segment
 * @param known how many people there were when they were last counted
 */
export async function estimate(
  document: ReleaseDocument,
  name: string,
  { cuts, known }: { cuts: Cuts | undefined; known: number | undefined },
  deps: EstimateDeps,
): Promise<Estimate> {
  const counting = counter(document, name, cuts);
  const exact = (await countRows(deps.identity, MAX_ROWS + 1)) <= MAX_ROWS;
  if (exact) {
    await lookAtAll(counting, deps);
    return counting.estimate(counting.looked(), true);
  }
  const share = await lookAtSample(counting, deps);
  return counting.estimate(known ?? Math.round(counting.looked() / share), false);
}

async function lookAtAll(counting: Counting, { identity, clock }: EstimateDeps): Promise<void> {
  for (const db of identity.all) {
    let page = { end: "", isLast: false };
    while (!page.isLast) {
      const read = await profilesAfter(identity, db, page.end, ROWS_PER_PAGE);
      counting.add(read, clock());
      page = read;
    }
  }
}

/** @returns the share of the space of keys that was looked at */
async function lookAtSample(counting: Counting, { identity, clock, random }: EstimateDeps): Promise<number> {
  const prefixes = await keyPrefixes(identity);
  const begun = clock();
  // So fine that a cell is a small part of what is looked at, also among a hundred million.
  let cells = 64 ** 2;
  const cell = (n: number) => rangesOf(prefixes, n, cells);
  let page = await profilesWithin(identity, cell(Math.floor(random() * cells)), SAMPLED);
  if (page.rows.size > SAMPLED / 4) {
    cells = 64 ** 3;
    page = await profilesWithin(identity, cell(Math.floor(random() * cells)), SAMPLED);
  }
  counting.add(page, clock());
  let done = 1;
  // Cells in an order that visits each once: the step is odd, and their number a power of two.
  const step = 2 * Math.floor(random() * (cells / 2)) + 1;
  let next = Math.floor(random() * cells);
  while (counting.looked() < SAMPLED && clock() - begun < RUN_MS && done < cells) {
    // As many at once as are likely to be enough, at most twice what there has been.
    const perCell = Math.max(counting.looked() / done, 0.1);
    const some = Math.max(
      1,
      Math.min(done * 2, Math.ceil((SAMPLED - counting.looked()) / perCell), MAX_CELLS),
    );
    const ranges: KeyRange[] = [];
    for (let n = 0; n < some && done < cells; n++, done++) {
      ranges.push(...cell(next));
      next = (next + step) % cells;
    }
    counting.add(await profilesWithin(identity, ranges, SAMPLED * 4), clock());
  }
  return done / cells;
}

const MAX_CELLS = 256;

/** base64url, of which hashes are. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Keys of each kind whose hashes begin like this. */
function rangesOf(prefixes: readonly string[], cell: number, cells: number): KeyRange[] {
  let text = "";
  for (let rest = cell, left = cells; left > 1; left /= 64, rest = Math.floor(rest / 64))
    text += LETTERS[rest % 64] ?? "";
  // "~" comes after all letters.
  return prefixes.map((prefix) => [prefix + text, `${prefix}${text}~`]);
}

/** What was looked at so far. */
interface Counting {
  looked(): number;
  add(page: Parameters<typeof profilesOfPage>[0], now: number): void;
  estimate(of: number, exact: boolean): Estimate;
}

function counter(document: ReleaseDocument, name: string, cuts: Cuts | undefined): Counting {
  const seen = new Set<string>();
  const sample: ProfileNow[] = [];
  const overlap = new Map<string, number>();
  let found = 0;
  return {
    looked: () => seen.size,
    add(page, now) {
      for (const profile of profilesOfPage(page, document, cuts, now)) {
        if (seen.has(profile.root)) continue;
        seen.add(profile.root);
        const segments = grantedSegments(profile);
        if (!segments.includes(name)) continue;
        found++;
        if (sample.length < MAX_SHOWN) sample.push(profile);
        for (const other of segments) if (other !== name) overlap.set(other, (overlap.get(other) ?? 0) + 1);
      }
    },
    estimate(of, exact) {
      const looked = seen.size;
      const scaled = (n: number) => (exact ? n : looked === 0 ? 0 : Math.round((n / looked) * of));
      return {
        people: scaled(found),
        of,
        exact,
        margin: exact ? 0 : marginOf(found, looked, of),
        looked,
        sample,
        overlap: Object.fromEntries([...overlap].map(([other, n]) => [other, scaled(n)])),
      };
    },
  };
}
