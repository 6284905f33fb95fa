/**
 * SQL around the mark of the erasure log in D1: the number of the last erasure that the database has (migration 0003).
 * Every write of ingest is bound to the mark that it read, and only src/identity/erase.ts moves it.
 */

/** One row, `state`: the number as text. */
export const LAST_ERASURE = "SELECT state FROM jobs WHERE name = 'erasures'";

/** A condition: nobody was erased since. Binds as ?2 the number as text; asked once a statement, not once a row. */
export const NONE_ERASED = `(${LAST_ERASURE}) = ?2`;

/** The number that a row of LAST_ERASURE says. @throws Error where there is no row: then nothing may be written */
export function markOf(row: { state: string } | null | undefined): number {
  if (!row) throw new Error("the mark of the erasure log is missing");
  return Number(row.state);
}

export const lastErasure = async (db: D1Database): Promise<number> =>
  markOf(await db.prepare(LAST_ERASURE).first<{ state: string }>());

/**
 * Does nothing where the database has come to the entry before, and else fails, and with it the transaction that it is in:
 * an entry that is done a second time would erase whoever was let back in since, or let back in whoever was erased again.
 */
export const requireTurn = (db: D1Database, seq: number): D1PreparedStatement =>
  db
    .prepare(
      "INSERT INTO jobs (name, state) SELECT name, state FROM jobs WHERE name = 'erasures' AND state <> ?1",
    )
    .bind(String(seq - 1));

/** Entries are done in their order: the mark moves on by one. */
export const moveMark = (db: D1Database, seq: number): D1PreparedStatement =>
  db
    .prepare("UPDATE jobs SET state = ?1 WHERE name = 'erasures' AND state = ?2")
    .bind(String(seq), String(seq - 1));
