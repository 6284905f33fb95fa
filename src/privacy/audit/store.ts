/**
 * The audit log in D1, table `audit`. Entries are only ever added: triggers refuse what would change or delete one.
 * `appendAudit` is what everybody calls who does or lets do what must be answered for.
 */
import { Problem } from "#core/problem";
import { type AuditEntry, type AuditValue, type ChainHead, GENESIS, hashEntry } from "./chain.ts";
import { admissible, type NewAuditEntry } from "./entry.ts";

const MAX_ATTEMPTS = 60;
const MAX_PAUSE_MS = 100;

const HEAD = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1";

/** Adds an entry only where the chain still ends as it did when its hash was made. */
const APPEND = `INSERT INTO audit (seq, at, actor, action, target, detail, prev, hash)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
  WHERE COALESCE((SELECT seq FROM audit ORDER BY seq DESC LIMIT 1), ${GENESIS.seq}) = ?1 - 1
    AND COALESCE((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), '${GENESIS.hash}') = ?7
  RETURNING seq`;

/**
 * Append an entry: once this has returned, it is in the chain. Append before what is audited is done, and do not do it
 * where this throws.
 * @param alongside statements of the same transaction, of the entry as it would be appended: what one of them refuses is
 * not appended. They are also run where another entry came first, and have to look whether theirs is there
 * @throws Problem 503 `audit_unavailable` where others append so fast that it finds no place; whatever D1 throws
 */
export async function appendAudit(
  db: D1Database,
  entry: NewAuditEntry,
  alongside: (appended: ChainHead) => D1PreparedStatement[] = () => [],
): Promise<ChainHead> {
  const given = admissible(entry);
  let head = await readHead(db);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const next = { ...given, seq: head.seq + 1 };
    const hash = await hashEntry(head.hash, next);
    const values = [
      next.seq,
      next.at,
      JSON.stringify(next.actor),
      next.action,
      next.target,
      JSON.stringify(next.detail),
    ];
    const [inserted, last] = await db.batch<ChainHead>([
      db.prepare(APPEND).bind(...values, head.hash, hash),
      db.prepare(HEAD),
      ...alongside({ seq: next.seq, hash }),
    ]);
    if (inserted?.results.length === 1) return { seq: next.seq, hash };
    head = last?.results[0] ?? GENESIS;
    await scheduler.wait(Math.random() * Math.min(5 * attempt, MAX_PAUSE_MS));
  }
  throw new Problem(503, "audit_unavailable", "The audit log is busy; nothing was done. Try again.", {
    "retry-after": "1",
  });
}

/** Where the chain ends now. */
export async function readHead(db: D1Database): Promise<ChainHead> {
  return (await db.prepare(HEAD).first<ChainHead>()) ?? GENESIS;
}

/** The checkpoint that was made last, so that the schedule need not list them: a hint, and no proof of anything. */
export async function readKept(db: D1Database): Promise<{ seq: number; at: number }> {
  const row = await db.prepare("SELECT state FROM jobs WHERE name = 'checkpoint'").first<{ state: string }>();
  return row ? (JSON.parse(row.state) as { seq: number; at: number }) : { seq: GENESIS.seq, at: 0 };
}

export async function writeKept(db: D1Database, kept: { seq: number; at: number }): Promise<void> {
  await db
    .prepare(
      "INSERT INTO jobs (name, state) VALUES ('checkpoint', ?1) ON CONFLICT (name) DO UPDATE SET state = ?1",
    )
    .bind(JSON.stringify(kept))
    .run();
}

interface Row {
  seq: number;
  at: number;
  actor: string;
  action: string;
  target: string;
  detail: string;
  prev: string;
  hash: string;
}

/** Entries after a seq, oldest first. */
export async function entriesAfter(db: D1Database, after: number, limit: number): Promise<AuditEntry[]> {
  const { results } = await db
    .prepare("SELECT * FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2")
    .bind(after, limit)
    .all<Row>();
  return results.map(toEntry);
}

/** The head that the chain had at a seq; undefined where there is no such entry. */
export async function headAt(db: D1Database, seq: number): Promise<ChainHead | undefined> {
  if (seq === GENESIS.seq) return GENESIS;
  const row = await db.prepare("SELECT seq, hash FROM audit WHERE seq = ?1").bind(seq).first<ChainHead>();
  return row ?? undefined;
}

export interface AuditQuery {
  /** Only entries before this seq. */
  before: number | undefined;
  action: string | undefined;
  /** Id of the actor. */
  actor: string | undefined;
  /** Also what an entry has in a detail: it may name several persons. */
  target: string | undefined;
  limit: number;
}

/** No index serves the filters, so one call looks through this many entries. */
const SCANNED = 10_000;

/** Entries newest first. @returns `next`: the `before` of the next page, null where no entry is left to look at */
export async function listAudit(
  db: D1Database,
  query: AuditQuery,
): Promise<{ entries: AuditEntry[]; next: number | null }> {
  const before = query.before ?? (await readHead(db)).seq + 1;
  const floor = Math.max(before - SCANNED, 1);
  const { results } = await db
    .prepare(
      `SELECT * FROM audit WHERE seq < ?1 AND seq >= ?2 AND (?3 IS NULL OR action = ?3)
       AND (?6 IS NULL OR target = ?6 OR CASE WHEN json_valid(detail) THEN
         EXISTS (SELECT 1 FROM json_each(detail) d WHERE d.value = ?6) END) AND (?4 IS NULL OR CASE WHEN json_valid(actor) THEN json_extract(actor, '$.id') END = ?4)
       ORDER BY seq DESC LIMIT ?5`,
    )
    .bind(before, floor, query.action ?? null, query.actor ?? null, query.limit, query.target ?? null)
    .all<Row>();
  const last = results.length === query.limit ? (results.at(-1)?.seq ?? floor) : floor;
  return { entries: results.map(toEntry), next: last > 1 ? last : null };
}

/**
 * What is not as it was written cannot be read as if it were: the hash then does not hold. SQLite lets anything into any
 * column, so that a row which was tampered with may have a text for a number.
 */
function toEntry(row: Row): AuditEntry {
  return {
    seq: row.seq,
    at: typeof row.at === "number" ? row.at : -1,
    actor: readActor(row.actor) ?? { id: "(unreadable)", name: "", role: "" },
    action: String(row.action),
    target: String(row.target),
    detail: readDetail(row.detail) ?? { unreadable: true },
    prev: String(row.prev),
    hash: String(row.hash),
  };
}

function readActor(text: string): AuditEntry["actor"] | undefined {
  const value = readJson(text) as Partial<AuditEntry["actor"]> | undefined;
  const actor = { id: String(value?.id), name: String(value?.name), role: String(value?.role) };
  return JSON.stringify(actor) === text ? actor : undefined;
}

function readDetail(text: string): Record<string, AuditValue> | undefined {
  const value = readJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const isPlain = Object.values(value).every((one) => one === null || typeof one !== "object");
  return isPlain && JSON.stringify(value) === text ? (value as Record<string, AuditValue>) : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
