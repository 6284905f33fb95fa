/**
 * `identifiers.due_at` in D1: which profiles are to be looked at without an event, as the calendar has them
 * (src/identity/looks.ts), and that they have been. Called by due.ts. None of it touches `version`: whoever writes the row meanwhile loses nothing by it.
 */
import { inChunks } from "#identity/chunks";
import { insertLooks, lastLookId, oldestLookId, withLook, withLooks } from "#identity/looks";
import type { IdentityShards } from "#identity/shards";

/** A row that is due. */
export interface Due {
  key: string;
  /** Epoch ms, as it is stored; negative where what was written of it is still to be told. */
  dueAt: number;
}

/** Rows of the calendar that are read together, as far as they have no more keys than about so many characters hold. */
const LOOKS_TOGETHER = 200;
const CHARS_TOGETHER = 100_000;

/**
 * Rows that are due, of each database at most `limit`, those first that have been so for longest. Rows of the calendar of
 * which nothing is due any more are deleted on the way. @param now epoch ms
 */
export async function dueRows(identity: IdentityShards, now: number, limit: number): Promise<Due[]> {
  const found = await Promise.all(identity.all.map((db) => dueIn(db, now, limit)));
  return found.flat().sort((a, b) => a.dueAt - b.dueAt);
}

async function dueIn(db: D1Database, now: number, limit: number): Promise<Due[]> {
  const next = `(SELECT id, keys FROM (
      SELECT id, keys, SUM(length(keys)) OVER (ORDER BY id) - length(keys) AS before
      FROM (SELECT id, keys FROM profile_looks WHERE id <= ?2 ORDER BY id LIMIT ${LOOKS_TOGETHER}))
    WHERE before < ${CHARS_TOGETHER})`;
  const isDue = "i.due_at BETWEEN -?1 AND ?1";
  const done = db.prepare(
    `DELETE FROM profile_looks WHERE id IN (SELECT id FROM ${next}) AND NOT EXISTS
       (SELECT 1 FROM json_each(profile_looks.keys) k JOIN identifiers i ON i.key = k.value WHERE ${isDue})`,
  );
  const due = db.prepare(
    `SELECT DISTINCT i.key, i.due_at AS dueAt FROM ${next} l, json_each(l.keys) k JOIN identifiers i ON i.key = k.value
     WHERE ${isDue} ORDER BY i.due_at LIMIT ?3`,
  );
  for (;;) {
    const [deleted, found] = await db.batch<Due>([
      done.bind(now, lastLookId(now)),
      due.bind(now, lastLookId(now), limit),
    ]);
    const rows = found?.results ?? [];
    if (rows.length > 0 || !deleted?.meta.changes) return rows;
  }
}

/**
 * Where a row still says `dueAt`, it is due at `next`; null: no more.
 * @param rows with `version`: unless somebody has written it since @param now epoch ms
 */
export async function setDue(
  identity: IdentityShards,
  rows: readonly (Due & { next: number | null; version?: number })[],
  now: number,
): Promise<void> {
  await Promise.all(
    [...identity.group(rows, ({ key }) => key)].map(([db, own]) => {
      const settled = withLooks(
        own.map(({ dueAt, next, ...row }) => ({ ...row, was: dueAt, dueAt: next })),
        now,
      );
      return db.batch([
        ...inChunks(settled).map((chunk) =>
          db
            .prepare(
              `UPDATE identifiers SET due_at = r.value->>'dueAt', due_in = ${withLook("r.value->>'lookId'", "?2")}
               FROM json_each(?1) r
               WHERE identifiers.key = r.value->>'key' AND identifiers.due_at = r.value->>'was'
                 AND COALESCE(r.value->>'version', identifiers.version) = identifiers.version`,
            )
            .bind(chunk, oldestLookId(now)),
        ),
        ...insertLooks(db, settled),
      ]);
    }),
  );
}

/** Those of the keys whose rows have another version than was last known. */
export async function writtenSince(
  identity: IdentityShards,
  rows: readonly { key: string; version: number }[],
): Promise<Set<string>> {
  const found = await Promise.all(
    [...identity.group(rows, ({ key }) => key)].map(([db, own]) =>
      db.batch<{ key: string }>(
        inChunks(own).map((chunk) =>
          db
            .prepare(
              `SELECT r.value->>'key' AS key FROM json_each(?1) r LEFT JOIN identifiers i ON i.key = r.value->>'key'
               WHERE COALESCE(i.version, 0) <> r.value->>'version'`,
            )
            .bind(chunk),
        ),
      ),
    ),
  );
  return new Set(found.flat().flatMap(({ results }) => results.map(({ key }) => key)));
}
