/** The one question that ingest asks of D1 after a rotation of the look-up key: which of these keys are in use. */
import { chunksOf } from "./chunks.ts";
import type { IdentityShards } from "./shards.ts";

/**
 * Those of the keys that something is stored under: a row (facts, traits, consent, suppression, snapshot), the end of
 * a link, or a place on a list. A subject's key is never without a row. One round trip to each database.
 */
export async function storedKeys(identity: IdentityShards, keys: readonly string[]): Promise<Set<string>> {
  const groups = [...identity.group(keys, (key) => key)];
  const found = await Promise.all(
    groups.map(async ([db, own]) => {
      const statements = chunksOf(own).map((chunk) =>
        db
          .prepare(
            `SELECT k.value AS key FROM json_each(?1) k
             WHERE EXISTS (SELECT 1 FROM identifiers i WHERE i.key = k.value)
                OR EXISTS (SELECT 1 FROM links l WHERE l.node = k.value)
                OR EXISTS (SELECT 1 FROM list_members m WHERE m.key = k.value)`,
          )
          .bind(chunk),
      );
      return (await db.batch<{ key: string }>(statements)).flatMap(({ results }) => results);
    }),
  );
  return new Set(found.flat().map(({ key }) => key));
}
