/** Moves of the pointer in D1: the truth of which versions hold. Each is written only where the one before it is the last. */
import type { Action, Move, Pointer } from "./moves.ts";
import { readPointer, type Version } from "./store.ts";

interface Row extends Omit<Move, "candidate"> {
  candidate: number | null;
}

const toMove = ({ candidate, ...row }: Row): Move => ({ ...row, ...(candidate !== null && { candidate }) });

/**
 * Which versions hold. A deployment from before there were moves has what KV says; where KV has been lost, its newest
 * version.
 */
export async function currentPointer(db: D1Database, kv: KVNamespace): Promise<Pointer> {
  const [last] = await listMoves(db, Number.MAX_SAFE_INTEGER, 1);
  if (last) {
    const { revision, stable, candidate, share } = last;
    return { revision, stable, ...(candidate !== undefined && { candidate }), share };
  }
  const told = await readPointer(kv);
  const known = await db
    .prepare("SELECT COALESCE(MAX(version), 0) AS version FROM releases WHERE ?1 IS NULL OR version = ?1")
    .bind(told?.stable ?? null)
    .first<{ version: number }>();
  return { revision: 0, stable: known?.version ?? 0, share: 0 };
}

/** Moves below a revision, newest first. */
export async function listMoves(db: D1Database, before: number, limit: number): Promise<Move[]> {
  const { results } = await db
    .prepare("SELECT * FROM release_moves WHERE revision < ?1 ORDER BY revision DESC LIMIT ?2")
    .bind(before, limit)
    .all<Row>();
  return results.map(toMove);
}

/** The number of the newest move that made a version the stable one; 0: none did. */
export async function revisionOf(db: D1Database, stable: number): Promise<number> {
  const row = await db
    .prepare(
      "SELECT COALESCE(MAX(revision), 0) AS revision FROM release_moves WHERE stable = ?1 AND action != 'share'",
    )
    .bind(stable)
    .first<{ revision: number }>();
  return row?.revision ?? 0;
}

/** Whether the move before is still the last one. ?1 is its number. */
const IS_LAST = "(SELECT COALESCE(MAX(revision), 0) FROM release_moves) = ?1";

/** In place of a version: the one that the same batch has added. */
export const ADDED = -1;
const versionOf = (parameter: string): string =>
  `CASE ${parameter} WHEN ${ADDED} THEN (SELECT MAX(version) FROM releases) ELSE ${parameter} END`;

/** Who moves, and why. */
export interface Mover {
  at: number;
  actor: string;
  action: Action;
  note: string;
}

/**
 * A move, if `to.revision` follows the last one. Gives what holds then.
 * @param where a further condition in SQL, with its values from ?9 on
 */
export const moveStatement = (
  db: D1Database,
  to: Pointer,
  { at, actor, action, note }: Mover,
  where = "TRUE",
  values: readonly unknown[] = [],
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO release_moves (revision, at, actor, action, stable, candidate, share, note)
       SELECT ?1 + 1, ?2, ?3, ?4, ${versionOf("?5")}, ${versionOf("?6")}, ?7, ?8 WHERE ${IS_LAST} AND ${where} RETURNING *`,
    )
    .bind(to.revision - 1, at, actor, action, to.stable, to.candidate ?? null, to.share, note, ...values);

/** A new version of the next number, if `revision` is still the last move's. */
export const versionStatement = (
  db: D1Database,
  revision: number,
  { note, author, createdAt, parent }: Omit<Version, "version">,
  document: string,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO releases (version, document, note, created_at, author, parent)
       SELECT (SELECT COALESCE(MAX(version), 0) + 1 FROM releases), ?2, ?3, ?4, ?5, ?6 WHERE ${IS_LAST} RETURNING version`,
    )
    .bind(revision, document, note, createdAt, author, parent);
