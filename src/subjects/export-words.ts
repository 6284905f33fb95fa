/**
 * The words of the page that a person gets: names of fields, identifiers and purposes as anybody reads them. What has none
 * here is shown by its own name with spaces, so that a new field needs no change. Pure; used by export-page.ts.
 */
import type { CustomNamespace, IdentifierNamespace, Purpose } from "#contracts/taxonomy";

const TRAITS: Readonly<Record<string, string>> = {
  email: "E-mail address",
  phone: "Telephone number",
  customer_id: "Customer number",
  first_name: "First name",
  last_name: "Last name",
  company: "Company",
};

const KINDS: Readonly<Record<Exclude<IdentifierNamespace, CustomNamespace>, string>> = {
  visitor_id: "A browser of yours",
  anonymous_id: "A browser or app, by an id of its own",
  device_id: "A device",
  user_id: "Your account",
  customer_id: "Your customer number",
  crm_id: "Your record in a customer system",
  login_id: "What you sign in with",
  email: "Your e-mail address",
  phone: "Your telephone number",
};

const PURPOSES: Readonly<Record<Purpose, string>> = {
  analytics: "measurement",
  marketing: "marketing",
  personalization: "personal pages",
};

const DECISIONS: Readonly<Record<string, string>> = {
  granted: "allowed",
  denied: "declined",
  default: "not decided",
};

const OUTCOMES: Readonly<Record<string, string>> = {
  queued: "sent on",
  delivered: "received by it",
  event_not_listed: "not sent: it does not get such events",
  no_consent: "not sent: you had not allowed it",
  consent_denied: "not sent: you had not allowed it",
  consent_withdrawn: "not sent: you had withdrawn it",
};

/** `order_id` or `orderId` as “order id”. */
export const spoken = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase();

const wordOf = (words: Readonly<Record<string, string>>, name: string): string =>
  (Object.hasOwn(words, name) ? words[name] : undefined) ?? spoken(name);

export const traitWord = (field: string): string => wordOf(TRAITS, field);
export const kindWord = (namespace: string): string => wordOf(KINDS, namespace);
export const purposeWord = (purpose: string): string => wordOf(PURPOSES, purpose);
export const decisionWord = (decision: string): string => wordOf(DECISIONS, decision);
export const outcomeWord = (outcome: string): string => wordOf(OUTCOMES, outcome);

/** The consent that an event was taken on, in a sentence; undefined where it is of no known form. */
export function consentWords(consent: unknown): string | undefined {
  if (typeof consent !== "object" || consent === null || !("granted" in consent)) return undefined;
  const { granted } = consent;
  if (!Array.isArray(granted)) return undefined;
  const allowed = granted.map((purpose) => purposeWord(String(purpose))).join(", ");
  const regime = "regime" in consent ? `, under the rules “${String(consent.regime)}”` : "";
  return `${allowed === "" ? "nothing" : allowed} allowed${regime}`;
}
