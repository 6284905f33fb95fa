/** Copies of the database's tables, and restoring one: what Time Travel does to D1. */

const TABLES = [
  "identifiers",
  "links",
  "profiles",
  "subject_keys",
  "consents",
  "quarantine_index",
  "delivery_failures",
  "subject_requests",
  "jobs",
] as const;
export type Copy = Record<(typeof TABLES)[number], Record<string, unknown>[]>;

export async function copyTables(db: D1Database): Promise<Copy> {
  const results = await db.batch<Record<string, unknown>>(
    TABLES.map((table) => db.prepare(`SELECT * FROM ${table}`)),
  );
  return Object.fromEntries(TABLES.map((table, n) => [table, results[n]?.results ?? []])) as Copy; // of each table
}

export async function restoreTables(db: D1Database, copy: Copy): Promise<void> {
  await db.batch(
    TABLES.flatMap((table) => [
      db.prepare(`DELETE FROM ${table}`),
      ...copy[table].map((row) => {
        const names = Object.keys(row);
        const values = names.map((_, n) => `?${n + 1}`);
        return db
          .prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${values.join()})`)
          .bind(...Object.values(row));
      }),
    ]),
  );
}

/** As after the migrations. */
export async function clearTables(db: D1Database): Promise<void> {
  await db.batch([
    ...TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)),
    db.prepare("INSERT INTO jobs (name, state) VALUES ('erasures', '0')"),
  ]);
}
