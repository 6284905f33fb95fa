/** Versions of the release: all of them in D1, and in KV the copies of those that hold, which isolates read. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Pointer } from "./moves.ts";

const ACTIVE = "release:active";
const keyOf = (version: number): string => `release:${version}`;

/** What KV says holds; undefined: nothing was published. */
export async function readPointer(kv: KVNamespace): Promise<Pointer | undefined> {
  // Before there were moves it was `{stable}` alone.
  const stored = await kv.get<Pick<Pointer, "stable"> & Partial<Pointer>>(ACTIVE, "json");
  return stored ? { revision: 0, share: 0, ...stored } : undefined;
}

/** A version's document from KV. Throws where it is not there. */
export async function readDocument(kv: KVNamespace, version: number): Promise<ReleaseDocument> {
  const document = await kv.get(keyOf(version), "json");
  if (!document) throw new Error(`release ${version} is named active but is not in KV`);
  return releaseOf(document);
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
  for (const [version, document] of documents) await kv.put(keyOf(version), document);
  await kv.put(ACTIVE, JSON.stringify(pointer));
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
