/**
 * What the walk over the identifiers keeps between two runs of the schedule: in each database how far it has come there,
 * and in the first of all the figures of the last whole passes. All of it in `jobs`.
 */
import { chunksOf } from "../chunks.ts";
import { parseConsent } from "../consent-store.ts";
import { COUNTED } from "../constraints.ts";
import type { RowConsent } from "../graph.ts";
import type { IdentityShards } from "../shards.ts";
import type { StoredLink } from "../stored.ts";
import type { QualityDay } from "./figures.ts";
import type { Tally } from "./tally.ts";

/** How far the walk over one database has come. */
export interface Walk {
  /** Of the pass that is on its way; null between two passes. */
  pass: {
    begunAt: number /** The last key that was read. */;
    after: string;
    rows: number;
    tally: Tally;
  } | null;
  /** The last whole pass. */
  done: { begunAt: number; endedAt: number; rows: number; tally: Tally } | null;
}

/** What `GET /admin/api/identity/quality` answers from. */
export interface StoredQuality {
  /** Epoch ms at which the oldest of the databases' passes began, and at which the last one ended. */
  begunAt: number;
  endedAt: number;
  /** Of all databases together. */
  tally: Tally;
  /** The last pass of each day, the newest first. */
  history: QualityDay[];
}

const WALK = "identity-walk";
const QUALITY = "identity-quality";

const stateOf = async (db: D1Database, name: string): Promise<string | undefined> =>
  (await db.prepare("SELECT state FROM jobs WHERE name = ?1").bind(name).first<{ state: string }>())?.state;

/** @returns the walk, and as what it is stored; undefined where there was none yet */
export async function readWalk(db: D1Database): Promise<{ walk: Walk; stored: string | undefined }> {
  const stored = await stateOf(db, WALK);
  return { walk: stored === undefined ? { pass: null, done: null } : (JSON.parse(stored) as Walk), stored };
}

/** Unless another run has come further meanwhile. @param stored as it was read @returns whether it was written */
export async function writeWalk(db: D1Database, walk: Walk, stored: string | undefined): Promise<boolean> {
  const state = JSON.stringify(walk);
  const statement =
    stored === undefined
      ? db
          .prepare("INSERT INTO jobs (name, state) VALUES (?1, ?2) ON CONFLICT DO NOTHING RETURNING name")
          .bind(WALK, state)
      : db
          .prepare("UPDATE jobs SET state = ?2 WHERE name = ?1 AND state = ?3 RETURNING name")
          .bind(WALK, state, stored);
  return (await statement.all()).results.length > 0;
}

export async function readQuality(db: D1Database): Promise<StoredQuality | undefined> {
  const stored = await stateOf(db, QUALITY);
  return stored === undefined ? undefined : (JSON.parse(stored) as StoredQuality);
}

export async function writeQuality(db: D1Database, quality: StoredQuality): Promise<void> {
  await db
    .prepare("INSERT INTO jobs (name, state) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET state = ?2")
    .bind(QUALITY, JSON.stringify(quality))
    .run();
}

/** Of a row, what the walk looks at. */
export interface WalkRow {
  key: string;
  members: string[] | null;
  suppressed: boolean;
  consent: RowConsent | null;
  seenAt: number;
}

/** A link under one of its ends. */
export type WalkLink = Pick<StoredLink, "node" | "other" | "kind" | "state" | "at">;

export interface Page {
  /** In the order of keys, with how many events each has taken in since a time. */
  rows: (WalkRow & { events: number })[];
  /** All but claims. */
  links: WalkLink[];
  /** Of this row there are more links than are read; it is the last of the page then. */
  crowd: string | undefined;
  /** The last key that was looked at: the next page begins after it. */
  end: string;
  /** Whether no row comes after it. */
  isLast: boolean;
}

interface StoredWalkRow {
  key: string;
  members: string | null;
  suppressed: number;
  consent: string | null;
  seen_at: number;
}

