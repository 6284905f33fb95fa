/** Each day's reconciliation, in the first database. One row a day; who goes on with it compares and sets its time. */
import * as z from "zod";
import type { Gap } from "./account.ts";
import { noTotals, type Totals } from "./totals.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** Whether a text is a UTC day, `YYYY-MM-DD`. */
export const isDay = (text: string): boolean =>
  DAY.test(text) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);

/** The next portion: receipts of this hour of the day, this portion of it. */
const cursorSchema = z.object({ hour: z.int(), part: z.int(), of: z.int() });
export type Cursor = z.infer<typeof cursorSchema>;

export interface Reconciliation {
  day: string;
  state: "running" | "done";
  cursor: Cursor | null;
  totals: Totals;
  /** The first of them. */
  gaps: Gap[];
  /** How many gaps there are. */
  open: number;
  /** Gaps that an alert was raised for: the day may be drawn up again with the same ones. */
  told: string[];
  /** Epoch ms of the last step. */
  at: number;
}

interface Row {
  day: string;
  state: Reconciliation["state"];
  cursor: string | null;
  counts: string;
  gaps: string;
  open: number;
  at: number;
}

// All JSON in these rows is written by this file alone.
function fromRow({ counts, gaps, cursor, ...row }: Row): Reconciliation {
  const { told = [], ...totals } = JSON.parse(counts) as Totals & { told?: string[] };
  return {
    ...row,
    cursor: cursor === null ? null : cursorSchema.parse(JSON.parse(cursor)),
    totals,
    told,
    gaps: JSON.parse(gaps) as Gap[],
  };
}

/** A day's; null where it has none. */
export async function readReconciliation(db: D1Database, day: string): Promise<Reconciliation | null> {
  const row = await db.prepare("SELECT * FROM reconciliations WHERE day = ?1").bind(day).first<Row>();
  return row && fromRow(row);
}

/** The last days', newest first. */
export async function listReconciliations(db: D1Database, limit: number): Promise<Reconciliation[]> {
  const { results } = await db
    .prepare("SELECT * FROM reconciliations ORDER BY day DESC LIMIT ?1")
    .bind(limit)
    .all<Row>();
  return results.map(fromRow);
}

/** Begin a day, or begin it again. */
export async function beginReconciliation(db: D1Database, day: string, now: number): Promise<void> {
  await db
    .prepare(
      `INSERT INTO reconciliations (day, state, cursor, counts, gaps, open, at) VALUES (?1, 'running', NULL, ?2, '[]', 0, ?3)
       ON CONFLICT (day) DO UPDATE SET state = 'running', cursor = NULL, gaps = '[]', open = 0, at = ?3,
              counts = json_set(?2, '$.told', json(coalesce(counts->'told', '[]')))`,
    )
    .bind(day, JSON.stringify(noTotals()), now)
    .run();
}

/** Write a step. @param before `at` of what was read @returns false: somebody else has gone on with it meanwhile */
export async function keepReconciliation(
  db: D1Database,
  { day, state, cursor, totals, gaps, open, told, at }: Reconciliation,
  before: number,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE reconciliations SET state = ?2, cursor = ?3, counts = ?4, gaps = ?5, open = ?6, at = ?7
       WHERE day = ?1 AND at = ?8 AND state = 'running'`,
    )
    .bind(
      day,
      state,
      cursor && JSON.stringify(cursor),
      JSON.stringify({ ...totals, told }),
      JSON.stringify(gaps),
      open,
      at,
      before,
    )
    .run();
  return meta.changes > 0;
}
