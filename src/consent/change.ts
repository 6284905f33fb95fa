/**
 * A visitor decides on consent: the decision goes into the ledger, binds every identifier of the visitor's profile, and
 * what it no longer covers is taken away. The routes of src/door/consent and later the opt-out of subject requests call
 * this.
 */
import type { Policy } from "#contracts/definitions/policy";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import type { ConsentChoice } from "./cookie.ts";
import { regimeOf, validityMs } from "./policy.ts";
import type { LedgerRow } from "./store.ts";

/** What somebody decides; purposes that are not named stay as they were. */
export type ConsentRequest = { [P in Purpose]?: "granted" | "denied" | undefined };

export interface ChoiceCircumstances {
  policy: Policy;
  country?: string | undefined;
  region?: string | undefined;
  /** What holds for the purposes that are not named. */
  before: readonly Purpose[];
  /** Marketing was granted in so many words, by a visitor whose browser sends GPC. */
  despiteGpc: boolean;
  now: number;
  receipt: string;
  /** Epoch ms from which what proves it is none; the regime may end it sooner. */
  endsAt?: number | undefined;
  /** See ConsentChoice. */
  told?: string | undefined;
}

/** Turn a request into a decision. Pure. */
export function chooseConsent(requested: ConsentRequest, given: ChoiceCircumstances): ConsentChoice {
  const { policy, before, now, receipt, endsAt, told } = given;
  const granted = PURPOSES.filter(
    (p) => (requested[p] ?? (before.includes(p) ? "granted" : "denied")) === "granted",
  );
  const { key, regime } = regimeOf(policy, given.country, given.region);
  const end = Math.min(now + validityMs(policy, regime), endsAt ?? Number.POSITIVE_INFINITY);
  return {
    receipt,
    granted,
    regime: key,
    givenAt: now,
    // In whole seconds, as the cookie has it: ledger and cookie are to agree.
    expiresAt: end - (end % 1000),
    despiteGpc: given.despiteGpc && granted.includes("marketing"),
    ...(told !== undefined && { told }),
  };
}

/** What must call rightward, wired in src/consents.ts. */
export interface ConsentEffects {
  /** Append to the ledger. */
  append(row: LedgerRow): Promise<void>;
  /** Make it the current consent of every identifier of the profile; gives the visitors whose snapshots have to go. */
  bind(subject: string, choice: ConsentChoice): Promise<string[]>;
  /** Take a visitor's edge snapshot away. */
  purgeSnapshot(subject: string): Promise<void>;
}

/**
 * Carry a decision out for a known visitor. The ledger first: it is the evidence. Throws where one part fails, so that
 * the visitor is not told something that did not happen; repeating it is harmless.
 * @param isNew the visitor's id was made for this very decision
 * @param given what said so, and what proves it
 * @param inForce what of it holds beside the visitor's other signals; all of it, if not told
 */
export async function recordChoice(
  subject: string,
  choice: ConsentChoice,
  isNew: boolean,
  given: Pick<LedgerRow, "source" | "evidence">,
  effects: ConsentEffects,
  inForce: Purpose[] = choice.granted,
): Promise<void> {
  const { givenAt, receipt: id, granted, regime, expiresAt } = choice;
  await effects.append({ subject, givenAt, id, granted, regime, expiresAt, ...given });
  // Of a new visitor nothing is stored yet that a decision could bind; its first event brings the decision along.
  if (!isNew) await bindChoice(subject, { ...choice, granted: inForce }, effects);
}

/** Make a decision the current one of a whole profile. */
export async function bindChoice(
  subject: string,
  choice: ConsentChoice,
  effects: Omit<ConsentEffects, "append">,
): Promise<void> {
  // Those of the profile's other browsers, too: every visitor has one of its own.
  for (const visitor of await effects.bind(subject, choice)) await effects.purgeSnapshot(visitor);
}
