/**
 * SQL around the mark of the erasure log in D1: the number of the last erasure that a database has (migration 0003).
 * Every write of ingest is bound to the mark that it read, and only src/identity/erase.ts moves it. Where there are several
 * databases, an entry that is being done in them stands as a negative number: what was read before is not written then,
 * and nothing is made of what is read.
 */

/** One row, `state`: the number as text. */
export const LAST_ERASURE = "SELECT state FROM jobs WHERE name = 'erasures'";

/** A condition: nobody was erased since. Binds as ?2 the number as text; asked once a statement, not once a row. */
export const NONE_ERASED = `(${LAST_ERASURE}) = ?2`;

/**
 * The number that a row of LAST_ERASURE says; negative: that entry is being done.
 * @throws Error where there is no row: then nothing may be written
 */
export function markOf(row: { state: string } | null | undefined): number {
  if (!row) throw new Error("the mark of the erasure log is missing");
  return Number(row.state);
}

/** The number of the last entry that is done, by a mark. */
export const doneBy = (mark: number): number => (mark < 0 ? -mark - 1 : mark);

const readMark = async (db: D1Database): Promise<number> =>
  markOf(await db.prepare(LAST_ERASURE).first<{ state: string }>());

/** The number of the last entry that all of the databases have. */
export async function lastErasure({ all }: { readonly all: readonly D1Database[] }): Promise<number> {
  return Math.min(...(await Promise.all(all.map(readMark))).map(doneBy));
}

/**
 * From now on the entry is being done in this database, where the one before it is done.
 * @returns whether it is still to be done here
 * @throws Error where an entry before it is still to be done
 */
export async function beginTurn(db: D1Database, seq: number): Promise<boolean> {
  const [, row] = await db.batch<{ state: string }>([moveFrom(db, seq - 1, -seq), db.prepare(LAST_ERASURE)]);
  const mark = markOf(row?.results[0]);
  if (doneBy(mark) < seq - 1) throw new Error(`entry ${seq} of the erasure log is not the next one here`);
  return mark === -seq;
}

/** Whether the database has an entry. */
export const hasEntry = async (db: D1Database, seq: number): Promise<boolean> =>
  doneBy(await readMark(db)) >= seq;

/**
 * Does nothing where the mark stands at `from`, and else fails, and with it the transaction that it is in: an entry that is
 * done a second time would erase whoever was let back in since, or let back in whoever was erased again.
 * @param from the entry before; after `beginTurn`, the entry as a negative number
 */
export const requireTurn = (db: D1Database, from: number): D1PreparedStatement =>
  db
    .prepare(
      "INSERT INTO jobs (name, state) SELECT name, state FROM jobs WHERE name = 'erasures' AND state <> ?1",
    )
    .bind(String(from));

/** Entries are done in their order: the mark moves on by one. @param from as `requireTurn` has it */
export const moveMark = (db: D1Database, from: number, seq: number): D1PreparedStatement =>
  moveFrom(db, from, seq);

const moveFrom = (db: D1Database, from: number, to: number): D1PreparedStatement =>
  db
    .prepare("UPDATE jobs SET state = ?1 WHERE name = 'erasures' AND state = ?2")
    .bind(String(to), String(from));
