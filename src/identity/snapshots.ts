/** What the rows of visitors, and of their profiles, say to the edge. */
import { LAST_ERASURE, markOf } from "#privacy/erasure-mark";
import { chunksOf } from "./chunks.ts";
import { parseConsent } from "./consent-store.ts";
import type { RowConsent } from "./graph.ts";
import type { IdentityShards } from "./shards.ts";
import { HISTORY } from "./stored.ts";

export interface StoredSnapshot {
  /** JSON. */
  snapshot: string | null;
  /** Epoch ms of the current consent; null where nobody has decided. */
  decidedAt: number | null;
}

/** Snapshots of visitors as their rows have them; visitors without a row are not in the map. */
export async function storedSnapshots(
  shards: IdentityShards,
  keys: readonly string[],
): Promise<Map<string, StoredSnapshot>> {
  const found = new Map<string, StoredSnapshot>();
  await Promise.all(
    [...shards.group(keys, (key) => key)].map(async ([db, own]) => {
      const results = await db.batch<StoredSnapshot & { key: string }>(
        chunksOf(own).map((chunk) =>
          db
            .prepare(
              "SELECT i.key, i.snapshot, i.consent->>'t' AS decidedAt FROM json_each(?1) k JOIN identifiers i ON i.key = k.value",
            )
            .bind(chunk),
        ),
      );
      for (const { results: rows } of results) for (const row of rows) found.set(row.key, row);
    }),
  );
  return found;
}

/** What a slot is decided by, where KV has nothing. */
export interface Standing {
  key: string;
  /** Keys of the profile, itself among them; null: it is alone. */
  members: readonly string[] | null;
  /** JSON of the edge snapshot. */
  snapshot: string | null;
  consent: RowConsent | null;
  suppressed: boolean;
  /** JSON. */
  facts: string;
  /** Epoch ms of the newest event. */
  seenAt: number;
}

export interface Standings {
  rows: Map<string, Standing>;
  /** As `Graph` has it: what is read may be used only where the database has all erasures. */
  erasures: number;
}

/** The rows of keys: one round over the databases that have any of them. */
export const standingsOf = (shards: IdentityShards, keys: readonly string[]): Promise<Standings> =>
  readStandings(shards, keys, "SELECT value AS key FROM json_each(?1)");

/** The same, and the rows of all members of their profiles: two rounds where these lie in several databases. */
export async function profileStandings(shards: IdentityShards, keys: readonly string[]): Promise<Standings> {
  const read = await readStandings(shards, keys, MEMBERS);
  const missing = new Set([...read.rows.values()].flatMap(({ members }) => members ?? []));
  for (const key of read.rows.keys()) missing.delete(key);
  if (shards.all.length === 1 || missing.size === 0) return read;
  const others = await standingsOf(shards, [...missing]);
  const rows = new Map([...read.rows, ...others.rows]);
  return { rows, erasures: read.erasures === others.erasures ? read.erasures : -1 };
}

/**
 * Whether ingest has seen a proof of whose a browser is; or an operator's word of whose it is not, or that it or the person
 * is nobody's.
 */
export async function isSettled(
  shards: IdentityShards,
  visitor: string,
  persons: readonly string[],
): Promise<boolean> {
  const found = await Promise.all(
    [...shards.group([visitor, ...persons], (key) => key)].map(([db, own]) =>
      db.prepare(SETTLING).bind(visitor, JSON.stringify(own)).first(),
    ),
  );
  return found.some((row) => row !== null);
}

const SETTLING = `SELECT 1 FROM links WHERE node = ?1 AND kind IN ('proof', 'manual', 'apart')
  UNION ALL SELECT 1 FROM json_each(?2) k JOIN links l ON l.node = k.value AND l.kind = 'aside' AND l.state = 'live'
  LIMIT 1`;

/** Imported lists that name any of these identifiers. */
export async function listsNaming(shards: IdentityShards, keys: readonly string[]): Promise<Set<string>> {
  const found = await Promise.all(
    [...shards.group(keys, (key) => key)].map(([db, own]) =>
      db
        .prepare("SELECT m.list FROM json_each(?1) n JOIN list_members m ON m.key = n.value")
        .bind(JSON.stringify(own))
        .all<{ list: string }>(),
    ),
  );
  return new Set(found.flatMap(({ results }) => results.map(({ list }) => list)));
}

/** Named keys, and those of their profiles' members that lie in the same database. */
const MEMBERS = `SELECT value AS key FROM json_each(?1)
  UNION SELECT m.value FROM json_each(?1) n JOIN identifiers i ON i.key = n.value, json_each(i.members) m`;

interface StoredStanding {
  key: string;
  members: string | null;
  snapshot: string | null;
  consent: string | null;
  suppressed: number;
  facts: string;
  seen_at: number;
}

/** @param named a statement that gives the keys of ?1 whose rows are read */
async function readStandings(
  shards: IdentityShards,
  keys: readonly string[],
  named: string,
): Promise<Standings> {
  const rows: Standings["rows"] = new Map();
  const marks = new Set<number>();
  await Promise.all(
    [...shards.group(keys, (key) => key)].map(async ([db, own]) => {
      const [mark, found] = await db.batch([
        db.prepare(LAST_ERASURE),
        db
          .prepare(
            `SELECT i.key, i.members, i.snapshot, i.consent, i.suppressed, json_remove(i.facts, '$."${HISTORY}"') AS facts, i.seen_at
             FROM (${named}) n JOIN identifiers i ON i.key = n.key`,
          )
          .bind(JSON.stringify(own)),
      ]);
      marks.add(markOf((mark?.results as { state: string }[] | undefined)?.[0]));
      for (const row of (found?.results ?? []) as StoredStanding[]) rows.set(row.key, standingOf(row));
    }),
  );
  return { rows, erasures: marks.size === 1 ? ([...marks][0] ?? -1) : -1 };
}

const standingOf = ({ members, consent, suppressed, seen_at, ...row }: StoredStanding): Standing => ({
  ...row,
  members: members === null ? null : (JSON.parse(members) as string[]), // of stored.ts
  consent: parseConsent(consent),
  suppressed: suppressed === 1,
  seenAt: seen_at,
});
