/** Releases in KV (what isolates read) and in D1 (the history). */
import { type ReleaseDocument, releaseSchema } from "#contracts/definitions/release";
import type { ActiveRelease } from "./active.ts";

const ACTIVE = "release:active";

interface Pointer {
  stable: number;
}

/** The published release; `known` is returned as it is where it still is the one. Undefined: none published. */
export async function readPublished(
  kv: KVNamespace,
  known?: ActiveRelease,
): Promise<ActiveRelease | undefined> {
  const pointer = await kv.get<Pointer>(ACTIVE, "json");
  if (!pointer) return undefined;
  if (known?.version === pointer.stable) return known;
  const document = await kv.get(`release:${pointer.stable}`, "json");
  if (!document) throw new Error(`release ${pointer.stable} is named active but is not in KV`);
  return { version: pointer.stable, document: releaseSchema.parse(document) };
}

/** Store a new release and make it the active one. The version is the next free number. */
export async function writeRelease(
  db: D1Database,
  kv: KVNamespace,
  document: ReleaseDocument,
  note: string,
  now: number,
): Promise<number> {
  const row = await db
    .prepare(
      "INSERT INTO releases (version, document, note, created_at) SELECT COALESCE(MAX(version), 0) + 1, ?1, ?2, ?3 FROM releases RETURNING version",
    )
    .bind(JSON.stringify(document), note, now)
    .first<{ version: number }>();
  if (!row) throw new Error("the release was not stored");
  await kv.put(`release:${row.version}`, JSON.stringify(document));
  await kv.put(ACTIVE, JSON.stringify({ stable: row.version } satisfies Pointer));
  return row.version;
}

/** Releases, newest first. */
export async function listReleases(
  db: D1Database,
  limit: number,
): Promise<{ version: number; note: string; createdAt: number }[]> {
  const { results } = await db
    .prepare("SELECT version, note, created_at AS createdAt FROM releases ORDER BY version DESC LIMIT ?1")
    .bind(limit)
    .all<{ version: number; note: string; createdAt: number }>();
  return results;
}
