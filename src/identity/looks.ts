/**
 * The calendar of profiles that are due (`identifiers.due_at`): one row of `profile_looks` has the keys that the writes of
 * some seconds made due in one minute. An index of `due_at` would be one more row billed for each of them, and one for each look. A row of
 * `identifiers` lists in `due_in` where in the calendar it is, so that an erasure finds it there. Called wherever `due_at` is
 * written, and by src/ingest/due-store.ts, which looks.
 *
 * Whatever sets `due_at` puts the key into the calendar in the same transaction, at that minute's end. So what is found there
 * may be due later by now, and is then in another row as well; but nothing is due that is not in it.
 */
import { DAY_MS } from "#core/clock";
import { inChunks } from "./chunks.ts";

const MINUTE_MS = 60_000;
/** Ids of one minute. */
const PER_MINUTE = 2 ** 20;
/** What is written within so long of each other shares rows: each write is billed, but one row is deleted in the end. */
const SHARED_MS = 20_000;
/** An id and so many after it stand together: who makes very many due at once spreads them. */
export const LOOKS_SPREAD = 64;

/** Id of the row in the calendar for what is due then. @param dueAt epoch ms; negative: to be told @param now epoch ms */
export const lookIdOf = (dueAt: number, now: number): number =>
  Math.ceil(Math.abs(dueAt) / MINUTE_MS) * PER_MINUTE +
  ((Math.floor(now / SHARED_MS) * LOOKS_SPREAD) % PER_MINUTE);

/** All ids up to this one are those of minutes that are over. @param now epoch ms */
export const lastLookId = (now: number): number => (Math.floor(now / MINUTE_MS) + 1) * PER_MINUTE - 1;

/** What is so old has been looked at, or is now: it is left out of `due_in`. @param now epoch ms */
export const oldestLookId = (now: number): number => lastLookId(now - DAY_MS);

/** SQL: `due_in` with one more place. @param id SQL of it; null adds none @param oldest SQL of `oldestLookId` */
export const withLook = (id: string, oldest: string): string =>
  `(SELECT json_group_array(value) FROM (SELECT value FROM json_each(identifiers.due_in) WHERE value > ${oldest}
    UNION SELECT ${id} WHERE ${id} IS NOT NULL))`;

/** Their places in the calendar; null: none. @param now epoch ms */
export function withLooks<T extends { key: string; dueAt: number | null }>(
  rows: readonly T[],
  now: number,
): (T & { lookId: number | null })[] {
  return rows.map((row) => ({ ...row, lookId: row.dueAt === null ? null : lookIdOf(row.dueAt, now) }));
}

/** Puts rows into the calendar that say that they are there: what was not written, since somebody else came first, is not. */
export function insertLooks(
  db: D1Database,
  rows: readonly { key: string; lookId: number | null }[],
): D1PreparedStatement[] {
  const entries = rows.flatMap(({ key, lookId }) => (lookId === null ? [] : [{ key, lookId }]));
  return inChunks(entries).map((chunk) =>
    db
      .prepare(insertLooksOf("SELECT e.value->>'lookId' AS id, e.value->>'key' AS key FROM json_each(?1) e"))
      .bind(chunk),
  );
}

/** SQL: the same of rows that a query names. @param query gives `id` and `key` */
export const insertLooksOf = (query: string): string =>
  `INSERT INTO profile_looks (id, keys)
   SELECT l.id, json_group_array(l.key) FROM (${query}) l JOIN identifiers i ON i.key = l.key
   WHERE EXISTS (SELECT 1 FROM json_each(i.due_in) d WHERE d.value = l.id) GROUP BY l.id
   ON CONFLICT(id) DO UPDATE SET keys = (SELECT json_group_array(value) FROM
     (SELECT value FROM json_each(profile_looks.keys) UNION SELECT value FROM json_each(excluded.keys)))`;

/** SQL: takes the keys of `?1` out of the calendar. */
export const FORGET_LOOKS = `UPDATE profile_looks SET keys =
     (SELECT json_group_array(k.value) FROM json_each(profile_looks.keys) k
      WHERE k.value NOT IN (SELECT value FROM json_each(?1)))
   WHERE id IN (SELECT d.value FROM identifiers i, json_each(i.due_in) d
                WHERE i.key IN (SELECT value FROM json_each(?1)))`;
