/**
 * What the profile page reads of D1 beside the graph itself: claims, which join nothing and of which anybody can make any
 * number, so that each read has a limit; when identifiers were first seen; and what was merged and split. Called by find.ts
 * and history.ts.
 */
import { chunksOf } from "#identity/chunks";
import { rootOf } from "#identity/graph";
import type { IdentityShards } from "#identity/shards";
import { parseLink, type StoredLink } from "#identity/stored";

/** A device's row under a claim to be somebody. */
export interface Claimant {
  key: string;
  root: string;
  members: readonly string[];
  /** Epoch ms. */
  seenAt: number;
}

/** Rows of devices that claim to be one of these persons, at most `limit` of each database. */
export async function claimantsOf(
  identity: IdentityShards,
  persons: readonly string[],
  limit: number,
): Promise<Claimant[]> {
  const found = await Promise.all(
    identity.all.map((db) =>
      db
        .prepare(
          `SELECT i.key, i.members, i.seen_at FROM json_each(?1) n JOIN identifiers i
             ON instr(i.key, '|') > 0 AND substr(i.key, instr(i.key, '|') + 1) = n.value
           WHERE i.suppressed = 0 LIMIT ?2`,
        )
        .bind(JSON.stringify(persons), limit)
        .all<ClaimRow>(),
    ),
  );
  return found.flatMap(({ results }) => results.map(toClaimant));
}

interface ClaimRow {
  key: string;
  members: string | null;
  seen_at: number;
}

function toClaimant({ key, members, seen_at }: ClaimRow): Claimant {
  const all = members === null ? null : (JSON.parse(members) as string[]); // as stored.ts writes it
  return { key, root: rootOf({ key, members: all }), members: all ?? [key], seenAt: seen_at };
}

/** The rows of these keys, as far as they have one. */
export async function claimantRows(identity: IdentityShards, keys: readonly string[]): Promise<Claimant[]> {
  const rows = await eachOf<ClaimRow>(
    identity,
    keys,
    "SELECT i.key, i.members, i.seen_at FROM json_each(?1) k JOIN identifiers i ON i.key = k.value WHERE i.suppressed = 0",
  );
  return rows.map(toClaimant);
}

/** Links by which somebody claims to be one of these, or one of these claims to be somebody; at most `limit`. */
export async function claimLinks(identity: IdentityShards, keys: readonly string[], limit: number) {
  const rows = await eachOf<StoredLink>(
    identity,
    keys,
    `SELECT l.node, l.other, l.kind, l.event_id, l.source, l.at, l.state FROM json_each(?1) k
       JOIN links l ON l.node = k.value AND l.kind = 'claim' LIMIT ${Math.trunc(limit)}`,
  );
  return rows.map(parseLink).slice(0, limit);
}

/** Epoch ms of each identifier's first event; null where it is not known. Those without an event of their own are left out. */
export async function firstSeen(
  identity: IdentityShards,
  keys: readonly string[],
): Promise<Map<string, number | null>> {
  const rows = await eachOf<{ key: string; first_at: number | null }>(
    identity,
    keys,
    "SELECT i.key, i.first_at FROM json_each(?1) k JOIN identifiers i ON i.key = k.value WHERE i.seen_at > 0",
  );
  return new Map(rows.map(({ key, first_at }) => [key, first_at]));
}

/** The first of them all; null where it is not known. */
export function sinceOf(seen: ReadonlyMap<string, number | null>): number | null {
  const known = [...seen.values()].filter((at) => at !== null);
  return known.length === 0 || known.length < seen.size ? null : Math.min(...known);
}

/** A statement over keys, in each database that has any of them. */
async function eachOf<Row>(identity: IdentityShards, keys: readonly string[], sql: string): Promise<Row[]> {
  const found = await Promise.all(
    [...identity.group(keys, (key) => key)].map(([db, own]) =>
      db.batch<Row>(chunksOf(own).map((chunk) => db.prepare(sql).bind(chunk))),
    ),
  );
  return found.flat().flatMap(({ results }) => results);
}

/** What batches merged and split that names one of the keys as a root: of the last month. Newest first. */
export async function movesNaming(
  db: D1Database,
  keys: readonly string[],
  limit: number,
): Promise<{ at: number; moves: { before: string[]; after: string[] }[] }[]> {
  const { results } = await db
    .prepare(
      `SELECT at, moves FROM identity_moves m
       WHERE EXISTS (SELECT 1 FROM json_each(?1) k WHERE instr(m.moves, json_quote(k.value)) > 0)
       ORDER BY at DESC LIMIT ?2`,
    )
    .bind(JSON.stringify(keys), limit)
    .all<{ at: number; moves: string }>();
  return results.map(({ at, moves }) => ({ at, moves: JSON.parse(moves) })); // Move of src/identity/moves.ts
}
