/**
 * All SQL of the identity graph. One place reads rows, one writes them: many rows a statement, as JSON in one bound
 * parameter, because D1 allows 100 parameters. Rows are written only if nobody else did meanwhile (compare-and-set on
 * `version`); what is not returned has to be read and folded again.
 */

import { type ConsentChoice, packPurposes, unpackPurposes } from "#consent/cookie";
import type { CurrentConsent } from "#consent/still-granted";
import { type LedgerRow, ledgerInsert } from "#consent/store";
import {
  type IdentifierRow,
  isScoped,
  LINK_STRENGTH,
  type Link,
  type LinkKind,
  type RowConsent,
} from "./graph.ts";

interface StoredRow {
  key: string;
  profile: string | null;
  facts: string;
  claims: string;
  consent: string | null;
  suppressed: number;
  sealed: string | null;
  snapshot: string | null;
  version: number;
  seen_at: number;
}

export interface Graph {
  rows: Map<string, IdentifierRow>;
  links: Link[];
  /** Subject → wrapped key, for rows that have sealed traits. */
  subjectKeys: Map<string, string>;
}

const ROWS =
  "SELECT i.key, i.profile, i.facts, i.claims, i.consent, i.suppressed, i.sealed, i.snapshot, i.version, i.seen_at FROM identifiers i";
/** The named keys, and all members of their profiles. */
const NAMED = `WITH named(key) AS (SELECT value FROM json_each(?1)),
  roots(root) AS (SELECT DISTINCT i.profile FROM identifiers i JOIN named n ON n.key = i.key WHERE i.profile IS NOT NULL),
  touched(key) AS (SELECT key FROM named UNION SELECT m.value FROM profiles p JOIN roots r ON r.root = p.root, json_each(p.members) m)`;

/** Read the rows of keys and of their profiles' members, with the links of all of them: one round trip. */
export async function readGraph(db: D1Database, keys: readonly string[]): Promise<Graph> {
  const parameter = JSON.stringify(keys);
  const [rows, links, subjects] = await db.batch([
    db.prepare(`${NAMED} ${ROWS} JOIN touched t ON t.key = i.key`).bind(parameter),
    db
      .prepare(
        `${NAMED} SELECT l.node, l.other, l.kind, l.event_id, l.source, l.at, l.state FROM links l JOIN touched t ON t.key = l.node`,
      )
      .bind(parameter),
    db
      .prepare(`${NAMED} SELECT s.subject, s.wrapped FROM subject_keys s JOIN touched t ON t.key = s.subject`)
      .bind(parameter),
  ]);
  return {
    rows: new Map(((rows?.results ?? []) as StoredRow[]).map((row) => [row.key, parseRow(row)])),
    links: ((links?.results ?? []) as StoredLink[]).map(parseLink),
    subjectKeys: new Map(
      ((subjects?.results ?? []) as { subject: string; wrapped: string }[]).map((s) => [
        s.subject,
        s.wrapped,
      ]),
    ),
  };
}

export interface GraphWrite {
  /** With the version they were read at; 0 for new ones. */
  rows: readonly IdentifierRow[];
  links: readonly Link[];
  profiles: readonly { root: string; members: readonly string[] }[];
  subjectKeys: readonly { subject: string; wrapped: string }[];
  /** Decisions for the ledger; what it has already is left as it is. */
  decisions: readonly LedgerRow[];
  now: number;
}

/** Write rows, links and profiles in one transaction. @returns keys of rows that someone else wrote meanwhile */
export async function writeGraph(db: D1Database, write: GraphWrite): Promise<string[]> {
  if (write.rows.length === 0) return [];
  const chunks = inChunks(write.rows.map(storedRow));
  const statements = chunks.map((chunk) => upsertRows(db, chunk));
  statements.push(
    ...inChunks(endsToStore(write.links)).map((chunk) => insertLinks(db, chunk)),
    ...inChunks(write.profiles).map((chunk) => upsertProfiles(db, chunk, write.now)),
    ...inChunks(write.subjectKeys).map((chunk) => insertSubjectKeys(db, chunk, write.now)),
    ...inChunks(write.decisions).map((chunk) => ledgerInsert(db, chunk)),
  );
  const results = await db.batch<{ key: string }>(statements);
  const kept = new Set(
    results.slice(0, chunks.length).flatMap(({ results: rows }) => rows.map((row) => row.key)),
  );
  return write.rows.map((row) => row.key).filter((key) => !kept.has(key));
}

/** A bound parameter of D1 has 2 MB at most. */
const MAX_PARAMETER_CHARS = 500_000;

