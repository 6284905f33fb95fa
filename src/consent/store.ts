/** The consent ledger in D1: append-only; a trigger of the database refuses changes. */
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { NONE_ERASED } from "#privacy/erasure-mark";

/** One decision, as it is appended. */
export interface LedgerRow {
  /** Identifier key of whoever decided. */
  subject: string;
  /** Epoch ms at which it was decided, or at which the door first saw it. */
  givenAt: number;
  /** Receipt: events that rest on the decision carry it. */
  id: string;
  granted: readonly Purpose[];
  /** Purposes that it does not speak of: they were left to the regime's default. */
  unsaid?: readonly Purpose[];
  regime: string;
  /** `choice`, `server`, `tcf`, `banner:onetrust`, `gpc` …, joined by `+`. */
  source: string;
  /** A fingerprint of the string, or a banner's version. */
  evidence: string;
  /** Epoch ms; 0: it does not lapse by itself. */
  expiresAt: number;
}

/**
 * An insert of many decisions at once; those that are there already stay as they are, and of whoever was erased none is
 * kept.
 * @param rows JSON array of LedgerRow
 * @param erasures the number of the last erasure that the writer knows; where there is a later one nothing is written
 */
export const ledgerInsert = (db: D1Database, rows: string, erasures?: string): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO consents (subject, given_at, id, purposes, regime, source, evidence, expires_at)
       SELECT r.value->>'subject', r.value->>'givenAt', r.value->>'id',
         json_object(${PURPOSES.map((purpose) => `'${purpose}', ${statusOf(purpose)}`).join(", ")}),
         r.value->>'regime', r.value->>'source', r.value->>'evidence', r.value->>'expiresAt'
       FROM json_each(?1) r
       WHERE (?2 IS NULL OR ${NONE_ERASED})
         AND NOT EXISTS (SELECT 1 FROM identifiers i WHERE i.key = r.value->>'subject' AND i.suppressed = 1)
       ON CONFLICT DO NOTHING`,
    )
    .bind(rows, erasures ?? null);

/** SQL: what a row says of the purpose. */
const statusOf = (purpose: Purpose): string =>
  `CASE WHEN ${lists("unsaid", purpose)} THEN 'default' WHEN ${lists("granted", purpose)} THEN 'granted' ELSE 'denied' END`;
const lists = (name: "granted" | "unsaid", purpose: Purpose): string =>
  `EXISTS (SELECT 1 FROM json_each(r.value, '$.${name}') g WHERE g.value = '${purpose}')`;

/** Append one decision. */
export async function appendConsent(db: D1Database, row: LedgerRow): Promise<void> {
  await ledgerInsert(db, JSON.stringify([row])).run();
}

/** A decision as it was written, newest first in lists. */
export interface LedgerEntry extends Omit<LedgerRow, "granted" | "unsaid"> {
  granted: Purpose[];
  unsaid: Purpose[];
}

/** All decisions of some identifiers, newest first. @param subjects identifier keys @param limit at most this many */
export async function readLedger(
  db: D1Database,
  subjects: readonly string[],
  limit: number,
): Promise<LedgerEntry[]> {
  const { results } = await db
    .prepare(
      `SELECT c.subject, c.given_at, c.id, c.purposes, c.regime, c.source, c.evidence, c.expires_at
       FROM consents c JOIN json_each(?1) s ON s.value = c.subject ORDER BY c.given_at DESC, c.id LIMIT ?2`,
    )
    .bind(JSON.stringify(subjects), limit)
    .all<StoredEntry>();
  return results.map((row) => ({
    subject: row.subject,
    givenAt: row.given_at,
    id: row.id,
    granted: listed(row.purposes, "granted"),
    unsaid: listed(row.purposes, "default"),
    regime: row.regime,
    source: row.source,
    evidence: row.evidence,
    expiresAt: row.expires_at,
  }));
}

interface StoredEntry {
  subject: string;
  given_at: number;
  id: string;
  purposes: string;
  regime: string;
  source: string;
  evidence: string;
  expires_at: number;
}

function listed(purposes: string, status: "granted" | "default"): Purpose[] {
  const said = JSON.parse(purposes) as Partial<Record<Purpose, string>>; // written by ledgerInsert alone
  return PURPOSES.filter((purpose) => said[purpose] === status);
}
