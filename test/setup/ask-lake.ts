/** Asks a bucket's lake in SQL, through the views of docs/lake. For tests that run in Node. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

export const VIEWS = ["events", "receipts", "sessions", "orders", "content_performance"] as const;

/** A database with the views over a folder that has the parts, as they are named in R2. */
export async function openLake(folder: string): Promise<DuckDBConnection> {
  const db = await (await DuckDBInstance.create(":memory:")).connect();
  await db.run(`SET VARIABLE lake = '${join(folder, "lake")}'`);
  for (const view of VIEWS)
    await db.run(await readFile(new URL(`../../docs/lake/${view}.sql`, import.meta.url), "utf8"));
  return db;
}

export const ask = async (db: DuckDBConnection, sql: string) =>
  (await db.runAndReadAll(sql)).getRowObjectsJson();

/** Fetch all parts of a bucket, and ask them. */
export async function askLake(bucket: R2Bucket, sql: string) {
  const folder = await mkdtemp(join(tmpdir(), "lake-"));
  try {
    let cursor: string | undefined;
    do {
      const page = await bucket.list({ prefix: "lake/", ...(cursor !== undefined && { cursor }) });
      for (const { key } of page.objects) {
        const object = await bucket.get(key);
        if (!object) continue;
        await mkdir(dirname(join(folder, key)), { recursive: true });
        await writeFile(join(folder, key), new Uint8Array(await object.arrayBuffer()));
      }
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
    const db = await openLake(folder);
    try {
      return await ask(db, sql);
    } finally {
      db.closeSync();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
