/**
 * What entries of a data layer mean to us: GA4's e-commerce objects (the feature `datalayer`) and updates of Google's
 * Consent Mode (the feature `consent-mode`). All others are left alone. Called by main.ts.
 * Sources: https://developers.google.com/analytics/devguides/collection/ga4/ecommerce and
 * https://developers.google.com/tag-platform/security/guides/consent
 */
import { isEcommerceName } from "./ecommerce.ts";
import type { Choices } from "./signals.ts";

/** A call of `gtag`, which pushes its arguments: `["event", "purchase", {…}]`. Undefined for any other entry. */
const gtagCall = (entry: unknown): { command: unknown; what: unknown; parameters: object } | undefined => {
  const call = entry as ArrayLike<unknown> | null | undefined;
  return typeof call?.length === "number" && typeof call[0] === "string"
    ? { command: call[0], what: call[1], parameters: Object(call[2]) }
    : undefined;
};

/**
 * Returns the reader of entries that finds e-commerce events. As a tag manager does, it keeps what earlier entries said
 * of `ecommerce`, until one says `ecommerce: null`.
 */
export const ecommerceEvents = (
  onEvent: (name: string, data: object) => void,
): ((entry: unknown) => void) => {
  let known: object | undefined;
  return (entry) => {
    const call = gtagCall(entry);
    if (call) {
      if (call.command === "event" && isEcommerceName(call.what)) onEvent(call.what, call.parameters);
      return;
    }
    const { event, ecommerce } = Object(entry) as { event?: unknown; ecommerce?: unknown };
    if (ecommerce === null) known = undefined;
    else if (typeof ecommerce === "object") known = { ...known, ...ecommerce };
    // Some sites put the data beside the event's name.
    if (isEcommerceName(event)) onEvent(event, known ?? Object(entry));
  };
};

/**
 * Google's types of consent that ours stand for; all of them have to be granted. `ad_personalization` is not needed for
 * marketing, but a refusal of it is one, as in the tag's own requests (`npa=1`).
 */
const MODE: Record<keyof Choices, string[]> = {
  analytics: ["analytics_storage"],
  marketing: ["ad_storage", "ad_user_data"],
  personalization: ["personalization_storage"],
};

/**
 * Returns the reader of entries that finds what the visitor decided. Defaults are not decisions. A purpose of which no
 * update has spoken is left out.
 */
export const watchConsentMode = (onChoices: (choices: Choices) => void): ((entry: unknown) => void) => {
  const types = new Map<string, unknown>();
  return (entry) => {
    const call = gtagCall(entry);
    if (call?.command !== "consent" || call.what !== "update") return;
    for (const [type, value] of Object.entries(call.parameters)) types.set(type, value);
    const choices: Choices = {};
    for (const purpose of ["analytics", "marketing", "personalization"] as const) {
      const needed = MODE[purpose];
      if (needed.some((type) => types.has(type)))
        choices[purpose] = needed.every((type) => types.get(type) === "granted");
    }
    const adPersonalization = types.get("ad_personalization") ?? "granted";
    if (adPersonalization !== "granted") choices.marketing = false;
    onChoices(choices);
  };
};
