/**
 * The decision for a request whose visitor has decided for themselves and of whom nobody else says anything: the same with
 * every request of a visit, until it lapses. Kept with the visitor's decision as the door read it. Called by door/context.ts.
 */
import type { Policy } from "#contracts/definitions/policy";
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import type { ConsentChoice } from "./cookie.ts";
import { type ConsentSignals, decideConsent } from "./decide.ts";

interface Recalled extends Pick<ConsentSignals, "country" | "region" | "gpc"> {
  policy: Policy;
  decision: ConsentDecision;
  /** Epoch ms; it holds from then on, and before the other. */
  from: number;
  until: number;
}

const decisions = new WeakMap<ConsentChoice, Recalled>();

/** As `decideConsent`. The decision is shared between requests and must not be changed. */
export function recallConsent(policy: Policy, given: ConsentSignals): ConsentDecision {
  const { choice, signals, statement, country, region, gpc, now } = given;
  if (!choice || statement || (signals && signals.length > 0)) return decideConsent(policy, given);
  const known = decisions.get(choice);
  if (
    known &&
    known.policy === policy &&
    known.country === country &&
    known.region === region &&
    known.gpc === gpc &&
    now >= known.from &&
    now < known.until
  )
    return known.decision;
  const decision = decideConsent(policy, given);
  // What was granted until some moment holds until then. What was denied may have lapsed, or be of a clock that is ahead.
  const { expiresAt } = decision;
  if (expiresAt !== undefined && choice.givenAt <= now)
    decisions.set(choice, { policy, country, region, gpc, decision, from: now, until: expiresAt });
  return decision;
}