/** JSON arrays of the records, none too large for one parameter. */
function inChunks(records: readonly unknown[]): string[] {
  const chunks: string[][] = [];
  let room = 0;
  for (const record of records) {
    const text = JSON.stringify(record);
    if (text.length > room) {
      chunks.push([]);
      room = MAX_PARAMETER_CHARS;
    }
    chunks.at(-1)?.push(text);
    room -= text.length + 1;
  }
  return chunks.map((chunk) => `[${chunk.join()}]`);
}

const upsertProfiles = (db: D1Database, profiles: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO profiles (root, members, version, updated_at)
       SELECT value->>'root', value->'members', 1, ?2 FROM json_each(?1) WHERE true
       ON CONFLICT(root) DO UPDATE SET members = excluded.members, version = profiles.version + 1, updated_at = excluded.updated_at
       WHERE profiles.members <> excluded.members`,
    )
    .bind(profiles, now);

const insertSubjectKeys = (db: D1Database, keys: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      "INSERT INTO subject_keys (subject, wrapped, created_at) SELECT value->>'subject', value->>'wrapped', ?2 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING",
    )
    .bind(keys, now);

const upsertRows = (db: D1Database, rows: string): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO identifiers (key, profile, facts, claims, consent, suppressed, sealed, snapshot, version, seen_at)
       SELECT value->>'key', value->>'profile', value->>'facts', value->>'claims', value->>'consent', 0,
              value->>'sealed', value->>'snapshot', value->>'version', value->>'seenAt'
       FROM json_each(?1) WHERE true
       ON CONFLICT(key) DO UPDATE SET profile = excluded.profile, facts = excluded.facts, claims = excluded.claims,
         consent = excluded.consent, sealed = excluded.sealed, snapshot = excluded.snapshot,
         version = excluded.version, seen_at = excluded.seen_at
       WHERE identifiers.version = excluded.version - 1
       RETURNING key`,
    )
    .bind(rows);

/**
 * What holds now for identifiers: their own current consent and suppression, and the consent of the others of their
 * profiles, for the recheck before a delivery. Keys of which nothing is known are not in the map.
 */
export async function currentConsent(
  db: D1Database,
  keys: readonly string[],
): Promise<Map<string, CurrentConsent[]>> {
  const { results } = await db
    .prepare(
      `WITH own AS (SELECT i.key, i.profile, i.consent, i.suppressed FROM identifiers i JOIN json_each(?1) k ON k.value = i.key)
       SELECT key, consent, suppressed FROM own WHERE consent IS NOT NULL OR suppressed = 1
       UNION ALL
       SELECT own.key, i.consent, 0 FROM own JOIN profiles p ON p.root = own.profile, json_each(p.members) m
         JOIN identifiers i ON i.key = m.value WHERE i.key <> own.key AND i.consent IS NOT NULL`,
    )
    .bind(JSON.stringify(keys))
    .all<{ key: string; consent: string | null; suppressed: number }>();
  const current = new Map<string, CurrentConsent[]>();
  for (const row of results) {
    const one = toCurrent(parseConsent(row.consent), row.suppressed === 1);
    current.set(row.key, [...(current.get(row.key) ?? []), one]);
  }
  return current;
}

/** Current consent of a row, as the decision function takes it. */
export const toCurrent = (consent: RowConsent | null, suppressed: boolean): CurrentConsent => ({
  granted: unpackPurposes(consent?.g ?? ""),
  decidedAt: consent?.t ?? 0,
  receipt: consent?.r ?? "",
  ...(consent?.o !== undefined && { optOutAt: consent.o }),
  ...(consent?.s !== undefined && { told: consent.s }),
  suppressed,
});

/** What rows of visitors say of their edge snapshots. */
export interface StoredSnapshot {
  /** JSON. */
  snapshot: string | null;
  /** Epoch ms of the current consent; null where nobody has decided. */
  decidedAt: number | null;
}

/** Snapshots of visitors as their rows have them. */
export async function storedSnapshots(
  db: D1Database,
  keys: readonly string[],
): Promise<Map<string, StoredSnapshot>> {
  const { results } = await db
    .prepare(
      "SELECT i.key, i.snapshot, i.consent->>'t' AS decidedAt FROM identifiers i JOIN json_each(?1) k ON k.value = i.key",
    )
    .bind(JSON.stringify(keys))
    .all<StoredSnapshot & { key: string }>();
  return new Map(results.map((row) => [row.key, row]));
}

/**
 * Make a decision the current one of every identifier of the subject's profile, unless a later one is there.
 * @returns where personalization is not granted, the visitors of the profile who have to be told at the edge: also those
 *   that have no snapshot any more, since a crash may have come between this and telling, and other browsers' cookies
 *   have not heard of it
 */
