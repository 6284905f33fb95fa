/**
 * Applies D1 migrations to a running Miniflare, with the same bookkeeping as `wrangler d1 migrations apply`: a file is
 * applied once, in the order of names, together with its row in `d1_migrations`.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { unstable_splitSqlQuery } from "wrangler";

/** The part of a D1 binding that is needed; Miniflare's and the Workers' own type both fit. */
interface Database {
  prepare(sql: string): Statement;
  batch(statements: Statement[]): Promise<unknown>;
}
interface Statement {
  bind(...values: unknown[]): Statement;
  run(): Promise<unknown>;
  all(): Promise<{ results: unknown[] }>;
}

const LEDGER = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/** Brings the database to the newest schema; returns the names of the files that were applied now. */
export async function applyMigrations(db: Database, directory: string): Promise<string[]> {
  await db.prepare(LEDGER).run();
  const { results } = await db.prepare("SELECT name FROM d1_migrations").all();
  // The table has exactly this column.
  const done = new Set((results as { name: string }[]).map((row) => row.name));
  const files = (await readdir(directory)).filter((file) => file.endsWith(".sql")).sort();
  const fresh = files.filter((file) => !done.has(file));
  for (const file of fresh) {
    const statements = unstable_splitSqlQuery(await readFile(join(directory, file), "utf8"));
    await db.batch([
      ...statements.map((sql) => db.prepare(sql)),
      db.prepare("INSERT INTO d1_migrations (name) VALUES (?1)").bind(file),
    ]);
  }
  return fresh;
}
