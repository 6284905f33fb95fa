/**
 * `profile_told` in D1: what each destination was told of a profile. A row lies under one identifier of the profile, in the
 * database of that identifier, and goes with it when the person is erased. Called by mark.ts and tell.ts, by delivery and by
 * the access export.
 */
import { chunksOf, inChunks } from "#identity/chunks";
import type { IdentityShards } from "#identity/shards";
import type { Told } from "./state.ts";

export interface ToldRow {
  /** Identifier key that it is kept under. */
  subject: string;
  destination: string;
  told: Told;
  /** Of the change that told it. */
  version: number;
}

/** All rows under some identifiers. One query to each database that has any of them. */
export async function readTold(identity: IdentityShards, subjects: Iterable<string>): Promise<ToldRow[]> {
  const found = await Promise.all(
    [...identity.group(new Set(subjects), (subject) => subject)].map(([db, own]) =>
      db.batch<Omit<ToldRow, "told"> & { told: string }>(
        chunksOf(own).map((chunk) =>
          db
            .prepare(
              `SELECT t.subject, t.destination, t.told, t.version
               FROM json_each(?1) k JOIN profile_told t ON t.subject = k.value`,
            )
            .bind(chunk),
        ),
      ),
    ),
  );
  return found
    .flat()
    .flatMap(({ results }) => results.map((row) => ({ ...row, told: JSON.parse(row.told) as Told }))); // of writeTold
}

/** Write what was told, unless somebody else has told more. Of who was erased no row is made. */
export async function writeTold(identity: IdentityShards, rows: readonly ToldRow[]): Promise<void> {
  await Promise.all(
    [...identity.group(rows, ({ subject }) => subject)].map(([db, own]) =>
      db.batch(
        inChunks(own.map((row) => ({ ...row, told: JSON.stringify(row.told) }))).map((chunk) =>
          db
            .prepare(
              `INSERT INTO profile_told (subject, destination, told, version)
               SELECT i.key, r.value->>'destination', r.value->>'told', r.value->>'version'
               FROM json_each(?1) r JOIN identifiers i ON i.key = r.value->>'subject' AND i.suppressed = 0 WHERE true
               ON CONFLICT(subject, destination) DO UPDATE SET told = excluded.told, version = excluded.version
               WHERE profile_told.version < excluded.version`,
            )
            .bind(chunk),
        ),
      ),
    ),
  );
}
