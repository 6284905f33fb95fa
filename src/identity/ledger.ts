/** The consent ledger of several identifiers, which lies beside each of them. */
import { type LedgerEntry, readLedger } from "#consent/store";
import type { IdentityShards } from "./shards.ts";

/** All decisions of some identifiers, newest first. @param subjects identifier keys @param limit at most this many */
export async function readLedgers(
  identity: IdentityShards,
  subjects: readonly string[],
  limit: number,
): Promise<LedgerEntry[]> {
  const groups = [...identity.group(subjects, (subject) => subject)];
  const found = await Promise.all(groups.map(([db, own]) => readLedger(db, own, limit)));
  return found
    .flat()
    .sort((a, b) => b.givenAt - a.givenAt || (a.id < b.id ? -1 : 1))
    .slice(0, limit);
}
