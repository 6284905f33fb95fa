/** Versions of the release: all of them in D1, and in KV the copies of those that hold, which isolates read. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { RELEASE_SHAPE } from "#contracts/definitions/shape";
import { logError } from "#core/log";
import type { Pointer } from "./moves.ts";

const ACTIVE = "release:active";
const keyOf = (version: number): string => `release:${version}`;

/** What KV says holds; undefined: nothing was published. */
export async function readPointer(kv: KVNamespace): Promise<Pointer | undefined> {
  // Before there were moves it was `{stable}` alone.
  const stored = await kv.get<Pick<Pointer, "stable"> & Partial<Pointer>>(ACTIVE, "json");
  return stored ? { revision: 0, share: 0, ...stored } : undefined;
}

/** What KV keeps beside a document: by which schemas it was read before it was put there. */
interface Mark {
  shape?: string;
  /** They could not read it: it is what it was. */
  unread?: true;
}

/**
 * A version's document from KV. What these very schemas have read before is not read again: of a large release that is a
 * good part of what an isolate does for its first visitor. Throws where it is not there.
 */
export async function readDocument(kv: KVNamespace, version: number): Promise<ReleaseDocument> {
  const { value, metadata } = await kv.getWithMetadata<unknown, Mark>(keyOf(version), "json");
  if (!value) throw new Error(`release ${version} is named active but is not in KV`);
  const isRead = metadata?.shape === RELEASE_SHAPE && !metadata.unread;
  return isRead ? (value as ReleaseDocument) : releaseOf(value); // as `marked` made it
}

/** Whether a version came to KV by the schemas of this Worker: after a deployment it may be as those before read it. */
export async function isOfThisShape(kv: KVNamespace, version: number): Promise<boolean> {
  const { value, metadata } = await kv.getWithMetadata<Mark>(keyOf(version), "stream");
  await value?.cancel();
  return metadata?.shape === RELEASE_SHAPE;
}

/**
 * What was given, as a release. The schemas are made here, with the first release that is read, since an isolate should not
 * start slower for them. @throws ZodError where it is none
 */
export async function releaseOf(given: unknown): Promise<ReleaseDocument> {
  const { releaseSchema } = await import("#contracts/definitions/release");
  return releaseSchema.parse(given);
}

/** Documents first: whoever reads the pointer finds them. @param documents version → JSON */
export async function writePointer(
  kv: KVNamespace,
  pointer: Pointer,
  documents: ReadonlyMap<number, string>,
): Promise<void> {
  for (const [version, document] of documents) {
    const { text, mark } = await marked(version, document);
    await kv.put(keyOf(version), text, { metadata: mark });
  }
  await kv.put(ACTIVE, JSON.stringify(pointer));
}

/** A document as it is read, and by what; one that cannot be read any more stays as it is, and whoever reads it says why. */
async function marked(version: number, document: string): Promise<{ text: string; mark: Mark }> {
  try {
    const read = await releaseOf(JSON.parse(document));
    return { text: JSON.stringify(read), mark: { shape: RELEASE_SHAPE } };
  } catch (error) {
    logError(`release ${version} is none by the schemas of this Worker`, error);
    return { text: document, mark: { shape: RELEASE_SHAPE, unread: true } };
  }
}

/** A version without its document. */
export interface Version {
  version: number;
  note: string;
  /** Name of who made it; empty: not known. */
  author: string;
  /** Epoch ms. */
  createdAt: number;
  /** The stable version that it was made from; null: the first, or not known. */
  parent: number | null;
}

const COLUMNS = "version, note, author, created_at AS createdAt, parent";

/** A version with its document as JSON. */
export const readVersion = (
  db: D1Database,
  version: number,
): Promise<(Version & { document: string }) | null> =>
  db.prepare(`SELECT ${COLUMNS}, document FROM releases WHERE version = ?1`).bind(version).first();

/** Versions below a number, newest first, each with the size of its document. */
export async function listVersions(
  db: D1Database,
  before: number,
  limit: number,
): Promise<(Version & { size: number })[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS}, length(document) AS size FROM releases WHERE version < ?1 ORDER BY version DESC LIMIT ?2`,
    )
    .bind(before, limit)
    .all<Version & { size: number }>();
  return results;
}

/** Documents as JSON, by version. */
export async function readDocuments(
  db: D1Database,
  versions: readonly number[],
): Promise<Map<number, string>> {
  const { results } = await db
    .prepare("SELECT version, document FROM releases WHERE version IN (SELECT value FROM json_each(?1))")
    .bind(JSON.stringify(versions))
    .all<{ version: number; document: string }>();
  return new Map(results.map(({ version, document }) => [version, document]));
}
