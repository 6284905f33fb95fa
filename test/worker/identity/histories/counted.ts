/** Counts what is asked of each database: rounds of reading and of writing, and rows that come back. */

export interface Rounds {
  reads: number;
  writes: number;
  /** After publishing snapshots their rows are read once more. */
  rereads: number;
  /** Statements outside of a batch. */
  others: number;
  rows: number;
}

const WRITES = /^\s*(INSERT|UPDATE|DELETE)/i;

/** A database that counts. */
export function counted(db: D1Database): { db: D1Database; rounds: Rounds } {
  const rounds: Rounds = { reads: 0, writes: 0, rereads: 0, others: 0, rows: 0 };
  const texts = new WeakMap<object, string>();
  const noted = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
    texts.set(statement, sql);
    const { all, run, first, bind } = statement;
    const once =
      <T extends (...given: never[]) => unknown>(call: T) =>
      (...given: Parameters<T>) => {
        rounds.others++;
        return call(...given);
      };
    return Object.assign(statement, {
      all: once(all),
      run: once(run),
      first: once(first),
      bind: (...values: unknown[]) => noted(bind(...values), sql),
    });
  };
  const { prepare, batch } = db;
  return {
    rounds,
    db: Object.assign(db, {
      prepare: (sql: string) => noted(prepare(sql), sql),
      batch: async (statements: D1PreparedStatement[]) => {
        const sqls = statements.map((statement) => texts.get(statement) ?? "");
        if (sqls.some((sql) => WRITES.test(sql))) rounds.writes++;
        else if (sqls.some((sql) => sql.includes("decidedAt"))) rounds.rereads++;
        else rounds.reads++;
        const results = await batch(statements);
        for (const { results: rows } of results) rounds.rows += rows.length;
        return results;
      },
    }),
  };
}

export const nothing = (rounds: Rounds): void => {
  Object.assign(rounds, { reads: 0, writes: 0, rereads: 0, others: 0, rows: 0 });
};
