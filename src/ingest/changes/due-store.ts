/**
 * `profile_due` in D1: which profiles may have to be told, and from when they are looked at. One row of a database has the
 * marks of all batches of a second, since each row is billed. Called by mark.ts and tell.ts.
 */
import { inChunks } from "#identity/chunks";
import type { IdentityShards } from "#identity/shards";

/** A destination, and the identifier that it is kept under what it was told. */
export interface Mark {
  destination: string;
  subject: string;
}

/** One text, since it is looked for as such. No destination's name has a space. */
export const textOf = ({ destination, subject }: Mark): string => `${destination} ${subject}`;

export function markOf(text: string): Mark {
  const end = text.indexOf(" ");
  return { destination: text.slice(0, end), subject: text.slice(end + 1) };
}

const wholeSecond = (at: number): number => Math.ceil(at / 1000) * 1000;

/** Add marks. Of who was erased there is none. @param dueAt epoch ms */
export async function addMarks(
  identity: IdentityShards,
  marks: readonly (Mark & { dueAt: number })[],
): Promise<void> {
  await Promise.all(
    [...identity.group(marks, ({ subject }) => subject)].map(([db, own]) =>
      db.batch(
        [...Map.groupBy(own, ({ dueAt }) => wholeSecond(dueAt))].flatMap(([dueAt, some]) =>
          inChunks(some.map(textOf)).map((chunk) =>
            db
              .prepare(
                `INSERT INTO profile_due (due_at, marks)
                 SELECT ?1, marks FROM (
                   SELECT json_group_array(m.value) AS marks, COUNT(*) AS n FROM json_each(?2) m
                   JOIN identifiers i ON i.key = substr(m.value, instr(m.value, ' ') + 1) AND i.suppressed = 0)
                 WHERE n > 0
                 ON CONFLICT(due_at) DO UPDATE SET marks = (SELECT json_group_array(value) FROM
                   (SELECT value FROM json_each(profile_due.marks) UNION SELECT value FROM json_each(excluded.marks)))`,
              )
              .bind(dueAt, chunk),
          ),
        ),
      ),
    ),
  );
}

/** Those of the marks that will be looked at later than some moment anyway. @param after epoch ms */
export async function pendingMarks(
  identity: IdentityShards,
  marks: readonly Mark[],
  after: number,
): Promise<Set<string>> {
  const found = await Promise.all(
    [...identity.group(marks, ({ subject }) => subject)].map(([db, own]) =>
      db.batch<{ value: string }>(
        inChunks(own.map(textOf)).map((chunk) =>
          db
            .prepare(
              `SELECT DISTINCT m.value FROM profile_due d, json_each(d.marks) m
               WHERE d.due_at > ?1 AND m.value IN (SELECT value FROM json_each(?2))`,
            )
            .bind(after, chunk),
        ),
      ),
    ),
  );
  return new Set(found.flat().flatMap(({ results }) => results.map(({ value }) => value)));
}

/** The marks of a second in one database. */
export interface DueRow {
  db: D1Database;
  dueAt: number;
  /** JSON, as it was read. */
  marks: string;
}

/** What has been due longest, of each database. @param now epoch ms @param limit rows of each */
export async function dueRows(identity: IdentityShards, now: number, limit: number): Promise<DueRow[]> {
  const found = await Promise.all(
    identity.all.map(async (db) => {
      const [due] = await db.batch<Omit<DueRow, "db">>([
        db
          .prepare(
            "SELECT due_at AS dueAt, marks FROM profile_due WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2",
          )
          .bind(now, limit),
      ]);
      return (due?.results ?? []).map((row) => ({ ...row, db }));
    }),
  );
  return found.flat().sort((a, b) => a.dueAt - b.dueAt);
}

/** Delete rows that have been looked at, but for one that has been added to meanwhile. */
export async function deleteDue(rows: readonly DueRow[]): Promise<void> {
  await Promise.all(
    [...Map.groupBy(rows, ({ db }) => db)].map(([db, own]) =>
      db.batch(
        own.map(({ dueAt, marks }) =>
          db.prepare("DELETE FROM profile_due WHERE due_at = ?1 AND marks = ?2").bind(dueAt, marks),
        ),
      ),
    ),
  );
}
