/**
 * The one consent decision. The door asks `decideConsent` for a request, and for an event that says something of its
 * own; ingest and delivery ask `stillGranted` (still-granted.ts) with what the ledger says by then.
 *
 * Within one kind of signal the latest counts, across kinds the most restrictive. A signal that cannot be relied upon
 * denies; one that has lapsed grants nothing, and its denials stay. Where nobody speaks of a purpose, the regime's
 * default holds. docs/consent.md has the table, a row for each conflict; its rows are tests.
 */

import type { Policy, Regime } from "#contracts/definitions/policy";
import { defaultOf } from "#contracts/definitions/policy_default";
import type { ConsentStatement } from "#contracts/event";
import type { ConsentDecision, ConsentRecord } from "#contracts/messages/event_envelope";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { inOnePiece } from "#core/one-piece";
import { type ConsentChoice, packPurposes } from "./cookie.ts";
import { regimeOf, validityMs } from "./policy.ts";
import { latestOfEachKind } from "./signals/latest.ts";
import type { Signal } from "./signals/signal.ts";

export interface ConsentSignals {
  /** Epoch ms. */
  now: number;
  country?: string | undefined;
  /** Region of the country, for example `CA`. */
  region?: string | undefined;
  gpc: boolean;
  /** The visitor's signed decision, if there is one. */
  choice?: ConsentChoice | undefined;
  /** What strings, banners and Consent Mode say, of the request and of the event. */
  signals?: readonly Signal[] | undefined;
  /** The event's own statement. */
  statement?: ConsentStatement | undefined;
}

/** Our own clocks differ by this much at most. */
const CLOCK_SKEW_MS = 5 * 60_000;
/** Other signals are stamped by visitors' clocks, some with the day alone. */
const FOREIGN_SKEW_MS = DAY_MS;

/** Decide on all purposes. */
export function decideConsent(policy: Policy, signals: ConsentSignals): ConsentDecision {
  const { choice, gpc, now, country, region } = signals;
  const { key, regime, place } = regimeOf(policy, country, region);
  const spoken = spokenOf(signals, policy, regime);
  const granted: Purpose[] = [];
  const grounds: Record<string, string> = { analytics: "", marketing: "", personalization: "" };
  let decidedAt = Number.POSITIVE_INFINITY;
  let expiresAt = Number.POSITIVE_INFINITY;
  const isOptOut = gpc && !isDespiteGpc(choice, policy, regime, now);
  for (const purpose of PURPOSES) {
    const byDefault = defaultOf(regime, purpose);
    let yes = byDefault === "granted";
    let ground = "default";
    let grantedBy: Signal | undefined;
    for (const signal of spoken) {
      const said = signal.says[purpose];
      if (said === "denied") {
        yes = false;
        ground = groundOf(signal);
        grantedBy = undefined;
        break;
      }
      if (said !== "granted" || grantedBy) continue;
      if (mayGrant(signal, choice, policy, regime, purpose)) {
        yes = true;
        ground = groundOf(signal);
        grantedBy = signal;
      }
    }
    if (!yes && ground === "default" && hadGranted(signals, purpose, policy, regime)) ground = "expired";
    if (isOptOut && yes && purpose === "marketing") {
      yes = false;
      ground = "gpc";
    }
    if (yes) {
      granted.push(purpose);
      decidedAt = Math.min(decidedAt, datedBy(grantedBy, now));
      if (grantedBy && byDefault === "denied")
        expiresAt = Math.min(expiresAt, lapseOf(grantedBy, policy, regime));
    }
    grounds[purpose] = ground;
  }
  return {
    receipt: receiptOf(spoken) ?? `default:${key}`,
    regime: key,
    granted,
    grounds,
    decidedAt: Number.isFinite(decidedAt) ? decidedAt : 0,
    place,
    expiresAt: Number.isFinite(expiresAt) ? expiresAt : undefined,
    gpc: isOptOut ? true : undefined,
  };
}

/**
 * What a known visitor has decided, for their row and the ledger: undefined where nobody has, where all that was granted
 * has lapsed, or where a signal cannot be relied upon: that denies here, and is nothing that anybody said. Global Privacy
 * Control is no part of it: it is an opt-out beside whatever was decided.
 * @param subject identifier key of the visitor
 */
