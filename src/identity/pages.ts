/**
 * Profiles by the page, as their rows say whose they are: to count people, or a sample of them. Rows that a crash has left
 * saying something else are few, and the walk of quality/ settles them. Called by src/ingest/count.
 */
import { chunksOf } from "./chunks.ts";
import { type IdentifierRow, NAMES_NOBODY, rootOf } from "./graph.ts";
import type { IdentityShards } from "./shards.ts";
import { parseRow, ROW_COLUMNS, type StoredRow } from "./stored.ts";

export interface ProfilePage {
  /** Of the profiles: all of their members. */
  rows: Map<string, IdentifierRow>;
  /** Root → members, sorted; those of whom some event is known. */
  members: Map<string, readonly string[]>;
  /** Key → imported lists that name it. */
  lists: Map<string, string[]>;
  /** The last key that was looked at: the next page begins after it. */
  end: string;
  /** Whether no row comes after it. */
  isLast: boolean;
}

const LIVING = `i.suppressed = 0 AND i.key NOT GLOB '${NAMES_NOBODY}*'`;

/** Those whose root is among the rows of a database after a key. @param limit rows */
export async function profilesAfter(
  identity: IdentityShards,
  db: D1Database,
  after: string,
  limit: number,
): Promise<ProfilePage> {
  const { results } = await db
    .prepare(
      `SELECT ${ROW_COLUMNS} FROM identifiers i WHERE i.key > ?1 AND ${LIVING} ORDER BY i.key LIMIT ?2`,
    )
    .bind(after, limit)
    .all<StoredRow>();
  const rows = results.map(parseRow);
  return {
    ...(await wholeProfiles(identity, rows)),
    end: rows.at(-1)?.key ?? after,
    isLast: rows.length < limit,
  };
}

/** From one key on, before the other. */
export type KeyRange = readonly [from: string, before: string];

/** Those whose root lies in one of some ranges. @param limit rows of each database */
export async function profilesWithin(
  identity: IdentityShards,
  ranges: readonly KeyRange[],
  limit: number,
): Promise<Pick<ProfilePage, "rows" | "members" | "lists">> {
  const found = await Promise.all(
    identity.all.map((db) =>
      db
        .prepare(
          `SELECT ${ROW_COLUMNS} FROM json_each(?1) r
           JOIN identifiers i ON i.key >= r.value->>0 AND i.key < r.value->>1 AND ${LIVING} LIMIT ?2`,
        )
        .bind(JSON.stringify(ranges), limit)
        .all<StoredRow>(),
    ),
  );
  return wholeProfiles(
    identity,
    found.flatMap(({ results }) => results.map(parseRow)),
  );
}

/** How many rows there are, as far as they are counted. */
export async function countRows({ all }: IdentityShards, upTo: number): Promise<number> {
  const counts = await Promise.all(
    all.map((db) =>
      db
        .prepare(`SELECT COUNT(*) AS n FROM (SELECT 1 FROM identifiers i WHERE ${LIVING} LIMIT ?1)`)
        .bind(upTo)
        .first<{ n: number }>(),
    ),
  );
  return counts.reduce((sum, row) => sum + (row?.n ?? 0), 0);
}

/** `visitor_id:1.` and the like: what keys of each namespace and version of the look-up key begin with. */
export async function keyPrefixes({ all }: IdentityShards): Promise<string[]> {
  const found = await Promise.all(
    all.map((db) =>
      db
        .prepare(
          `WITH RECURSIVE p(prefix) AS (
             SELECT substr(MIN(key), 1, instr(MIN(key), '.')) FROM identifiers
             UNION ALL
             SELECT (SELECT substr(MIN(key), 1, instr(MIN(key), '.')) FROM identifiers WHERE key > p.prefix || '~')
             FROM p WHERE p.prefix <> '')
           SELECT prefix FROM p WHERE prefix <> ''`,
        )
        .all<{ prefix: string }>(),
    ),
  );
  const prefixes = new Set(found.flatMap(({ results }) => results.map(({ prefix }) => prefix)));
  return [...prefixes].filter((prefix) => !prefix.startsWith(NAMES_NOBODY));
}

async function wholeProfiles(
  identity: IdentityShards,
  read: readonly IdentifierRow[],
): Promise<Pick<ProfilePage, "rows" | "members" | "lists">> {
  const roots = read.filter((row) => rootOf(row) === row.key);
  const rows = new Map(read.map((row) => [row.key, row]));
  const wanted = new Set(roots.flatMap(({ key, members }) => members ?? [key]));
  const missing = [...wanted].filter((key) => !rows.has(key));
  const lists: ProfilePage["lists"] = new Map();
  await Promise.all(
    [...identity.group(wanted, (key) => key)].map(async ([db, own]) => {
      const others = new Set(missing);
      const statements = [
        ...chunksOf(own).map((chunk) => db.prepare(LISTS).bind(chunk)),
        ...chunksOf(own.filter((key) => others.has(key))).map((chunk) => db.prepare(ROWS).bind(chunk)),
      ];
      for (const { results } of await db.batch<StoredRow | { key: string; list: string }>(statements))
        for (const row of results)
          if ("list" in row) lists.set(row.key, [...(lists.get(row.key) ?? []), row.list]);
          else rows.set(row.key, parseRow(row));
    }),
  );
  const known = roots.map(({ key, members }) => [key, members ?? [key]] as const);
  const isSeen = (key: string) => (rows.get(key)?.seenAt ?? 0) > 0;
  return { rows, lists, members: new Map(known.filter(([, keys]) => keys.some(isSeen))) };
}

const LISTS = "SELECT m.key, m.list FROM json_each(?1) n JOIN list_members m ON m.key = n.value";
const ROWS = `SELECT ${ROW_COLUMNS} FROM json_each(?1) n JOIN identifiers i ON i.key = n.value AND i.suppressed = 0`;
