/** A row of the quarantine's index, and its key, as the SQL of store.ts and replay-store.ts has them. */

/** A row's key, in its order. */
export type RowKey = [day: string, source: string, name: string, cause: string, id: string];

export interface Row {
  key: RowKey;
  receivedAt: number;
  object: string;
  line: number;
}

/** As SQL gives it. */
export interface StoredRow {
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
export const COLUMNS = "day, source, name, cause, id, received_at, object, line, replayed_at";
export const rowOf = (r: StoredRow): Row => ({
  key: [r.day, r.source, r.name, r.cause, r.id],
  receivedAt: r.received_at,
  object: r.object,
  line: r.line,
});

/** Rows by their keys: the first parameter is a JSON list of them. */
export const KEYS = `(day, source, name, cause, id) IN
  (SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?1))`;
