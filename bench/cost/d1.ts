/**
 * D1 as Miniflare has it, in a workerd of its own: what it says it read and wrote is counted by the same SQLite that D1
 * is. One round trip for each call, as in production.
 */
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { applyMigrations } from "../../scripts/local/migrations.ts";
import type { CpuMeter } from "./cpu.ts";
import type { Meter } from "./meter.ts";

const SCRIPT = `export default {
  async fetch(request, { DB }) {
    const statements = await request.json();
    const results = await DB.batch(statements.map(({ sql, values }) => DB.prepare(sql).bind(...values)));
    return Response.json(results.map(({ results, meta }) => ({ results, meta, success: true })));
  }
}`;

interface Result {
  results: Record<string, unknown>[];
  meta: { rows_read: number; rows_written: number };
  success: true;
}

/** A prepared statement, as far as src/ uses it. */
interface Statement {
  sql: string;
  values: readonly unknown[];
  bind(...values: unknown[]): Statement;
  all(): Promise<Result>;
  run(): Promise<Result>;
  first(): Promise<Record<string, unknown> | null>;
}

export interface MeteredD1 {
  db: D1Database;
  close(): Promise<void>;
}

/** An empty, migrated database, whose reads and writes are metered from now on. */
export async function startD1(meter: Meter, cpu: CpuMeter): Promise<MeteredD1> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: SCRIPT,
      compatibilityDate: "2026-10-15",
      d1Databases: ["DB"],
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
      telemetry: { enabled: false },
    }),
  );
  await miniflare.ready;
  await applyMigrations(
    await miniflare.getD1Database("DB"),
    fileURLToPath(new URL("../../migrations", import.meta.url)),
  );
  const url = await miniflare.unsafeGetDirectURL();
  const { fetch } = globalThis; // the simulation replaces it by the vendors' stand-in

  const execute = (statements: readonly Statement[]): Promise<Result[]> =>
    cpu.outside(async () => {
      const body = JSON.stringify(statements.map(({ sql, values }) => ({ sql, values })));
      const response = await fetch(url, { method: "POST", body });
      if (!response.ok) throw new Error(`D1: ${await response.text()}`);
      const results = (await response.json()) as Result[]; // as the script above answers
      for (const { meta } of results) {
        meter.add("rowsRead", meta.rows_read);
        meter.add("rowsWritten", meta.rows_written);
      }
      return results;
    });
  const one = async (statement: Statement): Promise<Result> => {
    const [result] = await execute([statement]);
    if (!result) throw new Error("D1 answered nothing");
    return result;
  };
  const prepare = (sql: string, values: readonly unknown[] = []): Statement => {
    const statement: Statement = {
      sql,
      values,
      bind: (...bound) => prepare(sql, bound),
      all: () => one(statement),
      run: () => one(statement),
      first: async () => (await one(statement)).results[0] ?? null,
    };
    return statement;
  };
  const db = {
    prepare: (sql: string) => prepare(sql),
    batch: (statements: Statement[]) => execute(statements),
  };
  // Only what src/ uses of it is there; anything else would fail the run by its name.
  return { db: db as unknown as D1Database, close: () => miniflare.dispose() };
}
