/**
 * Writing the identity graph: many rows a statement, as JSON in one bound parameter, because D1 allows 100 parameters.
 * Rows are written only if nobody else did meanwhile (compare-and-set on `version`); what is not returned has to be read
 * and folded again. And nothing at all is written where somebody was erased meanwhile: what was read may hold them.
 *
 * With one database all of it is one transaction. With several, links are there before any row says what follows from
 * them, and no database relies on what another has committed.
 */
import { type LedgerRow, ledgerInsert } from "#consent/store";
import { LAST_ERASURE, NONE_ERASED } from "#privacy/erasure-mark";
import { inChunks } from "./chunks.ts";
import type { Conflict } from "./conflicts.ts";
import type { IdentifierRow, Link } from "./graph.ts";
import { insertLooks, oldestLookId, withLook, withLooks } from "./looks.ts";
import type { Move } from "./moves.ts";
import type { IdentityShards } from "./shards.ts";
import { endsToStore, storedRow } from "./stored.ts";

export interface GraphWrite {
  /** With the version they were read at; 0 for new ones. */
  rows: readonly IdentifierRow[];
  links: readonly Link[];
  /** Links that lead to who was erased. */
  dead: readonly Link[];
  subjectKeys: readonly { subject: string; wrapped: string }[];
  /** Decisions for the ledger; what it has already is left as it is. */
  decisions: readonly LedgerRow[];
  /** Those that are known already stay as they are. */
  conflicts: readonly Conflict[];
  /** For the audit log. */
  moves: { id: string; moves: readonly Move[] };
  /** As the graph that it was made of says. */
  erasures: number;
  now: number;
}

/** @returns keys of rows that someone else wrote meanwhile; all of them where somebody was erased */
export async function writeGraph(shards: IdentityShards, write: GraphWrite): Promise<string[]> {
  const seen = String(write.erasures);
  const links = linkStatements(shards, write, seen);
  const rows = rowStatements(shards, write, seen);
  const isOne = shards.all.length === 1 && rows.size > 0;
  if (!isOne && !(await writeLinks(links, seen))) return write.rows.map(({ key }) => key);
  const kept = new Set<string>();
  await Promise.all(
    [...rows].map(async ([db, { upserts, others }]) => {
      const all = [...upserts, ...(isOne ? (links.get(db) ?? []) : []), ...others];
      const results = await db.batch<{ key: string }>(all);
      for (const { results: written } of results.slice(0, upserts.length))
        for (const { key } of written) kept.add(key);
    }),
  );
  return write.rows.map((row) => row.key).filter((key) => !kept.has(key));
}

type Statements = Map<D1Database, D1PreparedStatement[]>;

/**
 * @returns whether no database has begun with an erasure: then those of the links whose ends lie there were not written, and
 *   rows that follow from them could not be found from the erased
 */
async function writeLinks(links: Statements, seen: string): Promise<boolean> {
  const marks = await Promise.all(
    [...links].map(async ([db, statements]) => {
      const [mark] = await db.batch<{ state: string }>([db.prepare(LAST_ERASURE), ...statements]);
      return mark?.results[0]?.state;
    }),
  );
  return marks.every((mark) => mark === seen);
}

/** Links, and with them what follows from them and from no row: no later round would come to it again. */
function linkStatements(shards: IdentityShards, write: GraphWrite, seen: string): Statements {
  const statements: Statements = new Map();
  const add = (db: D1Database, more: readonly D1PreparedStatement[]) =>
    statements.set(db, [...(statements.get(db) ?? []), ...more]);
  for (const [db, ends] of shards.group(endsToStore(write.links), ({ node }) => node))
    add(
      db,
      inChunks(ends).map((chunk) => insertLinks(db, chunk, seen)),
    );
  for (const [db, ends] of shards.group(endsToStore(write.dead), ({ node }) => node))
    add(
      db,
      inChunks(ends).map((chunk) => deleteLinks(db, chunk, seen)),
    );
  for (const [db, conflicts] of shards.group(write.conflicts, ({ a }) => a))
    add(
      db,
      inChunks(conflicts).map((chunk) => insertConflicts(db, chunk, seen)),
    );
  const { id, moves } = write.moves;
  const [main] = shards.all;
  if (main && moves.length > 0)
    add(
      main,
      inChunks(moves).map((chunk, n) =>
        insertMoves(main, n === 0 ? id : `${id}.${n}`, chunk, seen, write.now),
      ),
    );
  return statements;
}

interface RowStatements {
  upserts: D1PreparedStatement[];
  others: D1PreparedStatement[];
}

