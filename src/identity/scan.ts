/**
 * Looking through a whole database for what names identifiers that lie in another, a page at a time: where what led to it
 * is gone. Called for a database that was restored by itself (erase.ts), and once for each erasure, when what was under way
 * has settled (left.ts).
 */
import { chunksOf } from "./chunks.ts";
import { names, withoutNamed } from "./erase-store.ts";

/** Rows of a page. */
const PAGE = 20_000;
/** Comes after every key. */
const END = "~";

interface Scan {
  statements: D1PreparedStatement[];
  /** @param results of the statements @returns where the next page begins; undefined at the end */
  nextOf(results: readonly D1Result<{ key: string }>[]): string | undefined;
}

/** @param at where the page begins; "" at first */
export function scanFor(db: D1Database, keys: readonly string[], at: string): Scan {
  const [table, column] = at.startsWith(ROWS)
    ? (["identifiers", "key"] as const)
    : (["links", "node"] as const);
  const after = at.slice(ROWS.length);
  const end = `SELECT ${column} FROM ${table} WHERE ${column} > ?2 ORDER BY ${column} LIMIT 1 OFFSET ${PAGE}`;
  const inPage = `${column} > ?2 AND ${column} <= COALESCE((${end}), '${END}')`;
  const erasing =
    table === "links"
      ? `DELETE FROM links WHERE ${inPage} AND (${names("other")} OR ${names("node")})`
      : withoutNamed(`SELECT key FROM identifiers WHERE ${inPage} AND members IS NOT NULL`);
  return {
    statements: [
      db
        .prepare(
          `SELECT ${column} AS key FROM ${table} WHERE ${column} > ?1 ORDER BY ${column} LIMIT 1 OFFSET ${PAGE}`,
        )
        .bind(after),
      ...chunksOf(keys).map((chunk) => db.prepare(erasing).bind(chunk, after)),
    ],
    nextOf([page]) {
      const next = page?.results[0]?.key;
      if (next !== undefined) return (table === "links" ? LINKS : ROWS) + next;
      return table === "links" ? ROWS : undefined;
    },
  };
}

/** What a place in the scan begins with: of the same length. */
const LINKS = "l:";
const ROWS = "r:";
