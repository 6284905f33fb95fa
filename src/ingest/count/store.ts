/** How far the nightly count has come: one row of `jobs` in the first database. Called by walk.ts. */
import { insertLooks, oldestLookId, withLook, withLooks } from "#identity/looks";
import type { Drawn } from "#segments/cuts";
import type { Cuts } from "#segments/rfm";
import type { Tally } from "#segments/sizes";

export interface Count {
  /** Of the pass that is on its way; null between two. */
  pass: {
    day: string;
    /** A pass under another release begins anew. */
    release: number;
    /** First the quantiles are drawn, where the release has any; then people are counted. */
    kind: "draw" | "count";
    /** Place of the database, and the last key in it. */
    place: number;
    after: string;
    tally: Tally;
    /** By RFM feature. */
    drawn: Record<string, Drawn[]>;
    /** What was drawn by the pass before. */
    cuts?: Cuts;
  } | null;
  /** The last whole count: its day, and how many people there were. */
  done: { day: string; people: number } | null;
}

const NAME = "segments-count";

export async function readCount(db: D1Database): Promise<{ count: Count; stored: string | undefined }> {
  const row = await db
    .prepare("SELECT state FROM jobs WHERE name = ?1")
    .bind(NAME)
    .first<{ state: string }>();
  const stored = row?.state;
  const count = stored === undefined ? { pass: null, done: null } : (JSON.parse(stored) as Count); // of writeCount
  return { count, stored };
}

/** Unless another run has come further meanwhile. @param stored as it was read @returns what is stored now, if it was written */
export async function writeCount(
  db: D1Database,
  count: Count,
  stored: string | undefined,
): Promise<string | undefined> {
  const state = JSON.stringify(count);
  const { results } = await db
    .prepare(
      `INSERT INTO jobs (name, state) SELECT ?1, ?2
       WHERE COALESCE((SELECT state FROM jobs WHERE name = ?1), '') = ?3
       ON CONFLICT (name) DO UPDATE SET state = excluded.state RETURNING name`,
    )
    .bind(NAME, state, stored ?? "")
    .all();
  return results.length > 0 ? state : undefined;
}

/** Who has been due for so long is not in the calendar: a version of before it has written when they are due, and not where. */
const OVERDUE_MS = 60 * 60_000;

/** @param dueAt epoch ms; negative: to be told @param now epoch ms */
export const isOverdue = (dueAt: number, now: number): boolean => Math.abs(dueAt) < now - OVERDUE_MS;

/**
 * Rows whose profile is to be looked at: it is not what it was when that was last done. What is to be told stays so.
 * @param at epoch ms
 */
export async function makeDue(db: D1Database, keys: readonly string[], at: number): Promise<void> {
  if (keys.length === 0) return;
  const looks = withLooks(
    keys.map((key) => ({ key, dueAt: at })),
    at,
  );
  await db.batch([
    db
      .prepare(
        `UPDATE identifiers SET due_at = CASE WHEN due_at < 0 THEN -?2 ELSE ?2 END, due_in = ${withLook("?3", "?4")},
           version = version + 1
         WHERE key IN (SELECT value FROM json_each(?1)) AND suppressed = 0
           AND (due_at IS NULL OR due_at > ?2 OR abs(due_at) < ?2 - ${OVERDUE_MS})`,
      )
      .bind(JSON.stringify(keys), at, looks[0]?.lookId ?? null, oldestLookId(at)),
    ...insertLooks(db, looks),
  ]);
}
