/**
 * Consent after a split. What one of a profile decides binds all of it; if it then turns out that they are two people, what
 * one of them granted is not the other's: that side goes by what it said itself. What was denied stays denied, since that
 * harms nobody. Called by settle.ts.
 */
import { packPurposes } from "#consent/cookie";
import type { LedgerEntry } from "#consent/store";
import type { IdentifierRow, RowConsent } from "../graph.ts";
import { readLedgers } from "../ledger.ts";
import type { IdentityShards } from "../shards.ts";

/** Of profiles of 50 identifiers nobody has decided so often. */
const MAX_DECISIONS = 2_000;
/** Of an opt-out of sale the row has a note of its own, beside the decision. */
const OPT_OUTS = new Set(["gpc", "subject_request"]);

/**
 * Take back from rows what others granted who are of their profile no more. Rows are changed in place.
 * @param changed rows with the members that they have now @param before the same as they were read
 */
export async function takeBackGrants(
  identity: IdentityShards,
  changed: readonly IdentifierRow[],
  before: ReadonlyMap<string, IdentifierRow>,
): Promise<void> {
  const parted = changed.flatMap((row) => {
    const own = new Set(row.members ?? [row.key]);
    const lost = new Set(before.get(row.key)?.members?.filter((key) => !own.has(key)));
    const isTaken = row.consent?.b === 1 && row.consent.g !== "";
    return isTaken && lost.size > 0 ? [{ row, own, lost }] : [];
  });
  if (parted.length === 0) return;
  const subjects = new Set(parted.flatMap(({ own, lost }) => [...own, ...lost]));
  const ledger = await readLedgers(identity, [...subjects], MAX_DECISIONS);
  for (const { row, own, lost } of parted) {
    const deciders = ledger.filter(({ id }) => id === row.consent?.r).map(({ subject }) => subject);
    if (!deciders.some((key) => lost.has(key)) || deciders.some((key) => own.has(key))) continue;
    const said = ledger.find(({ subject, source }) => own.has(subject) && !OPT_OUTS.has(source));
    row.consent = ownConsent(row.consent, said);
  }
}

/** @param said the newest decision of the row's own side; undefined: nobody of it has decided */
function ownConsent(taken: RowConsent | null, said: LedgerEntry | undefined): RowConsent | null {
  const { g: _g, t: _t, r: _r, b: _b, c: _c, ...kept } = taken ?? { g: "", t: 0, r: "" };
  if (!said) return Object.keys(kept).length > 0 ? { ...kept, g: "", t: 0, r: "" } : null;
  const { id, givenAt, granted, source } = said;
  const choice = source.startsWith("choice") ? { c: id.split("+", 1)[0] ?? id } : {};
  return { ...kept, g: packPurposes(granted), t: givenAt, r: id, b: 1, ...choice };
}
