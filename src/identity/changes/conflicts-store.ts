/** The queue of conflicts as the databases have it, table `identity_conflicts`: each lies with its smaller key. */

import { inChunks } from "../chunks.ts";
import type { Conflict } from "../conflicts.ts";
import type { IdentityShards } from "../shards.ts";

/** In the order of the queue, newest first, the place after a conflict. */
export type Place = Pick<Conflict, "at" | "a" | "b" | "kind">;

/** Which are open. @param after of the last that was shown */
export async function openPage(
  shards: IdentityShards,
  { reason, after, limit }: { reason: string | undefined; after: Place | undefined; limit: number },
): Promise<Conflict[]> {
  const pages = await Promise.all(
    shards.all.map((db) =>
      db
        .prepare(
          `SELECT a, b, kind, reason, at FROM identity_conflicts
           WHERE settled IS NULL AND (?1 IS NULL OR reason = ?1)
             AND (?2 IS NULL OR at < ?2 OR (at = ?2 AND (a, b, kind) > (?3, ?4, ?5)))
           ORDER BY at DESC, a, b, kind LIMIT ?6`,
        )
        .bind(
          reason ?? null,
          after?.at ?? null,
          after?.a ?? null,
          after?.b ?? null,
          after?.kind ?? null,
          limit,
        )
        .all<Conflict>(),
    ),
  );
  return pages
    .flatMap(({ results }) => results)
    .sort(byPlace)
    .slice(0, limit);
}

const byPlace = (x: Place, y: Place): number => {
  const [one, other] = [x, y].map(({ a, b, kind }) => [a, b, kind] as const);
  for (const n of [0, 1, 2] as const) {
    if (x.at !== y.at) return y.at - x.at;
    const [p = "", q = ""] = [one?.[n], other?.[n]];
    if (p !== q) return p < q ? -1 : 1;
  }
  return 0;
};

/** Open conflicts by their reason. */
export async function countOpen(shards: IdentityShards): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const found = await Promise.all(
    shards.all.map((db) =>
      db
        .prepare("SELECT reason, COUNT(*) AS n FROM identity_conflicts WHERE settled IS NULL GROUP BY reason")
        .all<{ reason: string; n: number }>(),
    ),
  );
  for (const { reason, n } of found.flatMap(({ results }) => results))
    counts[reason] = (counts[reason] ?? 0) + n;
  return counts;
}

/** @param settled id of the change that settled them, or a word; null: they are open again @returns how many there were */
export async function markConflicts(
  shards: IdentityShards,
  conflicts: readonly Pick<Conflict, "a" | "b" | "kind">[],
  settled: string | null,
): Promise<number> {
  const changed = await each(shards, conflicts, (db, chunk) =>
    db
      .prepare(
        `UPDATE identity_conflicts SET settled = ?2 WHERE (a, b, kind) IN
           (SELECT value->>'a', value->>'b', value->>'kind' FROM json_each(?1))`,
      )
      .bind(chunk, settled),
  );
  return changed;
}

/** What is none any more: should it come again, it is a new one. */
export async function dropConflicts(
  shards: IdentityShards,
  conflicts: readonly Pick<Conflict, "a" | "b" | "kind">[],
): Promise<void> {
  await each(shards, conflicts, (db, chunk) =>
    db
      .prepare(
        `DELETE FROM identity_conflicts WHERE settled IS NULL AND (a, b, kind) IN
           (SELECT value->>'a', value->>'b', value->>'kind' FROM json_each(?1))`,
      )
      .bind(chunk),
  );
}

/** What a change had settled is open again. */
export async function reopenConflicts(shards: IdentityShards, change: string): Promise<void> {
  await Promise.all(
    shards.all.map((db) =>
      db.prepare("UPDATE identity_conflicts SET settled = NULL WHERE settled = ?1").bind(change).run(),
    ),
  );
}

async function each(
  shards: IdentityShards,
  conflicts: readonly Pick<Conflict, "a" | "b" | "kind">[],
  statement: (db: D1Database, chunk: string) => D1PreparedStatement,
): Promise<number> {
  let changed = 0;
  await Promise.all(
    [...shards.group(conflicts, ({ a }) => a)].map(async ([db, own]) => {
      const ends = own.map(({ a, b, kind }) => ({ a, b, kind }));
      const results = await db.batch(inChunks(ends).map((chunk) => statement(db, chunk)));
      for (const { meta } of results) changed += meta.changes;
    }),
  );
  return changed;
}
