/**
 * A visitor decides on consent: the decision goes into the ledger, binds every identifier of the visitor's profile, and
 * what it no longer covers is taken away. `GET/PUT /consent` and later the opt-out of subject requests call this.
 */
import type { Policy } from "#contracts/definitions/policy";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import type { ConsentChoice } from "./cookie.ts";
import { regimeOf } from "./policy.ts";

/** What `PUT /consent` says; purposes that are not named stay as they were, or denied. */
export type ConsentRequest = { [P in Purpose]?: "granted" | "denied" | undefined };

/** Turn a request into a decision. Pure. */
export function chooseConsent(
  requested: ConsentRequest,
  given: {
    policy: Policy;
    country?: string | undefined;
    gpc: boolean;
    before: readonly Purpose[];
    now: number;
    receipt: string;
  },
): ConsentChoice {
  const granted = PURPOSES.filter(
    (p) => (requested[p] ?? (given.before.includes(p) ? "granted" : "denied")) === "granted",
  );
  return {
    receipt: given.receipt,
    granted,
    regime: regimeOf(given.policy, given.country).key,
    givenAt: given.now,
    expiresAt: given.now + given.policy.validityDays * DAY_MS,
    despiteGpc: given.gpc && requested.marketing === "granted",
  };
}

/** What must call rightward, wired in src/app.ts. */
export interface ConsentEffects {
  /** Append to the ledger. */
  append(subject: string, choice: ConsentChoice): Promise<void>;
  /** Make it the current consent of every identifier of the profile; gives the visitors whose snapshots have to go. */
  bind(subject: string, choice: ConsentChoice): Promise<string[]>;
  /** Take a visitor's edge snapshot away. */
  purgeSnapshot(subject: string): Promise<void>;
}

/**
 * Carry a decision out for a known visitor. The ledger first: it is the evidence. Throws where one part fails, so that
 * the visitor is not told something that did not happen; repeating it is harmless.
 * @param isNew the visitor's id was made for this very decision
 */
export async function recordChoice(
  subject: string,
  choice: ConsentChoice,
  isNew: boolean,
  effects: ConsentEffects,
): Promise<void> {
  await effects.append(subject, choice);
  // Of a new visitor nothing is stored yet that a decision could bind; its first event brings the decision along.
  if (isNew) return;
  // Those of the profile's other browsers, too: every visitor has one of its own.
  for (const visitor of await effects.bind(subject, choice)) await effects.purgeSnapshot(visitor);
}
