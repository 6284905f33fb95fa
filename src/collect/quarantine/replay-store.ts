/**
 * The SQL of replays: rows are taken, released and settled by compare-and-set on their status and replay. Called by
 * replay.ts, and by ingest for what came back.
 */
import { COLUMNS, KEYS, type Row, rowOf, type StoredRow } from "./rows.ts";
import { rowText } from "./status.ts";

/** As the partial index has it, so that it is used. */
const ON_THE_WAY = "status IN ('replaying', 'sent')";

/** Take rows for a replay. @returns those that nobody else has taken */
export async function takeRows(
  db: D1Database,
  rows: readonly Row[],
  replay: string,
  now: number,
): Promise<Row[]> {
  if (rows.length === 0) return [];
  const { results } = await db
    .prepare(
      `UPDATE quarantine_index SET status = 'replaying', replay = ?2, replayed_at = ?3
       WHERE ${KEYS} AND status = 'kept' RETURNING ${COLUMNS}`,
    )
    .bind(JSON.stringify(rows.map(({ key }) => key)), replay, now)
    .all<StoredRow>();
  return results.map(rowOf).sort((a, b) => (a.key.join("\n") < b.key.join("\n") ? -1 : 1));
}

/** The rows that a replay has taken and not yet settled, and when it began. */
export async function takenRows(db: D1Database, replay: string): Promise<{ rows: Row[]; at: number }> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM quarantine_index WHERE replay = ?1 AND status = 'replaying' AND ${ON_THE_WAY}
       ORDER BY day, source, name, cause, id`,
    )
    .bind(replay)
    .all<StoredRow>();
  return { rows: results.map(rowOf), at: results[0]?.replayed_at ?? 0 };
}

/** Replays that began before a time and have not ended. */
export async function unendedReplays(db: D1Database, before: number, limit: number): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT DISTINCT replay FROM quarantine_index
       WHERE ${ON_THE_WAY} AND status = 'replaying' AND replayed_at < ?1 LIMIT ?2`,
    )
    .bind(before, limit)
    .all<{ replay: string }>();
  return results.map((row) => row.replay);
}

/** End a replay: what was sent, what could not be put right, and what was not there any more. */
export async function settleRows(
  db: D1Database,
  replay: string,
  settled: Record<"sent" | "kept" | "lost", readonly Row[]>,
): Promise<void> {
  const statements = (["sent", "kept", "lost"] as const).flatMap((status) => {
    const keys = settled[status].map(({ key }) => key);
    if (keys.length === 0) return [];
    const name = status === "kept" ? "NULL" : "replay";
    return db
      .prepare(
        `UPDATE quarantine_index SET status = ?3, replay = ${name}
         WHERE ${KEYS} AND replay = ?2 AND status = 'replaying'`,
      )
      .bind(JSON.stringify(keys), replay, status);
  });
  if (statements.length > 0) await db.batch(statements);
}

/** What ingest made of replayed events. Repeated, it changes nothing. */
export async function settleIngested(
  db: D1Database,
  replays: ReadonlyMap<string, { back: readonly string[]; denied: readonly string[] }>,
): Promise<void> {
  const statements = [...replays].map(([replay, { back, denied }]) =>
    db
      .prepare(
        `UPDATE quarantine_index SET status = CASE WHEN id IN (SELECT value FROM json_each(?2)) THEN 'back' ELSE 'denied' END
         WHERE replay = ?1 AND ${ON_THE_WAY} AND id IN (SELECT value FROM json_each(?3))`,
      )
      .bind(replay, JSON.stringify(back.map(rowText)), JSON.stringify([...back, ...denied].map(rowText))),
  );
  if (statements.length > 0) await db.batch(statements);
}
