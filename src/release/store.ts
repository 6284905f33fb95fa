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

/** A document as the schemas of this Worker have read it; others, of an earlier or a later Worker, have a key of their own. */
const asReadKeyOf = (version: number): string => `${keyOf(version)}:${RELEASE_SHAPE}`;
/** What no Worker asks for any more goes by itself; what is asked for is put there again within a minute. */
const AS_READ_SECONDS = 30 * 86_400;

/**
 * A version's document from KV. What these very schemas have read before is not read again: of a large release that is a
 * good part of what an isolate does for its first visitor. Throws where it is not there.
 */
export async function readDocument(kv: KVNamespace, version: number): Promise<ReleaseDocument> {
  const asRead = await kv.get<ReleaseDocument>(asReadKeyOf(version), "json");
  if (asRead) return asRead;
  const document = await kv.get(keyOf(version), "json");
  if (!document) throw new Error(`release ${version} is named active but is not in KV`);
  return releaseOf(document);
}

/** Whether the schemas of this Worker have seen a version: after a deployment they may be others than those before. */
export async function isSeen(kv: KVNamespace, version: number): Promise<boolean> {
  // Not read: it may be large, and this is asked each minute.
  const text = await kv.get(asReadKeyOf(version), "stream");
  await text?.cancel();
  return text !== null;
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
    await kv.put(keyOf(version), document);
    const asRead = await asReadText(version, document);
    await kv.put(asReadKeyOf(version), asRead, { expirationTtl: AS_READ_SECONDS });
  }
  await kv.put(ACTIVE, JSON.stringify(pointer));
}

/** JSON; `null` for one that cannot be read any more: whoever needs it reads the document, and says why. */
async function asReadText(version: number, document: string): Promise<string> {
  try {
    return JSON.stringify(await releaseOf(JSON.parse(document)));
  } catch (error) {
    logError(`release ${version} is none by the schemas of this Worker`, error);
    return "null";
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
