/**
 * How far a profile is known, and may be known: its identifiers say the first, its consent the second. Both are functions
 * of rows, so that a withdrawal takes a profile back and the next grant gives it all again. Pure. docs/identity.md has
 * the table.
 */
import { unpackPurposes } from "#consent/cookie";
import { type IdentityState, PURPOSES, type Purpose } from "#contracts/taxonomy";
import { hasDecided, type IdentifierRow, isScoped, namesPerson, namespaceOf } from "./graph.ts";
import { nameServes } from "./trait-purposes.ts";

/**
 * `authenticated`: a proven identifier of a person is a member; `pseudonymous`: a claimed one (a scoped row) is;
 * `anonymous`: only devices are. An identifier that no granted purpose may use is as if it were not there; and to measure
 * (`analytics` alone) nobody has to be known for sure, so that a proven one counts as a claimed one.
 * @param members keys of the profile @param granted `grantedNow(rows)`
 */
export function identityState(members: readonly string[], granted: readonly Purpose[]): IdentityState {
  const mayBeSure = granted.some((purpose) => purpose !== "analytics");
  let state: IdentityState = "anonymous";
  for (const key of members) {
    if (!namesPerson(key) || !nameServes(namespaceOf(key), granted)) continue;
    if (mayBeSure && !isScoped(key)) return "authenticated";
    state = "pseudonymous";
  }
  return state;
}

/**
 * What is granted for a profile now. As for its events (src/consent/still-granted.ts) the latest decision of any of its
 * identifiers counts, of several at the same moment what all of them grant; an opt-out of sale takes marketing away unless
 * it was granted after it. Where nobody has decided, the regime let its events in.
 */
export function grantedNow(rows: readonly Pick<IdentifierRow, "consent">[]): Purpose[] {
  let decidedAt = 0;
  let optOutAt = -1;
  for (const row of rows) {
    if (hasDecided(row)) decidedAt = Math.max(decidedAt, row.consent?.t ?? 0);
    optOutAt = Math.max(optOutAt, row.consent?.o ?? -1);
  }
  let granted: Purpose[] = [...PURPOSES];
  for (const { consent } of rows) {
    if (!consent || decidedAt === 0 || consent.t !== decidedAt) continue;
    const own = unpackPurposes(consent.g);
    granted = granted.filter((purpose) => own.includes(purpose));
  }
  return decidedAt <= optOutAt ? granted.filter((purpose) => purpose !== "marketing") : granted;
}
