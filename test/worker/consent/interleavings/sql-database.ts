/**
 * D1 as the product calls it, on the SQLite of a Durable Object: without D1's way through a network, so that thousands of
 * runs fit into a minute. Its statements are the product's own.
 */

type Row = Record<string, SqlStorageValue>;

interface Bound {
  sql: string;
  values: unknown[];
}

/** The database of an object. Migrations are applied with `exec` before. */
export function sqlDatabase(storage: DurableObjectStorage): D1Database {
  const run = ({ sql, values }: Bound) => {
    const cursor = storage.sql.exec<Row>(sql, ...values);
    const results = cursor.toArray();
    // Entries of indexes are written, too, and are no changes.
    const changes = cursor.rowsWritten === 0 ? 0 : Number(storage.sql.exec("SELECT changes() AS n").one().n);
    return { success: true, results, meta: { changes } };
  };
  const statement = (bound: Bound) => ({
    ...bound,
    bind: (...values: unknown[]) => statement({ sql: bound.sql, values }),
    all: async () => run(bound),
    run: async () => run(bound),
    first: async () => run(bound).results[0] ?? null,
  });
  const database = {
    prepare: (sql: string) => statement({ sql, values: [] }),
    batch: async (statements: readonly Bound[]) => storage.transactionSync(() => statements.map(run)),
  };
  return database as unknown as D1Database; // what it lacks, the product does not call
}
