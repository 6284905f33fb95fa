/**
 * The codes of receipts in words that an operator reads. A code that is not listed is shown as it is, with spaces, so a
 * new one needs no change here. Used by the trace's sentences and by the console's page.
 */

const REASONS: Record<string, string> = {
  // Events and their fields, at the door
  invalid_event: "it does not fit its contract",
  invalid_consent: "its consent statement cannot be read",
  unknown_event: "no contract has its name",
  unknown_version: "its contract has no such version",
  event_too_large: "it is too large",
  duplicate_id: "another event of its request has the same id",
  invalid_timestamp: "its time is no time",
  timestamp_in_future: "its time is in the future",
  timestamp_too_old: "its time is too long ago",
  not_in_contract: "not in the event's contract",
  purpose_not_granted: "its purpose was not granted",
  personal_data_in_text: "personal data was found in the text",
  query_not_allowed: "query parameter is not on the allow-list",
  invalid_identifier: "not a usable identifier",
  unknown_namespace: "the release has no such kind of identifier",
  placeholder_identifier: "a placeholder, which names nobody",
  identifier_length: "too long or too short for an identifier",
  blocked_identifier: "on the release's list of values that name nobody",
  disposable_address: "an address of a throw-away mailbox",
  too_many_identifiers: "more identifiers than an event may have",
  // Identity tokens, and what an event says beside one
  token_malformed: "its token is none",
  token_too_large: "its token is too large",
  token_too_many: "its request carries too many tokens",
  token_in_url: "its token came in an address",
  token_unknown_issuer: "its token's issuer is not configured",
  token_wrong_audience: "its token is meant for somebody else",
  token_wrong_source: "its token's issuer does not count for this source",
  token_bad_algorithm: "its token's algorithm is not allowed",
  token_unknown_key: "its token's key is not its issuer's",
  token_bad_signature: "its token's signature is wrong",
  token_expired: "its token has expired",
  token_not_yet_valid: "its token is not valid yet",
  token_lives_too_long: "its token lives longer than is allowed",
  token_lacks_claim: "its token lacks exp, iat or sub",
  token_names_nobody: "its token names nobody",
  token_keys_unavailable: "its token's issuer gives no keys",
  token_names_another: "the token names somebody else",
  token_claim_not_verified: "the token's issuer has not verified it",
  not_in_token: "the token does not prove it",
  // Requests, refused as a whole
  missing_key: "it carries no key",
  unknown_key: "its key is not known",
  key_expired: "its key has ended",
  key_disabled: "its key was taken back",
  source_disabled: "its source is switched off",
  origin_not_allowed: "its source does not list the page's origin",
  secret_key_in_browser: "a page sent the secret key",
  secret_key_required: "this takes a secret key",
  rate_limited: "there were too many requests",
  too_many_events: "it carries too many events",
  body_too_large: "its body is too large",
  queue_unavailable: "no queue took it",
  // Consent and privacy, at every stage
  no_consent: "no consent",
  consent_denied: "consent was denied",
  consent_withdrawn: "consent was withdrawn",
  consent_expired: "consent has expired",
  opted_out: "a browser of this person sent Global Privacy Control",
  counted_anonymously: "consent was denied, and it was counted without anything else of it",
  suppressed: "the person is suppressed",
  bot: "it came from a bot",
  // Routing and delivery
  event_not_listed: "does not take this event",
  condition: "its condition does not hold",
  disabled: "switched off",
  circuit_open: "its circuit is open",
  unauthorized: "our credentials are refused",
  timeout: "no answer in time",
  network: "the network failed",
  unconfirmed: "the answer does not confirm it",
  answer_empty: "the answer is empty",
  answer_not_json: "the answer is no JSON",
  answer_too_large: "the answer is too large",
  answer_cut_off: "the answer breaks off",
  answer_unexpected: "the answer is none that the vendor documents",
  no_outcome: "the answer leaves it out",
  sender_error: "something went wrong on our side",
  unsafe_url: "its address is not safe to call",
  gone: "it is gone (HTTP 410)",
  destination_removed: "no longer in the release",
  destination_disabled: "switched off",
  attempts_exhausted: "all attempts are used up",
  traits_unreadable: "its personal fields cannot be read",
  sealed_unreadable: "its personal fields cannot be read",
  mapping_error: "it could not be put into the vendor's form",
  too_old_for_vendor: "it is older than the vendor takes",
  too_large: "it is larger than the vendor takes",
  item_too_large: "it is too large for the queue",
  no_ga4_event: "GA4 has no event for it",
  reserved_name: "the vendor keeps its name for itself",
  no_valid_name: "nothing of its name is left that the vendor takes",
  no_email: "no e-mail address is known",
  claim_not_proven: "it is only claimed, and may change nothing there",
  rate_limited_daily: "the vendor's limit for a day is used up",
  ordered: "it waits for what came before it",
  paused: "the destination is paused",
  superseded: "a later one says the same",
  mapping: "the release's mapping leaves it out",
  mapping_invalid: "the mapping makes what the vendor does not take",
  no_traits: "no personal field of it is known",
  queue_missing: "the Worker has no such queue",
  queue_refused: "the queue did not take it",
  redirected: "its address leads elsewhere",
  not_tried: "there was no time left to send it",
  permit_unavailable: "nobody could say whether it may be called",
  consent_unavailable: "consent could not be checked",
  quarantine_full: "the day had more refused events than are kept of a source",
  unknown_content: "it names content that the catalogue does not have",
  unknown_product: "it names a product that the catalogue does not have",
  // Slots
  audience: "the visitor is not in its audience",
  not_started: "it has not started yet",
  ended: "it has ended",
  cap_session: "shown as often as a session allows",
  cap_day: "shown as often as a day allows",
  not_now: "it is not on at this day or hour",
  cap_unknown: "it could not be asked in time how often the visitor got it",
  content_missing: "its content is not there",
  holdout_global: "the visitor is in the holdout of all slots",
  holdout: "the visitor is in the slot's holdout",
  budget: "there was no time left to decide",
};

/** Codes that carry what they are about, as `code:subject`. */
const ABOUT: Record<string, (subject: string) => string> = {
  no_consent: (purpose) => `no consent for ${purpose}`,
  unknown_type: (type) => `no destination type is called ${type}`,
  secret_missing: (name) => `the secret ${name} is missing`,
  outranked: (winner) => `${winner} goes before it`,
  cap_exact: (per) => `given as often as ${per === "lifetime" ? "it ever may be" : `a ${per} allows`}`,
  exclusion_group: (group) => `the page shows another offer of ${group}`,
  invalid_settings: (path) => `its settings are invalid at ${path}`,
};

/** A reason or code in words: `no_consent:marketing` is "no consent for marketing", `http_500` is "HTTP 500". */
export function reasonInWords(code: string): string {
  if (Object.hasOwn(REASONS, code)) return REASONS[code]!;
  const colon = code.indexOf(":");
  const [head, subject] = colon < 0 ? [code, ""] : [code.slice(0, colon), code.slice(colon + 1)];
  if (subject && Object.hasOwn(ABOUT, head)) return ABOUT[head]!(subject);
  if (subject) return `${reasonInWords(head)} (${subject})`;
  return /^http_\d{3}$/.test(code) ? `HTTP ${code.slice(5)}` : code.replaceAll("_", " ");
}

/** `a`, `a and b`, `a, b and c`. */
export const listInWords = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;

/** `1 field`, `2 fields`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
