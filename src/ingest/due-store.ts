/**
 * `identifiers.due_at` in D1: which profiles are to be looked at without an event, and that they have been. Called by
 * due.ts. None of it touches `version`: whoever writes the row meanwhile loses nothing by it.
 */
import { inChunks } from "#identity/chunks";
import type { IdentityShards } from "#identity/shards";

/** A row that is due. */
export interface Due {
  key: string;
  /** Epoch ms, as it is stored; negative where what was written of it is still to be told. */
  dueAt: number;
}

/** Rows that are due, what is to be told before all others, of each database at most `limit`. @param now epoch ms */
export async function dueRows(identity: IdentityShards, now: number, limit: number): Promise<Due[]> {
  const found = await Promise.all(
    identity.all.map((db) =>
      db
        .prepare(
          `SELECT key, due_at AS dueAt FROM identifiers WHERE due_at IS NOT NULL AND due_at BETWEEN -?1 AND ?1
           ORDER BY due_at LIMIT ?2`,
        )
        .bind(now, limit)
        .all<Due>(),
    ),
  );
  return found.flatMap(({ results }) => results).sort((a, b) => a.dueAt - b.dueAt);
}

/**
 * Where a row still says `dueAt`, it is due at `next`; null: no more.
 * @param rows with `version`: unless somebody has written it since
 */
export async function setDue(
  identity: IdentityShards,
  rows: readonly (Due & { next: number | null; version?: number })[],
): Promise<void> {
  await Promise.all(
    [...identity.group(rows, ({ key }) => key)].map(([db, own]) =>
      db.batch(
        inChunks(own).map((chunk) =>
          db
            .prepare(
              `UPDATE identifiers SET due_at = r.value->>'next' FROM json_each(?1) r
               WHERE identifiers.key = r.value->>'key' AND identifiers.due_at = r.value->>'dueAt'
                 AND COALESCE(r.value->>'version', identifiers.version) = identifiers.version`,
            )
            .bind(chunk),
        ),
      ),
    ),
  );
}

/** Those of the keys whose rows have another version than was last known. */
export async function writtenSince(
  identity: IdentityShards,
  rows: readonly { key: string; version: number }[],
): Promise<Set<string>> {
  const found = await Promise.all(
    [...identity.group(rows, ({ key }) => key)].map(([db, own]) =>
      db.batch<{ key: string }>(
        inChunks(own).map((chunk) =>
          db
            .prepare(
              `SELECT r.value->>'key' AS key FROM json_each(?1) r LEFT JOIN identifiers i ON i.key = r.value->>'key'
               WHERE COALESCE(i.version, 0) <> r.value->>'version'`,
            )
            .bind(chunk),
        ),
      ),
    ),
  );
  return new Set(found.flat().flatMap(({ results }) => results.map(({ key }) => key)));
}
