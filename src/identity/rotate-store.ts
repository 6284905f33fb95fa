/** The one question that ingest asks of D1 after a rotation of the look-up key: which of these keys are in use. */
import { chunksOf } from "./chunks.ts";

/**
 * Those of the keys that something is stored under: a row (facts, traits, consent, suppression, snapshot), or the end of
 * a link. A subject's key and a profile's membership never are without a row. One round trip.
 */
export async function storedKeys(db: D1Database, keys: readonly string[]): Promise<Set<string>> {
  const statements = chunksOf(keys).map((chunk) =>
    db
      .prepare(
        `SELECT k.value AS key FROM json_each(?1) k
         WHERE EXISTS (SELECT 1 FROM identifiers i WHERE i.key = k.value)
            OR EXISTS (SELECT 1 FROM links l WHERE l.node = k.value)`,
      )
      .bind(chunk),
  );
  const results = statements.length > 0 ? await db.batch<{ key: string }>(statements) : [];
  return new Set(results.flatMap(({ results: rows }) => rows.map((row) => row.key)));
}
