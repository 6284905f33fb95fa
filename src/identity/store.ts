/**
 * All SQL of the identity graph. One place reads rows, one writes them: many rows a statement, as JSON in one bound
 * parameter, because D1 allows 100 parameters. Rows are written only if nobody else did meanwhile (compare-and-set on
 * `version`); what is not returned has to be read and folded again. And nothing at all is written where somebody was
 * erased meanwhile: what was read may hold them.
 */
import { type LedgerRow, ledgerInsert } from "#consent/store";
import { LAST_ERASURE, markOf, NONE_ERASED } from "#privacy/erasure-mark";
import { parseConsent } from "./consent-store.ts";
import { type IdentifierRow, LINK_STRENGTH, type Link, type LinkKind, scopeLink } from "./graph.ts";
import { NAMED } from "./named.ts";

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
  /** Number of the last erasure that the database has; a later one forbids to write what is made of this. */
  erasures: number;
}

const ROWS =
  "SELECT i.key, i.profile, i.facts, i.claims, i.consent, i.suppressed, i.sealed, i.snapshot, i.version, i.seen_at FROM identifiers i";

/** Read the rows of keys and of their profiles' members, with the links of all of them: one round trip. */
export async function readGraph(db: D1Database, keys: readonly string[]): Promise<Graph> {
  const parameter = JSON.stringify(keys);
  const [mark, rows, links, subjects] = await db.batch([
    db.prepare(LAST_ERASURE),
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
  const [last] = (mark?.results ?? []) as { state: string }[];
  const read = new Map(((rows?.results ?? []) as StoredRow[]).map((row) => [row.key, parseRow(row)]));
  // Of who was erased there is nothing to join.
  const scopes = [...read.values()].flatMap(({ key, suppressed }) =>
    suppressed ? [] : (scopeLink(key) ?? []),
  );
  return {
    erasures: markOf(last),
    rows: read,
    links: [...((links?.results ?? []) as StoredLink[]).map(parseLink), ...scopes],
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
  /** Roots that are none any more: their profiles have another. */
  formerRoots: readonly string[];
  subjectKeys: readonly { subject: string; wrapped: string }[];
  /** Decisions for the ledger; what it has already is left as it is. */
  decisions: readonly LedgerRow[];
  /** As the graph that it was made of says. */
  erasures: number;
  now: number;
}

/**
 * Write rows, links and profiles in one transaction.
 * @returns keys of rows that someone else wrote meanwhile; all of them where somebody was erased, and nothing is written
 */
export async function writeGraph(db: D1Database, write: GraphWrite): Promise<string[]> {
  if (write.rows.length === 0) return [];
  const chunks = inChunks(write.rows.map(storedRow));
  const seen = String(write.erasures);
  const statements = chunks.map((chunk) => upsertRows(db, chunk, seen));
  statements.push(
    ...inChunks(endsToStore(write.links)).map((chunk) => insertLinks(db, chunk, seen)),
    ...inChunks(write.profiles).map((chunk) => upsertProfiles(db, chunk, seen, write.now)),
    ...inChunks(write.formerRoots).map((chunk) => deleteProfiles(db, chunk, seen)),
    ...inChunks(write.subjectKeys).map((chunk) => insertSubjectKeys(db, chunk, seen, write.now)),
    ...inChunks(write.decisions).map((chunk) => ledgerInsert(db, chunk, seen)),
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

const upsertProfiles = (db: D1Database, profiles: string, seen: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO profiles (root, members, version, updated_at)
       SELECT value->>'root', value->'members', 1, ?3 FROM json_each(?1) WHERE ${NONE_ERASED}
       ON CONFLICT(root) DO UPDATE SET members = excluded.members, version = profiles.version + 1, updated_at = excluded.updated_at
       WHERE profiles.members <> excluded.members`,
    )
    .bind(profiles, seen, now);

const deleteProfiles = (db: D1Database, roots: string, seen: string): D1PreparedStatement =>
  db
    .prepare(`DELETE FROM profiles WHERE root IN (SELECT value FROM json_each(?1)) AND ${NONE_ERASED}`)
    .bind(roots, seen);

const insertSubjectKeys = (db: D1Database, keys: string, seen: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO subject_keys (subject, wrapped, created_at)
       SELECT value->>'subject', value->>'wrapped', ?3 FROM json_each(?1) WHERE ${NONE_ERASED} ON CONFLICT DO NOTHING`,
    )
    .bind(keys, seen, now);

const upsertRows = (db: D1Database, rows: string, seen: string): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO identifiers
         (key, profile, facts, claims, consent, suppressed, sealed, snapshot, version, seen_at, first_at)
       SELECT value->>'key', value->>'profile', value->>'facts', value->>'claims', value->>'consent', 0,
              value->>'sealed', value->>'snapshot', value->>'version', value->>'seenAt', value->>'seenAt'
       FROM json_each(?1) WHERE ${NONE_ERASED}
       ON CONFLICT(key) DO UPDATE SET profile = excluded.profile, facts = excluded.facts, claims = excluded.claims,
         consent = excluded.consent, sealed = excluded.sealed, snapshot = excluded.snapshot,
         version = excluded.version, seen_at = excluded.seen_at
       WHERE identifiers.version = excluded.version - 1
       RETURNING key`,
    )
    .bind(rows, seen);

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
 * Links as they are stored: under both ends, so that either end's shard finds them, and whoever is claimed can be erased
 * from where others claimed to be them. What a key says by itself is not stored, since each row is billed.
 */
const endsToStore = (links: readonly Link[]) =>
  links.flatMap(({ a, b, kind, eventId, source, at, state }) => {
    if (kind === "scope") return [];
    const shared = { kind, strength: LINK_STRENGTH[kind], eventId, source, at, state };
    return [
      { node: a, other: b, ...shared },
      { node: b, other: a, ...shared },
    ];
  });

/** The earliest evidence stays. */
const insertLinks = (db: D1Database, links: string, seen: string): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO links (node, other, kind, strength, event_id, source, at, state)
       SELECT value->>'node', value->>'other', value->>'kind', value->>'strength', value->>'eventId', value->>'source',
              value->>'at', value->>'state' FROM json_each(?1) WHERE ${NONE_ERASED} ON CONFLICT DO NOTHING`,
    )
    .bind(links, seen);

const parseLink = (l: StoredLink): Link => ({
  a: l.node,
  b: l.other,
  kind: l.kind,
  eventId: l.event_id,
  source: l.source,
  at: l.at,
  state: l.state,
});

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
