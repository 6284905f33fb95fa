/**
 * All SQL and R2 of the quarantine. Rows are taken, released and settled by compare-and-set on their status and replay;
 * many rows a statement, as JSON in one bound parameter, because D1 allows 100 parameters.
 */
import type { EventEnvelope } from "#contracts/messages/event_envelope";
import { EVENT_CONTRACTS } from "#contracts/registry";
import { causeOf } from "./cause.ts";
import { erasedKey, eraseRows } from "./erase-store.ts";
import { ERASED_LINE, type SealedEvent } from "./objects.ts";
import { dayOf, rowText, type Status } from "./status.ts";

/** A row's key, in its order. */
export type RowKey = [day: string, source: string, name: string, cause: string, id: string];

export interface Row {
  key: RowKey;
  receivedAt: number;
  object: string;
  line: number;
}

/** Which rows are meant. Days are UTC and both included; what is not named may be any. */
export interface Selection {
  from: string;
  to: string;
  source?: string | undefined;
  name?: string | undefined;
  cause?: string | undefined;
  ids?: readonly string[] | undefined;
}

/** Days, and of which sources; undefined: of all. */
export type Days = Pick<Selection, "from" | "to"> & { sources?: readonly string[] | undefined };

/** As refusal.ts cuts them. */
const MAX_NAME_CHARS = 128;

/**
 * Rows of one day and source. A write key is public, and the index shares its database with the identities: without a
 * limit anyone could fill it with events that are none.
 */
const MAX_ROWS_A_DAY = 100_000;
/** In place of all that came after the limit was reached. */
const FULL = { name: "(more)", cause: "quarantine_full" };

export interface Keeping {
  /** Those of the envelopes' identifier keys that are suppressed. */
  suppressed?: ReadonlySet<string>;
  /** Of a day and source. */
  maxRows?: number;
}

/**
 * Keep what some envelopes have of rejected events: an object of sealed lines per day, then their rows. Repeated, it
 * leaves the rows of the first time, whose object is still there. Beyond the day's limit one row says that there were
 * more; their receipts are in the lake all the same. Of a suppressed person nothing is kept but the count; its line stays
 * empty, so that the others keep their places.
 * @param batch names the objects
 */
