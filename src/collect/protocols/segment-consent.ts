/**
 * Consent as the clients of Segment, RudderStack and Jitsu carry it, by the source's own table of categories: Segment's
 * and Jitsu's `context.consent.categoryPreferences`, RudderStack's `context.consentManagement`. RudderStack's
 * `resolutionStrategy` says how one of its destinations weighs the categories that were set for it there; ours are set by
 * the source's table, so that an event cannot loosen them to "or".
 * Sources: https://www.twilio.com/docs/segment/privacy/consent-management/consent-in-unify and
 * https://www.rudderstack.com/docs/data-governance/consent-management/passing-consent/
 */
import type { ConsentStatement } from "#contracts/event";
import { asRecord } from "../shape.ts";

/**
 * The statement of an event, or undefined where it makes none. A category that is not in the table grants nothing;
 * several categories of one purpose must all be granted; a statement that cannot be read denies everything.
 */
export function statementOf(
  context: Readonly<Record<string, unknown>>,
  categories: Readonly<Record<string, string>>,
): ConsentStatement | undefined {
  const { consent, consentManagement } = context;
  const preferences = isGiven(consent) ? (asRecord(consent)?.categoryPreferences ?? undefined) : undefined;
  const isSilent = preferences === undefined && (!isGiven(consent) || asRecord(consent) !== undefined);
  if (isSilent && !isGiven(consentManagement)) return undefined;

  const granted = new Set<unknown>();
  const denied = new Set<unknown>();
  const known = asRecord(preferences) ?? {};
  for (const category in known) (known[category] === true ? granted : denied).add(category);
  const managed = asRecord(consentManagement);
  for (const category of listOf(managed?.allowedConsentIds)) granted.add(category);
  for (const category of listOf(managed?.deniedConsentIds)) denied.add(category);

  // A category of the table that the statement passes over was not granted.
  const decide = (purpose: string): "granted" | "denied" => {
    let decision: "granted" | "denied" = "denied";
    for (const category in categories) {
      if (categories[category] !== purpose) continue;
      if (!granted.has(category) || denied.has(category)) return "denied";
      decision = "granted";
    }
    return decision;
  };
  return {
    analytics: decide("analytics"),
    marketing: decide("marketing"),
    personalization: decide("personalization"),
  };
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
