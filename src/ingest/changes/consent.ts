/**
 * The consent that a change of a profile travels on: what the rows of its identifiers say now, with what the ledger knows of
 * the decision that they rest on. As with an event, it is checked again before the change leaves. Called by tell.ts; pure.
 */

import { validityMs } from "#consent/policy";
import type { Policy } from "#contracts/definitions/policy";
import { defaultOf } from "#contracts/definitions/policy_default";
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { hasDecided, type IdentifierRow } from "#identity/graph";
import type { NamedDecision } from "./ledger-store.ts";

/** The rows whose decision is the profile's: the latest. */
export function decidingRows(rows: readonly IdentifierRow[]): IdentifierRow[] {
  const decided = rows.filter(hasDecided);
  const latest = Math.max(0, ...decided.map(({ consent }) => consent?.t ?? 0));
  return decided.filter(({ consent }) => consent?.t === latest);
}

/** Receipts that an entry of the ledger may have for what a row says. */
export const receiptsOf = ({ consent }: IdentifierRow): string[] =>
  [...new Set([consent?.r, consent?.c].filter((id) => id !== undefined && id !== ""))] as string[];

/**
 * @param rows of the profile @param granted what is surely granted for it @param ledger the decisions of `receiptsOf`
 * @returns undefined where what was granted has lapsed
 */
export function consentOf(
  rows: readonly IdentifierRow[],
  granted: readonly Purpose[],
  ledger: ReadonlyMap<string, NamedDecision>,
  policy: Policy,
  now: number,
): ConsentDecision | undefined {
  const [row] = decidingRows(rows);
  const isOptOut = rows.some(({ consent }) => (consent?.o ?? -1) >= (row?.consent?.t ?? 0));
  if (!row?.consent) return { ...byDefault(granted, policy), ...(isOptOut && { gpc: true }) };
  const { t: decidedAt, r: receipt } = row.consent;
  const entry = receiptsOf(row).flatMap((id) => ledger.get(id) ?? [])[0];
  const key = entry && Object.hasOwn(policy.regimes, entry.regime) ? entry.regime : policy.otherwise;
  const regime = policy.regimes[key];
  if (!regime) throw new Error(`policy names no regime ${key}`); // releases are validated for this
  // Where silence is consent, a decision that has lapsed leaves what it granted granted.
  const lapses = granted.some((purpose) => defaultOf(regime, purpose) === "denied");
  const expiresAt = Math.min(
    entry?.expiresAt || Number.POSITIVE_INFINITY,
    decidedAt + validityMs(policy, regime),
  );
  if (lapses && expiresAt <= now) return undefined;
  const ground = entry === undefined ? "ledger" : entry.source.startsWith("choice") ? "cookie" : entry.source;
  return {
    receipt,
    regime: key,
    granted: [...granted],
    grounds: Object.fromEntries(
      PURPOSES.map((purpose) => [purpose, isOptOut && purpose === "marketing" ? "gpc" : ground]),
    ),
    decidedAt,
    ...(lapses && { expiresAt }),
    ...(isOptOut && { gpc: true }),
  };
}

/** Nobody has decided, and events were let in: by a regime that grants by default, or by what a server said with them. */
function byDefault(granted: readonly Purpose[], policy: Policy): ConsentDecision {
  const [key = policy.otherwise] =
    Object.entries(policy.regimes).find(([, regime]) =>
      granted.every((purpose) => defaultOf(regime, purpose) === "granted"),
    ) ?? [];
  const regime = policy.regimes[key];
  return {
    receipt: `default:${key}`,
    regime: key,
    granted: [...granted],
    grounds: Object.fromEntries(
      PURPOSES.map((purpose) => [
        purpose,
        granted.includes(purpose) && regime && defaultOf(regime, purpose) !== "granted" ? "event" : "default",
      ]),
    ),
    decidedAt: 0,
  };
}
