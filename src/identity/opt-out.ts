/**
 * Opt-out of sale and sharing by request: as if every browser of the person had just sent Global Privacy Control, so that
 * marketing stops for all that was granted before, and what is granted later, in so many words, counts again.
 * Called by src/subjects.
 */
import { type LedgerRow, ledgerInsert } from "#consent/store";
import { chunksOf, inChunks } from "./chunks.ts";
import { isScoped } from "./graph.ts";
import type { IdentityShards } from "./shards.ts";

/**
 * Opt identifiers out, known or not, and append it to the ledger of each. Repeated with the same decision, it changes
 * nothing. Of who was erased nothing is written.
 * @param subjects of `findSubjects`
 * @param decision what the ledger says; `givenAt` is the moment of the opt-out
 * @returns how many rows say so now that did not before
 */
export async function optOutSubjects(
  identity: IdentityShards,
  subjects: readonly string[],
  decision: Pick<LedgerRow, "givenAt" | "id" | "regime" | "source" | "evidence">,
): Promise<number> {
  const changed = await Promise.all(
    [...identity.group(subjects, (key) => key)].map(([db, own]) => optOutIn(db, own, decision)),
  );
  return changed.reduce((sum, rows) => sum + rows, 0);
}

async function optOutIn(
  db: D1Database,
  subjects: readonly string[],
  decision: Pick<LedgerRow, "givenAt" | "id" | "regime" | "source" | "evidence">,
): Promise<number> {
  const entries = subjects
    .filter((key) => !isScoped(key))
    .map(
      (subject): LedgerRow => ({
        ...decision,
        subject,
        granted: [],
        unsaid: ["analytics", "personalization"],
        expiresAt: 0,
      }),
    );
  const rows = chunksOf(subjects);
  const results = await db.batch([
    ...rows.map((chunk) =>
      db
        .prepare(
          `INSERT INTO identifiers (key, consent, version, seen_at)
           SELECT value, json_object('g', '', 't', 0, 'r', '', 'o', ?2), 1, ?2 FROM json_each(?1) WHERE true
           ON CONFLICT(key) DO UPDATE SET version = identifiers.version + 1,
             consent = json_set(COALESCE(identifiers.consent, excluded.consent), '$.o', ?2)
           WHERE identifiers.suppressed = 0 AND COALESCE(identifiers.consent->>'o', 0) < ?2`,
        )
        .bind(chunk, decision.givenAt),
    ),
    ...inChunks(entries).map((chunk) => ledgerInsert(db, chunk)),
  ]);
  return results.slice(0, rows.length).reduce((sum, { meta }) => sum + meta.changes, 0);
}