export async function storeRefusals(
  { db, bucket }: { db: D1Database; bucket: R2Bucket },
  envelopes: readonly EventEnvelope[],
  batch: string,
  { suppressed = NOBODY, maxRows = MAX_ROWS_A_DAY }: Keeping = {},
): Promise<void> {
  const objects = new Map<string, string[]>();
  const rows: unknown[] = [];
  const erased: { key: RowKey; object: string; line: number }[] = [];
  const rooms = new Map<string, number>();
  for (const { source, receivedAt, refused } of envelopes) {
    const day = dayOf(receivedAt);
    const place = `${day} ${source}`;
    for (const { id, name, status, code, issues, kept, subjects } of refused) {
      if (status !== "rejected") continue;
      const room = rooms.get(place) ?? maxRows - (await rowsOf(db, day, source, maxRows));
      rooms.set(place, room - 1);
      if (room <= 0) {
        if (room === 0) rows.push([day, source, FULL.name, FULL.cause, "", receivedAt, "lost"]);
        continue;
      }
      const object = `quarantine/${day}/${batch}.ndjson`;
      const lines = objects.get(object) ?? [];
      const key: RowKey = [
        day,
        source,
        rowText(name.slice(0, MAX_NAME_CHARS)),
        causeOf(code, issues),
        rowText(id),
      ];
      if (!kept) rows.push([...key, receivedAt, "lost"]);
      else if (subjects?.some((subject) => suppressed.has(subject))) {
        rows.push([...erasedKey(key, object, lines.length), receivedAt, "erased"]);
        erased.push({ key, object, line: lines.length });
        objects.set(object, [...lines, ERASED_LINE]);
      } else {
        rows.push([...key, receivedAt, "kept", object, lines.length]);
        const sealed: SealedEvent = { id, kept, ...(subjects && { subjects }) };
        objects.set(object, [...lines, JSON.stringify(sealed)]);
      }
    }
  }
  for (const [object, lines] of objects)
    if (lines.some((line) => line !== ERASED_LINE)) await bucket.put(object, `${lines.join("\n")}\n`);
  // It may have been kept when its envelope came the first time.
  await eraseRows(db, erased);
  if (rows.length === 0) return;
  await db
    .prepare(
      `INSERT INTO quarantine_index (day, source, name, cause, id, received_at, status, object, line)
       SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8
       FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(JSON.stringify(rows))
    .run();
}

const NOBODY: ReadonlySet<string> = new Set();

/** How many rows a day and source have; no more than `max` are counted. */
async function rowsOf(db: D1Database, day: string, source: string, max: number): Promise<number> {
  const counted = await db
    .prepare(
      "SELECT COUNT(*) AS n FROM (SELECT 1 FROM quarantine_index WHERE day = ?1 AND source = ?2 LIMIT ?3)",
    )
    .bind(day, source, max)
    .first<{ n: number }>();
  return counted?.n ?? 0;
}

/** Counts of one day's events of one source, name and cause, by status. */
export type Group = {
  day: string;
  source: string;
  name: string;
  cause: string;
  firstAt: number;
  lastAt: number;
} & Record<Status, number>;

/**
 * Groups of some days, newest day first; at most `limit` of them. Where there are more, events that have a contract go
 * before others, and then what is more frequent: a thousand made-up names must not hide the purchases.
 */
export async function listGroups(
  db: D1Database,
  { from, to, sources }: Days,
  limit: number,
): Promise<{ groups: Group[]; truncated: boolean }> {
  const { results } = await db
    .prepare(
      `SELECT day, source, name, cause, MIN(received_at) AS firstAt, MAX(received_at) AS lastAt,
         SUM(status = 'kept') AS kept, SUM(status = 'replaying') AS replaying, SUM(status = 'sent') AS sent,
         SUM(status = 'back') AS back, SUM(status = 'denied') AS denied, SUM(status = 'discarded') AS discarded,
         SUM(status = 'lost') AS lost, SUM(status = 'erased') AS erased
       FROM quarantine_index
       WHERE day BETWEEN ?1 AND ?2 AND (?5 IS NULL OR source IN (SELECT value FROM json_each(?5)))
       GROUP BY day, source, name, cause
       ORDER BY name IN (SELECT value FROM json_each(?4)) DESC, COUNT(*) DESC, day DESC, source, name, cause LIMIT ?3`,
    )
    .bind(
      from,
      to,
      limit + 1,
      JSON.stringify(Object.keys(EVENT_CONTRACTS)),
      sources ? JSON.stringify(sources) : null,
    )
    .all<Group>();
  const order = ({ source, name, cause }: Group) => [source, name, cause].join("\n");
  const groups = results
    .slice(0, limit)
    .sort((x, y) => (x.day === y.day ? (order(x) < order(y) ? -1 : 1) : x.day < y.day ? 1 : -1));
  return { groups, truncated: results.length > limit };
}

/** What a selection binds as ?1 to ?6, and the condition that reads it. */
const SELECTED = `day BETWEEN ?1 AND ?2 AND (?3 IS NULL OR source = ?3) AND (?4 IS NULL OR name = ?4)
  AND (?5 IS NULL OR cause = ?5) AND (?6 IS NULL OR id IN (SELECT value FROM json_each(?6))) AND status = 'kept'`;
const bound = ({ from, to, source, name, cause, ids }: Selection) => [
  from,
  to,
  source ?? null,
  name ?? null,
  cause ?? null,
  ids ? JSON.stringify(ids) : null,
];

interface StoredRow {
  day: string;
  source: string;
  name: string;
  cause: string;
  id: string;
  received_at: number;
  object: string;
  line: number;
  replayed_at: number;
}
const COLUMNS = "day, source, name, cause, id, received_at, object, line, replayed_at";
const rowOf = (r: StoredRow): Row => ({
  key: [r.day, r.source, r.name, r.cause, r.id],
  receivedAt: r.received_at,
  object: r.object,
  line: r.line,
});

/** Kept rows of a selection in order of their keys. @param after go on behind this one */
export async function listKept(
  db: D1Database,
  selection: Selection,
  limit: number,
  after?: RowKey,
): Promise<Row[]> {
  const behind: RowKey = after ?? [selection.from, "", "", "", ""];
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM quarantine_index
       WHERE ${SELECTED} AND (day, source, name, cause, id) > (?7, ?8, ?9, ?10, ?11)
       ORDER BY day, source, name, cause, id LIMIT ?12`,
    )
    .bind(...bound({ ...selection, from: behind[0] }), ...behind, limit)
    .all<StoredRow>();
  return results.map(rowOf);
}

const KEYS = `(day, source, name, cause, id) IN
  (SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?1))`;

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

/** Discard what a selection has. @returns how many */
export async function discardKept(db: D1Database, selection: Selection): Promise<number> {
  const { meta } = await db
    .prepare(`UPDATE quarantine_index SET status = 'discarded' WHERE ${SELECTED}`)
    .bind(...bound(selection))
    .run();
  return meta.changes;
}

const MAX_ROWS_DELETED = 5_000;

/** Forget what arrived before a day: objects first, so that no sealed event outlives its row. @returns whether there is more */
export async function forgetBefore(
  { db, bucket }: { db: D1Database; bucket: R2Bucket },
  day: string,
): Promise<boolean> {
  const { delimitedPrefixes } = await bucket.list({ prefix: "quarantine/", delimiter: "/" });
  const old = delimitedPrefixes.filter((prefix) => prefix < `quarantine/${day}/`);
  let more = false;
  for (const prefix of old) {
    const { objects, truncated } = await bucket.list({ prefix });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
    more ||= truncated;
  }
  const { meta } = await db
    .prepare(
      `DELETE FROM quarantine_index WHERE (day, source, name, cause, id) IN
       (SELECT day, source, name, cause, id FROM quarantine_index WHERE day < ?1 LIMIT ?2)`,
    )
    .bind(day, MAX_ROWS_DELETED)
    .run();
  return more || meta.changes === MAX_ROWS_DELETED;
}