export async function bindConsent(db: D1Database, subject: string, choice: ConsentChoice): Promise<string[]> {
  const decided: RowConsent = {
    g: packPurposes(choice.granted),
    t: choice.givenAt,
    r: choice.receipt,
    b: 1,
    c: choice.receipt,
  };
  const consent = JSON.stringify(decided);
  // What stays beside the decision: an opt-out of sale, and what the browser's own signals told before. (A null leaves out.)
  const kept = (consent: string) =>
    `json_patch(${consent}, json_object(${["o", "q", "n", "s"].map((key) => `'${key}', identifiers.consent->'${key}'`).join(", ")}))`;
  // Without personalization there is no snapshot, neither in KV nor as "published" here.
  const snapshot = choice.granted.includes("personalization") ? "snapshot" : "NULL";
  const newer = "(identifiers.consent IS NULL OR identifiers.consent->>'t' <= ?3)";
  const [published] = await db.batch<{ key: string }>([
    db
      .prepare(
        `${NAMED} SELECT i.key FROM touched t JOIN identifiers i ON i.key = t.key
         WHERE i.key LIKE 'visitor_id:%' AND instr(i.key, '|') = 0`,
      )
      .bind(JSON.stringify([subject])),
    // The row may not be there yet: its events are still queued. The decision must be, when they arrive.
    db
      .prepare(
        `INSERT INTO identifiers (key, consent, version, seen_at) VALUES (?1, ?2, 1, ?3)
         ON CONFLICT(key) DO UPDATE SET consent = ${kept("excluded.consent")}, snapshot = ${snapshot}, version = identifiers.version + 1 WHERE ${newer}`,
      )
      .bind(subject, consent, choice.givenAt),
    db
      .prepare(
        `${NAMED} UPDATE identifiers SET consent = ${kept("?2")}, snapshot = ${snapshot}, version = version + 1
         WHERE key IN (SELECT key FROM touched) AND key <> (SELECT key FROM named) AND ${newer}`,
      )
      .bind(JSON.stringify([subject]), consent, choice.givenAt),
  ]);
  return snapshot === "NULL" ? (published?.results ?? []).map((row) => row.key) : [];
}

interface StoredLink {
  node: string;
  other: string;
  kind: LinkKind;
  event_id: string;
  source: string;
  at: number;
  state: Link["state"];
}

/**
 * Links as they are stored: under both ends, so that either end's shard finds them. What was claimed on a device is
 * stored under the scoped key alone: that one is read with its device's profile, and each row is billed.
 */
const endsToStore = (links: readonly Link[]) =>
  links.flatMap(({ a, b, kind, eventId, source, at, state }) => {
    const shared = { kind, strength: LINK_STRENGTH[kind], eventId, source, at, state };
    const ends = [
      { node: a, other: b, ...shared },
      { node: b, other: a, ...shared },
    ];
    return kind === "scope" || kind === "claim" ? ends.filter(({ node }) => isScoped(node)) : ends;
  });

/** The earliest evidence stays. */
const insertLinks = (db: D1Database, links: string): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO links (node, other, kind, strength, event_id, source, at, state)
       SELECT value->>'node', value->>'other', value->>'kind', value->>'strength', value->>'eventId', value->>'source',
              value->>'at', value->>'state' FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(links);

const parseLink = (l: StoredLink): Link => ({
  a: l.node,
  b: l.other,
  kind: l.kind,
  eventId: l.event_id,
  source: l.source,
  at: l.at,
  state: l.state,
});

// The JSON columns are written by storedRow and bindConsent alone, so they have these shapes.
const parseConsent = (text: string | null): RowConsent | null =>
  text ? (JSON.parse(text) as RowConsent) : null;

const parseRow = (row: StoredRow): IdentifierRow => ({
  key: row.key,
  profile: row.profile,
  facts: JSON.parse(row.facts) as IdentifierRow["facts"],
  claims: JSON.parse(row.claims) as IdentifierRow["claims"],
  consent: parseConsent(row.consent),
  suppressed: row.suppressed === 1,
  sealed: row.sealed,
  snapshot: row.snapshot ? (JSON.parse(row.snapshot) as Record<string, unknown>) : null,
  version: row.version,
  seenAt: row.seen_at,
});

const storedRow = (row: IdentifierRow) => ({
  key: row.key,
  profile: row.profile,
  facts: JSON.stringify(row.facts),
  claims: JSON.stringify(row.claims),
  consent: row.consent ? JSON.stringify(row.consent) : null,
  sealed: row.sealed,
  snapshot: row.snapshot ? JSON.stringify(row.snapshot) : null,
  version: row.version + 1,
  seenAt: row.seenAt,
});
