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
] as const;
export type IdentifierNamespace = (typeof IDENTIFIER_NAMESPACES)[number];

/** How far a person is known; only `authenticated` may read what belongs to an identified person. */
export const IDENTITY_STATES = ["anonymous", "pseudonymous", "authenticated"] as const;
export type IdentityState = (typeof IDENTITY_STATES)[number];

/** Kinds of content that a page or a slot may show. */
export const CONTENT_TYPES = ["article", "product", "category", "landing", "page", "offer"] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];

/** Device classes, from the user agent and client hints. */
export const DEVICE_TYPES = ["desktop", "mobile", "tablet", "other"] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];