export function recordOf(
  policy: Policy,
  signals: ConsentSignals,
  subject: string,
): ConsentRecord | undefined {
  const spoken = spokenOf(signals, policy, regimeOf(policy, signals.country, signals.region).regime);
  const unsaid = PURPOSES.filter((purpose) => spoken.every(({ says }) => says[purpose] === undefined));
  if (unsaid.length === PURPOSES.length || spoken.some(({ invalid }) => invalid !== undefined))
    return undefined;
  const decision = decideConsent(policy, { ...signals, gpc: false });
  const { receipt, granted, regime, decidedAt, expiresAt } = decision;
  const { choice, now } = signals;
  // Of our own decision the moment is known, also where nothing of it but a denial is left.
  const isOwn = choice !== undefined && spoken.length === 1;
  return {
    id: receipt,
    subject,
    granted,
    ...(unsaid.length > 0 && { unsaid }),
    regime,
    source: spoken.map(sourceOf).join("+"),
    evidence: spoken.map(({ evidence }) => evidence).join("+"),
    givenAt: isOwn ? Math.min(choice.givenAt, now) : decidedAt,
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** Whether a decision at the door still holds: not lapsed, not from the future. */
export const isValid = (choice: ConsentChoice, policy: Policy, regime: Regime, now: number): boolean =>
  !hasLapsed(signalOf(choice), policy, regime, now);

const NONE: readonly Signal[] = [];

/** One signal of each kind, the visitor's own decision first, each without what it may not grant any more. */
function spokenOf(
  { choice, signals = NONE, statement, now }: ConsentSignals,
  policy: Policy,
  regime: Regime,
): readonly Signal[] {
  if (!choice && !statement && signals.length === 0) return NONE;
  const valid = (signal: Signal) => (hasLapsed(signal, policy, regime, now) ? withoutGrants(signal) : signal);
  const spoken = choice ? [valid(signalOf(choice))] : [];
  if (signals.length > 0) spoken.push(...latestOfEachKind(signals.map(valid), now + FOREIGN_SKEW_MS));
  if (statement && PURPOSES.some((purpose) => statement[purpose] !== undefined)) spoken.push(said(statement));
  return spoken;
}

/** What a signal that has lapsed still says. */
function withoutGrants({ expiresAt: _over, says, ...signal }: Signal): Signal {
  const denied = PURPOSES.filter((purpose) => says[purpose] === "denied");
  return { ...signal, says: Object.fromEntries(denied.map((purpose) => [purpose, "denied"])) };
}

/** Whether a purpose was granted once, by what has lapsed or is from the future. */
const hadGranted = (
  { choice, signals = NONE, now }: ConsentSignals,
  purpose: Purpose,
  policy: Policy,
  regime: Regime,
): boolean =>
  [...(choice ? [signalOf(choice)] : []), ...signals].some(
    (signal) => signal.says[purpose] === "granted" && hasLapsed(signal, policy, regime, now),
  );

const choices = new WeakMap<ConsentChoice, Signal>();

/** The visitor's own decision as a signal. It speaks of all purposes: what was not granted was denied. */
function signalOf(choice: ConsentChoice): Signal {
  let signal = choices.get(choice);
  if (!signal) {
    const says = Object.fromEntries(
      PURPOSES.map((purpose) => [purpose, choice.granted.includes(purpose) ? "granted" : "denied"]),
    );
    const { givenAt, expiresAt, receipt } = choice;
    signal = { kind: "choice", name: "", says, givenAt, expiresAt, evidence: receipt };
    choices.set(choice, signal);
  }
  return signal;
}

/** `statement:a+m-`: what was said is its own evidence. */
function said(statement: ConsentStatement): Signal {
  const evidence = PURPOSES.filter((purpose) => statement[purpose] !== undefined)
    .map((purpose) => `${packPurposes([purpose])}${statement[purpose] === "granted" ? "+" : "-"}`)
    .join("");
  return { kind: "statement", name: "", says: statement, givenAt: 0, evidence };
}

/** Epoch ms at which it was surely given or later; 0: not known, as by a clock that is ahead. */
const datedBy = (signal: Signal | undefined, now: number): number =>
  signal && signal.givenAt <= now + CLOCK_SKEW_MS ? signal.givenAt : 0;

/** Epoch ms from which a signal grants nothing. */
function lapseOf({ givenAt, expiresAt }: Signal, policy: Policy, regime: Regime): number {
  const old = givenAt > 0 ? givenAt + validityMs(policy, regime) : Number.POSITIVE_INFINITY;
  return Math.min(expiresAt ?? Number.POSITIVE_INFINITY, old);
}

function hasLapsed(signal: Signal, policy: Policy, regime: Regime, now: number): boolean {
  const skew = signal.kind === "choice" ? CLOCK_SKEW_MS : FOREIGN_SKEW_MS;
  // A time that is no number passes neither.
  return !(signal.givenAt <= now + skew && lapseOf(signal, policy, regime) > now);
}

/**
 * Whether a signal's grant counts here. A decision made where silence was consent grants nothing where it is not; of the
 * other signals the regime names those that it takes.
 */
function mayGrant(
  { kind }: Signal,
  choice: ConsentChoice | undefined,
  policy: Policy,
  regime: Regime,
  purpose: Purpose,
): boolean {
  if (kind !== "choice") return regime.honours.includes(kind);
  if (defaultOf(regime, purpose) === "granted") return true;
  const key = choice?.regime ?? "";
  const then = Object.hasOwn(policy.regimes, key) ? policy.regimes[key] : undefined;
  return then !== undefined && defaultOf(then, purpose) === "denied";
}

/** The visitor granted marketing, in so many words, while the browser sent GPC: and that still holds. */
const isDespiteGpc = (
  choice: ConsentChoice | undefined,
  policy: Policy,
  regime: Regime,
  now: number,
): boolean => choice?.despiteGpc === true && isValid(choice, policy, regime, now);

/** How a ground is written down. */
function groundOf({ kind, name, invalid }: Signal): string {
  if (invalid !== undefined) return `${kind}:${invalid}`;
  if (kind === "choice") return "cookie";
  if (kind === "statement") return "event";
  return name === "" ? kind : `${kind}:${name}`;
}

const sourceOf = ({ kind, name }: Signal): string => (name === "" ? kind : `${kind}:${name}`);

/** Names the evidence, so that the same decisions have the same receipt. */
function receiptOf(spoken: readonly Signal[]): string | undefined {
  if (spoken.length === 0) return undefined;
  let receipt = "";
  for (const { kind, evidence } of spoken) {
    const part = kind === "choice" ? evidence : `${kind}:${evidence}`;
    receipt = receipt === "" ? part : `${receipt}+${part}`;
  }
  return inOnePiece(receipt);
}
