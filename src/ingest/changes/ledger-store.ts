/** Decisions of the ledger by the receipts that rows carry. Called by tell.ts, for many profiles at once. */
import { inChunks } from "#identity/chunks";
import type { IdentityShards } from "#identity/shards";

export interface NamedDecision {
  subject: string;
  /** Receipt. */
  id: string;
  regime: string;
  source: string;
  /** Epoch ms; 0: it does not lapse by itself. */
  expiresAt: number;
}

/** @param asked receipts, each with an identifier that may have decided it; those that are not there are left out */
export async function namedDecisions(
  identity: IdentityShards,
  asked: readonly { subject: string; id: string }[],
): Promise<NamedDecision[]> {
  const found = await Promise.all(
    [...identity.group(asked, ({ subject }) => subject)].map(([db, own]) =>
      db.batch<NamedDecision>(
        inChunks(own).map((chunk) =>
          db
            .prepare(
              `SELECT c.subject, c.id, c.regime, c.source, c.expires_at AS expiresAt FROM json_each(?1) k
               JOIN consents c ON c.subject = k.value->>'subject' AND c.id = k.value->>'id'`,
            )
            .bind(chunk),
        ),
      ),
    ),
  );
  return found.flat().flatMap(({ results }) => results);
}
