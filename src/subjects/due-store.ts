/** SQL of what cron looks for among subject requests. Called by tend.ts. */
import type { SubjectRequest } from "./request.ts";
import { COLUMNS, parseRow, type StoredRequest } from "./store.ts";

/**
 * What cron has to do something about; few rows at a time. Results that are to go come first: warnings that nobody takes
 * must not keep them here.
 * @param now epoch ms @param before epoch ms @param soon epoch ms
 */
export async function requestsDue(
  db: D1Database,
  { now, before, soon, today }: { now: number; before: number; soon: number; today: string },
  limit: number,
): Promise<SubjectRequest[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM subject_requests
       WHERE sealed IS NOT NULL AND (results_until <= ?1
           OR (status = 'pending' AND verification = 'none' AND received_at < ?2)
           OR (status IN ('pending', 'in_progress') AND due_at <= ?3 AND (alerted_day IS NULL OR alerted_day < ?4)))
       ORDER BY results_until <= ?1 DESC, due_at LIMIT ?5`,
    )
    .bind(now, before, soon, today, limit)
    .all<StoredRequest>();
  return results.map(parseRow);
}

/**
 * Requests whose work may have stopped: nothing of it was written since a moment, and it is not done, or it is done and
 * what is sealed is still there.
 */
export async function requestsAtRest(
  db: D1Database,
  since: number,
  limit: number,
): Promise<SubjectRequest[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM subject_requests
       WHERE sealed IS NOT NULL AND status <> 'pending' AND results_until IS NULL
         AND max(received_at, coalesce((SELECT max(s.value->>'at') FROM json_each(steps) s), 0)) < ?1
       ORDER BY due_at LIMIT ?2`,
    )
    .bind(since, limit)
    .all<StoredRequest>();
  return results.map(parseRow);
}
