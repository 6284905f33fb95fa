/** The SQL of the job that wraps subjects' keys anew: the keys a page at a time, and where the job stands. */

/** A subject's key as it is stored. */
export interface WrappedKey {
  subject: string;
  wrapped: string;
}

/** A key to be wrapped anew. */
export interface Change extends WrappedKey {
  /** As it was when it was read. */
  was: string;
}

/** The next keys in order of their subjects. @param after the last subject that was read; "" from the beginning */
export async function keysAfter(db: D1Database, after: string, limit: number): Promise<WrappedKey[]> {
  const { results } = await db
    .prepare("SELECT subject, wrapped FROM subject_keys WHERE subject > ?1 ORDER BY subject LIMIT ?2")
    .bind(after, limit)
    .all<WrappedKey>();
  return results;
}

/** Put keys in the place of those that were read, and of no others: one that was destroyed meanwhile stays destroyed. */
export async function replaceKeys(db: D1Database, changes: readonly Change[]): Promise<number> {
  if (changes.length === 0) return 0;
  const { meta } = await db
    .prepare(
      `UPDATE subject_keys SET wrapped = c.value->>'wrapped' FROM json_each(?1) c
       WHERE subject_keys.subject = c.value->>'subject' AND subject_keys.wrapped = c.value->>'was'`,
    )
    .bind(JSON.stringify(changes))
    .run();
  return meta.changes;
}

/** How many keys there are, and how many of them are wrapped by another version. @param prefix of the current one */
export async function countKeys(db: D1Database, prefix: string): Promise<{ all: number; remaining: number }> {
  const counted = await db
    .prepare(
      "SELECT COUNT(*) AS 'all', COUNT(CASE WHEN substr(wrapped, 1, ?2) <> ?1 THEN 1 END) AS remaining FROM subject_keys",
    )
    .bind(prefix, prefix.length)
    .first<{ all: number; remaining: number }>();
  return counted ?? { all: 0, remaining: 0 };
}

/** The job's state as text; undefined before its first run. */
export async function readJob(db: D1Database): Promise<string | undefined> {
  const row = await db.prepare("SELECT state FROM jobs WHERE name = 'rotation'").first<{ state: string }>();
  return row?.state;
}

/** Write the job's state, unless another run has written it since `was` was read. @returns whether it was written */
export async function writeJob(db: D1Database, was: string | undefined, state: string): Promise<boolean> {
  const statement =
    was === undefined
      ? db
          .prepare("INSERT INTO jobs (name, state) VALUES ('rotation', ?1) ON CONFLICT DO NOTHING")
          .bind(state)
      : db.prepare("UPDATE jobs SET state = ?1 WHERE name = 'rotation' AND state = ?2").bind(state, was);
  const { meta } = await statement.run();
  return meta.changes > 0;
}
