/** SQL of whether there is room for another subject request. Called by intake.ts; both are bounded reads. */
import type { SubjectRequestType } from "#contracts/taxonomy";

/** How many requests were verified in this way since a moment, and how many wait for verification. No more are counted. */
export async function countRequests(
  db: D1Database,
  verification: string,
  since: number,
  max: { made: number; pending: number },
): Promise<{ made: number; pending: number }> {
  const counted = await db
    .prepare(
      `SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM subject_requests WHERE received_at >= ?1 AND verification = ?2 LIMIT ?3)) AS made,
         (SELECT COUNT(*) FROM (SELECT 1 FROM subject_requests WHERE status = 'pending' LIMIT ?4)) AS pending`,
    )
    .bind(since, verification, max.made, max.pending)
    .first<{ made: number; pending: number }>();
  return counted ?? { made: 0, pending: 0 };
}

/** The id of an open request of this type about one of the keys. */
export async function openRequestOf(
  db: D1Database,
  type: SubjectRequestType,
  keys: readonly string[],
): Promise<string | undefined> {
  const row = await db
    .prepare(
      `SELECT r.id FROM subject_requests r, json_each(r.subjects) s
       WHERE r.status = 'in_progress' AND r.type = ?1 AND s.value IN (SELECT value FROM json_each(?2)) LIMIT 1`,
    )
    .bind(type, JSON.stringify(keys))
    .first<{ id: string }>();
  return row?.id;
}