const COLUMNS = "i.key, i.members, i.suppressed, i.consent, i.seen_at";
const toWalkRow = (row: StoredWalkRow): WalkRow => ({
  key: row.key,
  members: row.members === null ? null : (JSON.parse(row.members) as string[]),
  suppressed: row.suppressed === 1,
  consent: parseConsent(row.consent),
  seenAt: row.seen_at,
});

/** Links of one page at most: a thousand identifiers have about as many. */
const LINKS_PER_PAGE = 10_000;

/** Rows after a key, and their links. @param since epoch ms, from which on events are counted */
export async function readPage(db: D1Database, after: string, limit: number, since: number): Promise<Page> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS}, CASE WHEN i.seen_at < ?3 THEN 0 ELSE (SELECT SUM(json_array_length(c.value, '$[2]'))
         FROM json_each(i.claims) c WHERE c.value->>'$[1]' >= ?3) END AS events
       FROM identifiers i WHERE i.key > ?1 ORDER BY i.key LIMIT ?2`,
    )
    .bind(after, limit, since)
    .all<StoredWalkRow & { events: number | null }>();
  const rows = results.map((row) => ({ ...toWalkRow(row), events: row.events ?? 0 }));
  const isLast = rows.length < limit;
  const end = rows.at(-1)?.key ?? after;
  const { results: links } = await db
    .prepare(
      `SELECT node, other, kind, state, at FROM links WHERE node > ?1 AND node <= ?2 AND kind <> 'claim'
       ORDER BY node, kind, other LIMIT ?3`,
    )
    .bind(after, end, LINKS_PER_PAGE)
    .all<WalkLink>();
  if (links.length < LINKS_PER_PAGE) return { rows, links, crowd: undefined, end, isLast };
  const last = links.at(-1)?.node ?? end;
  const upTo = rows.filter(({ key }) => key <= last);
  return { rows: upTo, links, crowd: last, end: last, isLast: isLast && upTo.length === rows.length };
}

/** Rows by their keys, wherever they lie. */
export async function readRows(
  shards: IdentityShards,
  keys: readonly string[],
): Promise<Map<string, WalkRow>> {
  const rows = new Map<string, WalkRow>();
  await Promise.all(
    [...shards.group(keys, (key) => key)].map(async ([db, own]) => {
      const found = await db.batch<StoredWalkRow>(
        chunksOf(own).map((chunk) =>
          db
            .prepare(`SELECT ${COLUMNS} FROM json_each(?1) k JOIN identifiers i ON i.key = k.value`)
            .bind(chunk),
        ),
      );
      for (const { results } of found) for (const row of results) rows.set(row.key, toWalkRow(row));
    }),
  );
  return rows;
}

/** How many live links each of the keys has, of those that could join it. The keys lie in this database. */
export async function partnersOf(db: D1Database, keys: readonly string[]): Promise<Map<string, number>> {
  if (keys.length === 0) return new Map();
  const results = await db.batch<{ node: string; partners: number }>(
    chunksOf(keys).map((chunk) =>
      db
        .prepare(
          `SELECT l.node, COUNT(*) AS partners FROM json_each(?1) n JOIN links l ON l.node = n.value
           AND l.kind IN (${COUNTED.map((kind) => `'${kind}'`).join()}) WHERE l.state = 'live' GROUP BY l.node`,
        )
        .bind(chunk),
    ),
  );
  return new Map(results.flatMap(({ results: rows }) => rows.map(({ node, partners }) => [node, partners])));
}

/** Key → root of its profile; of who was erased, and of what is not known, nothing. */
export async function rootsOf(shards: IdentityShards, keys: readonly string[]): Promise<Map<string, string>> {
  const roots = new Map<string, string>();
  await Promise.all(
    [...shards.group(keys, (key) => key)].map(async ([db, own]) => {
      const results = await db.batch<{ key: string; root: string }>(
        chunksOf(own).map((chunk) =>
          db
            .prepare(
              `SELECT i.key, COALESCE(i.members->>0, i.key) AS root FROM json_each(?1) k
               JOIN identifiers i ON i.key = k.value WHERE i.suppressed = 0`,
            )
            .bind(chunk),
        ),
      );
      for (const { results: rows } of results) for (const { key, root } of rows) roots.set(key, root);
    }),
  );
  return roots;
}
