/** Copies of the databases' tables, and restoring them, all or one: what Time Travel does to D1. */
import type { IdentityShards } from "#identity/shards";

/** What lies in each of the databases. */
const SHARDED = ["identifiers", "links", "subject_keys", "consents", "identity_conflicts", "jobs"] as const;
/** What lies in the first. */
const OTHERS = [
  "quarantine_index",
  "delivery_failures",
  "subject_requests",
  "identity_changes",
  "identity_moves",
] as const;

type Table = (typeof SHARDED)[number] | (typeof OTHERS)[number];
const tablesOf = (place: number): readonly Table[] => (place === 0 ? [...SHARDED, ...OTHERS] : SHARDED);

/** Table → its rows. */
export type Copy = Map<Table, Record<string, unknown>[]>;

/** What is in each database, in the order in which they are bound. */
export const copyTables = ({ all }: Pick<IdentityShards, "all">): Promise<Copy[]> =>
  Promise.all(
    all.map(async (db, place) => {
      const tables = tablesOf(place);
      const results = await db.batch<Record<string, unknown>>(
        tables.map((table) => db.prepare(`SELECT * FROM ${table}`)),
      );
      return new Map(tables.map((table, n) => [table, results[n]?.results ?? []]));
    }),
  );

/** @param only the place of the one that is restored; all of them, where it is left out */
export async function restoreTables(
  { all }: Pick<IdentityShards, "all">,
  copies: readonly Copy[],
  only?: number,
): Promise<void> {
  for (const [place, db] of all.entries()) {
    const copy = copies[place];
    if (!copy || (only !== undefined && only % all.length !== place)) continue;
    await db.batch(
      [...copy].flatMap(([table, rows]) => [
        db.prepare(`DELETE FROM ${table}`),
        ...rows.map((row) => {
          const names = Object.keys(row);
          const values = names.map((_, n) => `?${n + 1}`);
          return db
            .prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${values.join()})`)
            .bind(...Object.values(row));
        }),
      ]),
    );
  }
}

/** As after the migrations. */
export async function clearTables({ all }: Pick<IdentityShards, "all">): Promise<void> {
  for (const [place, db] of all.entries())
    await db.batch([
      ...tablesOf(place).map((table) => db.prepare(`DELETE FROM ${table}`)),
      db.prepare("INSERT INTO jobs (name, state) VALUES ('erasures', '0')"),
    ]);
}
