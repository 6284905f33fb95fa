/**
 * SQL over the rows of erased events. A row is left for the counts of its day, cause and source, so that the losses that an
 * operator looks at stay true; it gets a key of its own, and neither the event's id nor a way to what was kept.
 */

import type { RowKey } from "./rows.ts";
import type { Status } from "./status.ts";

/** Where an event lay. */
export interface Place {
  day: string;
  object: string;
  line: number;
}

/** The key of an erased event's row: by its place, which says nothing of it and is the same each time. */
export const erasedKey = ([day, source, name, cause]: RowKey, object: string, line: number): RowKey => [
  day,
  source,
  name,
  cause,
  `erased:${object}:${line}`,
];

const ERASED = `id = 'erased:' || object || ':' || line, status = 'erased', object = NULL, line = NULL, replay = NULL,
  replayed_at = NULL`;

/** Erase rows by their keys; such as are not there are passed over. An erased one that is there already takes their place. */
export async function eraseRows(db: D1Database, rows: readonly { key: RowKey }[]): Promise<void> {
  if (rows.length === 0) return;
  await db
    .prepare(
      `UPDATE OR REPLACE quarantine_index SET ${ERASED}
       WHERE (day, source, name, cause, id) IN
         (SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?1))
         AND object IS NOT NULL`,
    )
    .bind(JSON.stringify(rows.map(({ key }) => key)))
    .run();
}

/** Erase the rows of some places. @returns how many */
export async function eraseRowsAt(db: D1Database, places: readonly Place[]): Promise<number> {
  if (places.length === 0) return 0;
  const results = await db.batch(
    inChunks(places).map((chunk) =>
      db.prepare(`UPDATE OR REPLACE quarantine_index SET ${ERASED} WHERE ${AT}`).bind(chunk),
    ),
  );
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}

/** A bound parameter of D1 has 2 MB at most, and a place about 120 characters. */
const PLACES_PER_CHUNK = 5_000;

function inChunks(places: readonly Place[]): string[] {
  const chunks: string[] = [];
  for (let start = 0; start < places.length; start += PLACES_PER_CHUNK)
    chunks.push(JSON.stringify(places.slice(start, start + PLACES_PER_CHUNK)));
  return chunks;
}

// The days first: they are what the table is ordered by.
const AT = `day IN (SELECT value->>'day' FROM json_each(?1))
  AND (object, line) IN (SELECT value->>'object', value->>'line' FROM json_each(?1))`;

/** What the rows of some places say. */
export interface RowAt {
  object: string;
  line: number;
  source: string;
  cause: string;
  /** Epoch ms. */
  receivedAt: number;
  status: Status;
}

/** The rows of some places. */
export async function rowsAt(db: D1Database, places: readonly Place[]): Promise<RowAt[]> {
  if (places.length === 0) return [];
  const results = await db.batch<RowAt>(
    inChunks(places).map((chunk) =>
      db
        .prepare(
          `SELECT object, line, source, cause, received_at AS receivedAt, status FROM quarantine_index WHERE ${AT}`,
        )
        .bind(chunk),
    ),
  );
  return results.flatMap(({ results: rows }) => rows);
}
