/**
 * The one consent decision. The door asks it for a request and for an event with a statement of its own; ingest and
 * delivery ask `stillGranted` with what the ledger says by then. Absent, unreadable or expired consent is a denial
 * where the regime's default is one.
 *
 * | signals | decision for a purpose |
 * |---|---|
 * | none | the regime's default |
 * | cookie, valid | as the cookie says |
 * | cookie, expired or from the future | the regime's default |
 * | cookie of an opt-out regime, in an opt-in one | its denials hold, its grants do not |
 * | event's statement, no cookie | as the statement says |
 * | event's statement beside a cookie | granted only if both grant |
 * | GPC | marketing is denied … |
 * | GPC, and the cookie granted marketing while GPC was on | … unless the visitor said so explicitly, then the cookie |
 */

import type { Policy } from "#contracts/definitions/policy";
import type { ConsentStatement } from "#contracts/event";
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import type { ConsentChoice } from "./cookie.ts";
import { regimeOf } from "./policy.ts";

export interface ConsentSignals {
  /** Epoch ms. */
  now: number;
  country?: string | undefined;
  gpc: boolean;
  /** The visitor's signed decision, if there is one. */
  choice?: ConsentChoice | undefined;
  /** The event's own statement. */
  statement?: ConsentStatement | undefined;
}

const CLOCK_SKEW_MS = 5 * 60_000;

/** Decide on all purposes. */
export function decideConsent(policy: Policy, signals: ConsentSignals): ConsentDecision {
  const { choice, statement, gpc, now } = signals;
  const { key, regime } = regimeOf(policy, signals.country);
  const valid = choice !== undefined && isValid(choice, policy, now);
  // Where silence was consent, what was left unsaid is no grant for a place that asks for one.
  const carries = valid && grantsHere(choice, policy, regime.default);
  const granted: Purpose[] = [];
  const grounds: Record<string, string> = {};
  for (const purpose of PURPOSES) {
    let yes = regime.default === "granted";
    let ground = choice && !valid ? "expired" : "default";
    if (valid) {
      yes = carries && choice.granted.includes(purpose);
      ground = carries || !choice.granted.includes(purpose) ? "cookie" : "default";
    }
    const said = statement?.[purpose];
    if (said === "denied" || (said === "granted" && !valid)) {
      yes = said === "granted";
      ground = "event";
    }
    if (gpc && yes && purpose === "marketing" && !(valid && choice.despiteGpc)) {
      yes = false;
      ground = "gpc";
    }
    if (yes) granted.push(purpose);
    grounds[purpose] = ground;
  }
  const explicit = valid ? choice.receipt : statement ? `statement:${key}` : undefined;
  return {
    receipt: explicit ?? `default:${key}`,
    regime: key,
    granted,
    grounds,
    decidedAt: valid ? choice.givenAt : 0,
    ...(valid && { ledger: choice.granted }),
  };
}

/** Whether an explicit decision still holds: not expired, not older than the policy allows, not from the future. */
export function isValid(choice: ConsentChoice, policy: Policy, now: number): boolean {
  return (
    choice.expiresAt > now &&
    choice.givenAt + policy.validityDays * DAY_MS > now &&
    choice.givenAt < now + CLOCK_SKEW_MS
  );
}

/** A decision made under an opt-out regime grants nothing under an opt-in one; its denials hold everywhere. */
const grantsHere = (choice: ConsentChoice, policy: Policy, byDefault: "denied" | "granted"): boolean =>
  byDefault === "granted" || policy.regimes[choice.regime]?.default === "denied";

/** The current consent of one identifier, as its row says. */
export interface CurrentConsent {
  granted: Purpose[];
  /** Epoch ms. */
  decidedAt: number;
  suppressed: boolean;
}

/**
 * What is left of an event's grant by now: a later decision of any of its identifiers takes away what it does not
 * grant, and never adds. Suppression takes away everything.
 */
export function stillGranted(
  event: { granted: readonly Purpose[]; decidedAt: number },
  current: readonly CurrentConsent[],
): Purpose[] {
  let left = [...event.granted];
  for (const c of current) {
    if (c.suppressed) return [];
    if (c.decidedAt > event.decidedAt) left = left.filter((p) => c.granted.includes(p));
  }
  return left;
}
