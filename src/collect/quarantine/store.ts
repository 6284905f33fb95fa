/**
 * SQL and R2 of the quarantine: what comes in, is listed, discarded and forgotten; replays have replay-store.ts. Many rows a
 * statement, as JSON in one bound parameter, because D1 allows 100 parameters.
 */
import type { EventEnvelope } from "#contracts/messages/event_envelope";
import { EVENT_CONTRACTS } from "#contracts/registry";
import { causeOf } from "./cause.ts";
import { erasedKey, eraseRows } from "./erase-store.ts";
import { ERASED_LINE, type SealedEvent } from "./objects.ts";
import { COLUMNS, type Row, type RowKey, rowOf, type StoredRow } from "./rows.ts";
import { dayOf, rowText, type Status } from "./status.ts";

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