function rowStatements(
  shards: IdentityShards,
  write: GraphWrite,
  seen: string,
): Map<D1Database, RowStatements> {
  const statements = new Map<D1Database, RowStatements>();
  const of = (db: D1Database): RowStatements => {
    let own = statements.get(db);
    if (!own) {
      own = { upserts: [], others: [] };
      statements.set(db, own);
    }
    return own;
  };
  for (const [db, rows] of shards.group(write.rows, ({ key }) => key)) {
    const stored = rows.map(storedRow);
    const due = withLooks(
      stored.flatMap((row) => (row.dueAt === undefined ? [] : { ...row, dueAt: row.dueAt })),
      write.now,
    );
    const others = stored.filter(({ dueAt }) => dueAt === undefined);
    of(db).upserts.push(
      ...inChunks(others).map((chunk) => upsertRows(db, chunk, seen)),
      ...inChunks(due).map((chunk) => upsertRows(db, chunk, seen, oldestLookId(write.now))),
    );
    of(db).others.push(...insertLooks(db, due));
  }
  for (const [db, keys] of shards.group(write.subjectKeys, ({ subject }) => subject))
    of(db).others.push(...inChunks(keys).map((chunk) => insertSubjectKeys(db, chunk, seen, write.now)));
  for (const [db, decisions] of shards.group(write.decisions, ({ subject }) => subject))
    of(db).others.push(...inChunks(decisions).map((chunk) => ledgerInsert(db, chunk, seen)));
  return statements;
}

/** @param oldest of looks.ts: also when they are due, and where in the calendar; absent: that stays as it is */
const upsertRows = (db: D1Database, rows: string, seen: string, oldest?: number): D1PreparedStatement => {
  const isDue = oldest !== undefined;
  return db
    .prepare(
      `INSERT INTO identifiers
         (key, members, facts, claims, consent, suppressed, sealed, snapshot, version, seen_at, first_at${isDue ? ", due_at, due_in" : ""})
       SELECT value->>'key', value->>'members', value->>'facts', value->>'claims', value->>'consent', 0,
              value->>'sealed', value->>'snapshot', value->>'version', value->>'seenAt', value->>'seenAt'
              ${isDue ? ", value->>'dueAt', CASE WHEN value->>'lookId' IS NOT NULL THEN json_array(value->>'lookId') END" : ""}
       FROM json_each(?1) WHERE ${NONE_ERASED}
       ON CONFLICT(key) DO UPDATE SET ${isDue ? `due_at = excluded.due_at, due_in = ${withLook("excluded.due_in->>0", "?3")},` : ""}
         members = excluded.members, facts = excluded.facts, claims = excluded.claims,
         consent = excluded.consent, sealed = excluded.sealed, snapshot = excluded.snapshot,
         version = excluded.version, seen_at = excluded.seen_at
       WHERE identifiers.version = excluded.version - 1
       RETURNING key`,
    )
    .bind(rows, seen, ...(isDue ? [oldest] : []));
};

/** The earliest evidence stays, whichever came first; what an operator revoked stays revoked. */
const insertLinks = (db: D1Database, links: string, seen: string): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO links (node, other, kind, strength, event_id, source, at, state)
       SELECT value->>'node', value->>'other', value->>'kind', value->>'strength', value->>'eventId', value->>'source',
              value->>'at', value->>'state' FROM json_each(?1) WHERE ${NONE_ERASED}
       ON CONFLICT(node, kind, other) DO UPDATE SET event_id = excluded.event_id, source = excluded.source, at = excluded.at
       WHERE excluded.at < links.at OR (excluded.at = links.at AND excluded.event_id < links.event_id)`,
    )
    .bind(links, seen);

const deleteLinks = (db: D1Database, links: string, seen: string): D1PreparedStatement =>
  db
    .prepare(
      `DELETE FROM links WHERE (node, kind, other) IN
         (SELECT value->>'node', value->>'kind', value->>'other' FROM json_each(?1)) AND ${NONE_ERASED}`,
    )
    .bind(links, seen);

const insertSubjectKeys = (db: D1Database, keys: string, seen: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO subject_keys (subject, wrapped, created_at)
       SELECT value->>'subject', value->>'wrapped', ?3 FROM json_each(?1) WHERE ${NONE_ERASED} ON CONFLICT DO NOTHING`,
    )
    .bind(keys, seen, now);

const insertConflicts = (db: D1Database, conflicts: string, seen: string): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO identity_conflicts (a, b, kind, reason, at)
       SELECT value->>'a', value->>'b', value->>'kind', value->>'reason', value->>'at'
       FROM json_each(?1) WHERE ${NONE_ERASED} ON CONFLICT DO NOTHING`,
    )
    .bind(conflicts, seen);

const insertMoves = (
  db: D1Database,
  id: string,
  moves: string,
  seen: string,
  now: number,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO identity_moves (id, at, moves) SELECT ?1, ?3, ?4 WHERE ${NONE_ERASED} ON CONFLICT DO NOTHING`,
    )
    .bind(id, seen, now, moves);
