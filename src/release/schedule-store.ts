/** In D1: versions that become the stable one at a time to come. */
import type { Pointer } from "./moves.ts";
import { ADDED, type Mover, moveStatement } from "./moves-store.ts";

export interface Scheduled {
  id: string;
  /** Epoch ms. */
  at: number;
  version: number;
  /** Name of who scheduled it. */
  actor: string;
  note: string;
  state: "waiting" | "published" | "cancelled" | "failed";
  /** While it waits: the stable version that must still hold then; null: whichever does. Later: why it failed. */
  detail: string | null;
}

/**
 * An entry that waits, `version` being one that is stored, or ADDED for the one that the same batch adds.
 * @param revision of the last move; undefined: whatever it is
 */
export const scheduleStatement = (
  db: D1Database,
  { id, at, version, actor, note, detail }: Omit<Scheduled, "state">,
  revision?: number,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO release_schedule (id, at, version, actor, note, state, detail)
       SELECT ?1, ?2, CASE ?3 WHEN ${ADDED} THEN (SELECT MAX(version) FROM releases) ELSE ?3 END, ?4, ?5, 'waiting', ?6
       WHERE ?7 IS NULL OR (SELECT COALESCE(MAX(revision), 0) FROM release_moves) = ?7 RETURNING *`,
    )
    .bind(id, at, version, actor, note, detail, revision ?? null);

/** Those that wait, soonest first, then the last that do no more. */
export async function listSchedule(db: D1Database): Promise<Scheduled[]> {
  const [waiting, past] = await db.batch<Scheduled>([
    db.prepare("SELECT * FROM release_schedule WHERE state = 'waiting' ORDER BY at, version LIMIT 200"),
    db.prepare("SELECT * FROM release_schedule WHERE state != 'waiting' ORDER BY at DESC LIMIT 50"),
  ]);
  return [...(waiting?.results ?? []), ...(past?.results ?? [])];
}

/** Those whose time has come. */
export async function dueAt(db: D1Database, now: number): Promise<Scheduled[]> {
  const { results } = await db
    .prepare(
      "SELECT * FROM release_schedule WHERE state = 'waiting' AND at <= ?1 ORDER BY at, version LIMIT 20",
    )
    .bind(now)
    .all<Scheduled>();
  return results;
}

/** End one that waits. @returns it as it is then; undefined where it does not wait, or is none */
export async function endScheduled(
  db: D1Database,
  id: string,
  state: Exclude<Scheduled["state"], "waiting">,
  detail: string | null,
): Promise<Scheduled | undefined> {
  const row = await db
    .prepare(
      "UPDATE release_schedule SET state = ?2, detail = ?3 WHERE id = ?1 AND state = 'waiting' RETURNING *",
    )
    .bind(id, state, detail)
    .first<Scheduled>();
  return row ?? undefined;
}

export const readScheduled = (db: D1Database, id: string): Promise<Scheduled | null> =>
  db.prepare("SELECT * FROM release_schedule WHERE id = ?1").bind(id).first<Scheduled>();

/**
 * Publish one that waits: the move and the end of the wait are one transaction, so that it is never published twice.
 * @returns false where somebody has moved since, or it waits no more
 */
export async function moveScheduled(
  db: D1Database,
  id: string,
  to: Pointer,
  by: Omit<Mover, "action">,
): Promise<boolean> {
  const [moved] = await db.batch([
    moveStatement(
      db,
      to,
      { ...by, action: "publish" },
      "EXISTS (SELECT 1 FROM release_schedule WHERE id = ?9 AND state = 'waiting')",
      [id],
    ),
    db
      .prepare(
        `UPDATE release_schedule SET state = 'published', detail = NULL WHERE id = ?1 AND state = 'waiting'
         AND EXISTS (SELECT 1 FROM release_moves WHERE revision = ?2 AND stable = ?3 AND at = ?4 AND action = 'publish')`,
      )
      .bind(id, to.revision, to.stable, by.at),
  ]);
  return moved?.results.length === 1;
}
