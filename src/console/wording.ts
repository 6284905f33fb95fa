/**
 * The codes of receipts in words that an operator reads. A code that is not listed is shown as it is, with spaces, so a
 * new one needs no change here. Used by the trace's sentences and by the console's page.
 */

const REASONS: Record<string, string> = {
  // Fields, contracts/messages/event_envelope.ts
  not_in_contract: "not in the event's contract",
  purpose_not_granted: "needs a purpose that was not granted",
  personal_data_in_text: "personal data was found in the text",
  query_not_allowed: "query parameter is not on the allow-list",
  invalid_identifier: "not a usable identifier",
  // Consent and privacy, at every stage
  no_consent: "no consent",
  consent_denied: "consent was denied",
  consent_withdrawn: "consent was withdrawn",
  consent_expired: "consent has expired",
  suppressed: "the person is suppressed",
  // Routing and delivery
  event_not_selected: "the destination does not take this event",
  condition_not_met: "the destination's condition does not hold",
  filtered: "the destination's condition does not hold",
  disabled: "the destination is disabled",
  destination_gone: "the destination is no longer in the release",
  attempts_exhausted: "all attempts are used up",
  circuit_open: "the destination is failing; its circuit is open",
  paused: "the destination is paused",
  unauthorized: "the destination refuses our credentials",
  timeout: "no answer in time",
  // Slots
  audience: "the visitor is not in its audience",
  not_in_audience: "the visitor is not in its audience",
  schedule: "outside its schedule",
  not_scheduled: "outside its schedule",
  cap: "shown as often as its cap allows",
  capped: "shown as often as its cap allows",
  exclusion_group: "another offer of its group is on the page",
  excluded: "another offer of its group is on the page",
  priority: "another offer has a higher priority",
  lower_priority: "another offer has a higher priority",
  holdout: "the visitor is in the holdout",
  personalization_not_granted: "personalization was not granted",
};

const GROUNDS: Record<string, string> = {
  cookie: "the visitor's own decision",
  default: "the regime's default",
  gpc: "Global Privacy Control",
  gpp: "the GPP signal",
  tcf: "the TCF string",
  event: "the event's own statement",
  expired: "a decision that has expired",
  ledger: "the consent ledger",
  source: "the source's consent categories",
};

/** A reason or code in words. */
export const reasonInWords = (code: string): string =>
  Object.hasOwn(REASONS, code) ? REASONS[code]! : code.replaceAll("_", " ");

/** What said that a purpose is granted or denied, in words. */
export const groundInWords = (ground: string): string =>
  Object.hasOwn(GROUNDS, ground) ? GROUNDS[ground]! : ground.replaceAll("_", " ");

/** `a`, `a and b`, `a, b and c`. */
export const listInWords = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;

/** `1 field`, `2 fields`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
