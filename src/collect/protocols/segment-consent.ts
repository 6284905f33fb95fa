/**
 * Consent as the clients of Segment, RudderStack and Jitsu carry it, by the source's own table of categories: Segment's
 * and Jitsu's `context.consent.categoryPreferences`, RudderStack's `context.consentManagement`.
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

  const granted = new Set<string>();
  const denied = new Set<string>();
  const say = (category: unknown, yes: boolean) => {
    if (typeof category !== "string" || !Object.hasOwn(categories, category)) return;
    (yes ? granted : denied).add(categories[category] as string); // just seen to be its own
  };
  for (const [category, value] of Object.entries(asRecord(preferences) ?? {})) say(category, value === true);
  const managed = asRecord(consentManagement);
  for (const category of listOf(managed?.allowedConsentIds)) say(category, true);
  for (const category of listOf(managed?.deniedConsentIds)) say(category, false);

  const decide = (purpose: string) => (granted.has(purpose) && !denied.has(purpose) ? "granted" : "denied");
  return {
    analytics: decide("analytics"),
    marketing: decide("marketing"),
    personalization: decide("personalization"),
  };
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
