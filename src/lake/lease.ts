/**
 * One schedule at a time works on the lake: two that divide the same new hour could choose different numbers of parts. A
 * lease in D1, which a run that died leaves to the next after ten minutes.
 */
const LEASE_MS = 600_000;

/**
 * Do it, unless another run has the lake.
 * @returns whether it was done @throws what it throws
 */
export async function withLake(db: D1Database, now: number, work: () => Promise<void>): Promise<boolean> {
  const until = String(now + LEASE_MS);
  const taken = await db
    .prepare(
      `INSERT INTO jobs (name, state) VALUES ('lake', ?1)
       ON CONFLICT (name) DO UPDATE SET state = ?1 WHERE CAST(state AS INTEGER) <= ?2 RETURNING name`,
    )
    .bind(until, now)
    .first();
  if (!taken) return false;
  try {
    await work();
  } finally {
    await db.prepare("UPDATE jobs SET state = '0' WHERE name = 'lake' AND state = ?1").bind(until).run();
  }
  return true;
}
