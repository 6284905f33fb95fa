/**
 * Names that a release must not ask a secret by. Whoever edits a release could otherwise have one of Doorstep's own sent
 * to an address of theirs. Read by src/forward/secrets.ts and src/slots/cms/settings.ts.
 */

/**
 * Every setting of ours, secret or not: what is no secret today may hold one tomorrow, as an address with a token in it
 * does. A test holds the list against src/env.ts.
 */
export const OWN_SETTINGS: ReadonlySet<string> = new Set([
  ...["MASTER_SECRET", "MASTER_SECRET_VERSION", "MASTER_SECRETS_BEFORE", "MASTER_SECRETS_REFUSED", "TENANT"],
  ...["ADMIN_TOKEN", "ACCESS_TEAM_DOMAIN", "ACCESS_AUD", "ACCESS_ROLES", "SOURCES", "IDENTITY_ISSUERS"],
  ...["BASE_PATH", "ORIGIN", "PATHS", "TRACE_SLOTS", "CLIENT_RATE", "QUARANTINE_DAYS", "ALERT_URL"],
  ...["RETRY_BASE_SECONDS", "ERASURE_SETTLE_SECONDS", "DEV"],
]);

/** A name → its value, or undefined where the Worker has no such secret. */
export type SecretOf = (name: string) => string | undefined;

/** The name in `{"$secret": "NAME"}`; undefined where a value is none. */
export function secretName(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("$secret" in value)) return undefined;
  return typeof value.$secret === "string" ? value.$secret : "";
}
