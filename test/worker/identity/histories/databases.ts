/**
 * Any number of D1 databases in the one SQLite of a Durable Object: of each table that shards have, one per database. The
 * product's own statements run on them, with the tables' names made their own.
 */
import type { D1Migration } from "cloudflare:test";
import { sqlDatabase } from "../../consent/interleavings/sql-database.ts";

/** What lies in every database. */
const SHARDED = [
  "identifiers",
  "links",
  "subject_keys",
  "consents",
  "identity_conflicts",
  "profile_told",
  "profile_due",
  "jobs",
] as const;
const NAMES = new RegExp(`\\b(${SHARDED.join("|")})\\b`, "g");

/** Apply the migrations, and make the tables of further databases. */
export function createTables(
  storage: DurableObjectStorage,
  migrations: readonly D1Migration[],
  count: number,
): void {
  for (const { queries } of migrations) for (const query of queries) storage.sql.exec(query);
  const tables = storage.sql
    .exec<{ sql: string }>(
      `SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND tbl_name IN (${SHARDED.map((name) => `'${name}'`).join()})`,
    )
    .toArray();
  for (let n = 1; n < count; n++) {
    for (const { sql } of tables)
      storage.sql.exec(named(sql, n).replace(/INDEX [`"]?(\w+)[`"]?/, `INDEX $1_${n}`));
    storage.sql.exec(named("INSERT INTO jobs (name, state) VALUES ('erasures', '0')", n));
  }
}

/** The first `count` databases. */
export function databasesOf(storage: DurableObjectStorage, count: number): D1Database[] {
  return Array.from({ length: count }, (_, n) => {
    const database = sqlDatabase(storage);
    const texts = new Map<string, string>();
    const textOf = (sql: string): string => {
      let text = texts.get(sql);
      if (text === undefined) {
        text = named(sql, n);
        texts.set(sql, text);
      }
      return text;
    };
    return Object.assign(database, { prepare: renamed(database.prepare.bind(database), textOf) });
  });
}

const renamed =
  (prepare: D1Database["prepare"], textOf: (sql: string) => string): D1Database["prepare"] =>
  (sql) =>
    prepare(textOf(sql));

const named = (sql: string, n: number): string => (n === 0 ? sql : sql.replace(NAMES, `$1_${n}`));
