/**
 * The closed lists of the vocabulary. A value that is not listed here does not exist for Doorstep; every schema,
 * the console and the docs take their choices from this file.
 */

/** What a visitor can grant. `necessary` is always on and never configurable, so it is not in this list. */
export const PURPOSES = ["analytics", "marketing", "personalization"] as const;
export type Purpose = (typeof PURPOSES)[number];

/** What a field is, which decides how it may be kept: see `contracts/fields.ts`. */
export const FIELD_CLASSES = ["identifier", "personal", "behavioural", "technical"] as const;
export type FieldClass = (typeof FIELD_CLASSES)[number];

/** Namespaces of identifiers. `visitor_id` is our own signed cookie; the others arrive with events. */
export const IDENTIFIER_NAMESPACES = [
  "visitor_id",
  "anonymous_id",
  "user_id",
  "customer_id",
  "email",
  "phone",
  "device_id",
  "crm_id",
  "login_id",
] as const;
/** The first word of a namespace of one's own says whether it names a person or a device. */
export type CustomNamespace = `person-${string}` | `device-${string}`;
export type IdentifierNamespace = (typeof IDENTIFIER_NAMESPACES)[number] | CustomNamespace;

/** How far a person is known; only `authenticated` may read what belongs to an identified person. */
export const IDENTITY_STATES = ["anonymous", "pseudonymous", "authenticated"] as const;
export type IdentityState = (typeof IDENTITY_STATES)[number];

/** Kinds of content that a page or a slot may show. */
export const CONTENT_TYPES = ["article", "product", "category", "landing", "page", "offer"] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];

/** Days of a week, as schedules name them. */
export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Device classes, from the user agent and client hints. */
export const DEVICE_TYPES = ["desktop", "mobile", "tablet", "other"] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];

/** What an automated visitor is for. `ai_assistant` fetches because a person asked it to; the other two `ai_…` do not. */
export const AGENT_KINDS = [
  "ai_assistant",
  "ai_search",
  "ai_crawler",
  "search_engine",
  "social_preview",
  "monitor",
  "seo",
  "automation",
  "http_client",
  "bot",
] as const;
export type AgentKind = (typeof AGENT_KINDS)[number];

/** Where a visitor came from, by the referrer's host. `direct`: a page that no referrer is known of. */
export const REFERRER_CLASSES = [
  "direct",
  "internal",
  "search",
  "social",
  "ai_assistant",
  "email",
  "paid",
  "other",
] as const;
export type ReferrerClass = (typeof REFERRER_CLASSES)[number];

/**
 * Parameters by which ad platforms name one click, in lower case: Google Ads (first three) and Display & Video, Meta,
 * Microsoft, TikTok, LinkedIn, X, Snapchat (`ScCid`), Pinterest, Reddit, Yandex. They serve marketing alone.
 */
export const CLICK_IDS = [
  "gclid",
  "gbraid",
  "wbraid",
  "dclid",
  "fbclid",
  "msclkid",
  "ttclid",
  "li_fat_id",
  "twclid",
  "sccid",
  "epik",
  "rdt_cid",
  "yclid",
] as const;
export type ClickId = (typeof CLICK_IDS)[number];

/** What is odd about an event that is taken all the same. */
export const CONTEXT_FLAGS = ["unknown_content", "unknown_product"] as const;
export type ContextFlag = (typeof CONTEXT_FLAGS)[number];

/** What a piece of content is for, across kinds: a product's page and an article may both be `guide`. */
export const CONTENT_CATEGORIES = [
  "news",
  "story",
  "guide",
  "review",
  "catalogue",
  "promotion",
  "event",
  "support",
  "company",
  "legal",
] as const;
export type ContentCategory = (typeof CONTENT_CATEGORIES)[number];

/** How a consent came to hold. */
export const CONSENT_TYPES = ["explicit", "statement", "signal", "default"] as const;
export type ConsentType = (typeof CONSENT_TYPES)[number];

/** Where a visit, and with it a customer, came from. */
export const ACQUISITION_SOURCES = [
  "direct",
  "organic_search",
  "paid_search",
  "organic_social",
  "paid_social",
  "email",
  "sms",
  "push",
  "referral",
  "affiliate",
  "display",
  "video",
  "ai_assistant",
  "offline",
  "other",
] as const;
export type AcquisitionSource = (typeof ACQUISITION_SOURCES)[number];

/** How far a person is on the way to being a customer, in order. */
export const LIFECYCLE_STAGES = ["lead", "mql", "sql", "customer"] as const;
export type LifecycleStage = (typeof LIFECYCLE_STAGES)[number];

/** What became of an order. */
export const ORDER_STATUSES = ["placed", "paid", "shipped", "delivered", "cancelled", "refunded"] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** What a person may ask for about themself. `opt_out` is that of sale and sharing. */
export const SUBJECT_REQUEST_TYPES = ["access", "portability", "erasure", "opt_out"] as const;
export type SubjectRequestType = (typeof SUBJECT_REQUEST_TYPES)[number];

/** Under which law, which decides the deadline. */
export const REGULATIONS = ["gdpr", "ccpa"] as const;
export type Regulation = (typeof REGULATIONS)[number];

/** Roles of those who use the console and its API; src/console/access/permissions.ts says what each may do. */
export const ROLES = ["viewer", "marketer", "engineer", "privacy_officer", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Why an identity token proves nothing (docs/identity-proof.md). Its event comes in all the same, as a mere claim. */
export const TOKEN_PROBLEMS = [
  "token_malformed",
  "token_too_large",
  "token_too_many",
  "token_in_url",
  "token_unknown_issuer",
  "token_wrong_audience",
  "token_wrong_source",
  "token_bad_algorithm",
  "token_unknown_key",
  "token_bad_signature",
  "token_expired",
  "token_not_yet_valid",
  "token_lives_too_long",
  "token_lacks_claim",
  "token_names_nobody",
  "token_keys_unavailable",
] as const;
export type TokenProblem = (typeof TOKEN_PROBLEMS)[number];
