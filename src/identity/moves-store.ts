/** The table of what batches merged and split, and the mark in `jobs` up to which the audit log has it. */
import type { Move } from "./moves.ts";

export interface StoredMoves {
  /** Of the batch. */
  id: string;
  /** Epoch ms. */
  at: number;
  moves: Move[];
}

/** The last row that the audit log has. */
export interface MovesMark {
  at: number;
  id: string;
}

const NAME = "identity-moves";
const START: MovesMark = { at: 0, id: "" };
const textOf = ({ at, id }: MovesMark): string => JSON.stringify({ at, id });

export async function readMovesMark(db: D1Database): Promise<MovesMark> {
  const row = await db
    .prepare("SELECT state FROM jobs WHERE name = ?1")
    .bind(NAME)
    .first<{ state: string }>();
  return row ? (JSON.parse(row.state) as MovesMark) : START;
}

/** Rows after a mark, in their order. @param until epoch ms, itself included */
export async function movesAfter(
  db: D1Database,
  { at, id }: MovesMark,
  until: number,
  limit: number,
): Promise<StoredMoves[]> {
  const { results } = await db
    .prepare(
      "SELECT id, at, moves FROM identity_moves WHERE (at, id) > (?1, ?2) AND at <= ?3 ORDER BY at, id LIMIT ?4",
    )
    .bind(at, id, until, limit)
    .all<{ id: string; at: number; moves: string }>();
  return results.map((row) => ({ ...row, moves: JSON.parse(row.moves) as Move[] }));
}

/** Fails, and with it the transaction that it is in, where the mark is another by now. */
export const requireMark = (db: D1Database, mark: MovesMark): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO jobs (name, state) SELECT name, state FROM
         (SELECT ?1 AS name, COALESCE((SELECT state FROM jobs WHERE name = ?1), ?3) AS state)
       WHERE state <> ?2`,
    )
    .bind(NAME, textOf(mark), textOf(START));

/** Only where the audit log has the entry. */
export const moveMarkTo = (
  db: D1Database,
  mark: MovesMark,
  entry: { seq: number; hash: string },
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO jobs (name, state) SELECT ?1, ?2 FROM audit WHERE seq = ?3 AND hash = ?4
       ON CONFLICT (name) DO UPDATE SET state = ?2`,
    )
    .bind(NAME, textOf(mark), entry.seq, entry.hash);

/** Rows that are older; what the audit log does not have yet is kept. */
export async function forgetMoves(db: D1Database, before: number): Promise<void> {
  await db
    .prepare(
      `DELETE FROM identity_moves WHERE at < ?1
       AND (at, id) <= (SELECT state->>'at', state->>'id' FROM jobs WHERE name = ?2)`,
    )
    .bind(before, NAME)
    .run();
}
