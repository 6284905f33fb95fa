/** SQL of the notes that src/identity/erase.ts leaves where a request does not know yet, or any more, that its person is suppressed. */

/** A note. */
export interface Recovery {
  /** Id of the request. */
  id: string;
  /** Number of its first entry in the erasure log. */
  seq: number;
  /** Epoch ms of that entry. */
  at: number;
}

const PREFIX = "recover:";

/** Notes of entries that are older than a moment. @param before epoch ms */
export async function recoveries(db: D1Database, before: number, limit: number): Promise<Recovery[]> {
  const { results } = await db
    .prepare(
      `SELECT substr(name, ?4) AS id, state->>'seq' AS seq, state->>'at' AS at FROM jobs
       WHERE name > ?1 AND name < ?1 || '~' AND state->>'at' < ?2 LIMIT ?3`,
    )
    .bind(PREFIX, before, limit, PREFIX.length + 1)
    .all<Recovery>();
  return results;
}

export async function forgetRecovery(db: D1Database, id: string): Promise<void> {
  await db
    .prepare("DELETE FROM jobs WHERE name = ?1")
    .bind(PREFIX + id)
    .run();
}
