/**
 * A destination's settings with its secrets filled in: `{"$secret": "NAME"}` becomes the Worker's secret of that name.
 * Whoever edits a release must not be able to have a secret sent to an address of theirs, or written where they can read
 * it. So Doorstep's own settings cannot be named; and a secret stands only where its type keeps a credential, which goes to
 * the vendor's own hosts or signs, and is never part of what is sent.
 */
import type { DestinationType } from "./destinations/contract.ts";

/**
 * Every setting of ours, secret or not: what is no secret today may hold one tomorrow, as an address with a token in it
 * does. A test holds the list against src/env.ts.
 */
const OWN_SETTINGS = new Set([
  ...["MASTER_SECRET", "MASTER_SECRET_VERSION", "MASTER_SECRETS_BEFORE", "MASTER_SECRETS_REFUSED", "TENANT"],
  ...["ADMIN_TOKEN", "ACCESS_TEAM_DOMAIN", "ACCESS_AUD", "ACCESS_ROLES", "SOURCES", "IDENTITY_ISSUERS"],
  ...["BASE_PATH", "ORIGIN", "PATHS", "TRACE_SLOTS", "CLIENT_RATE", "QUARANTINE_DAYS", "ALERT_URL"],
  ...["RETRY_BASE_SECONDS", "ERASURE_SETTLE_SECONDS", "DEV"],
]);

/** A name → its value, or undefined where the Worker has no such secret. */
export type SecretOf = (name: string) => string | undefined;

export type SettingsRead = { ok: true; settings: unknown } | { ok: false; code: string };

/** The settings as the type's schema parses them, or a code that names what is missing. */
export function readDestinationSettings(
  type: DestinationType,
  settings: Readonly<Record<string, unknown>>,
  secretOf: SecretOf,
): SettingsRead {
  const filled: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    const secret = secretName(value);
    if (secret === undefined) {
      filled[name] = value;
      continue;
    }
    if (!type.credentials.includes(name)) return { ok: false, code: `secret_misplaced:${name}` };
    const found = OWN_SETTINGS.has(secret) ? undefined : secretOf(secret);
    if (found === undefined || found === "") return { ok: false, code: `secret_missing:${secret}` };
    filled[name] = found;
  }
  const parsed = type.settings.safeParse(filled);
  if (parsed.success) return { ok: true, settings: parsed.data };
  const first = parsed.error.issues[0];
  return { ok: false, code: `invalid_settings:${first?.path.join(".") || "settings"}` };
}

/** The name in `{"$secret": "NAME"}`; undefined where a value is none. */
export function secretName(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("$secret" in value)) return undefined;
  return typeof value.$secret === "string" ? value.$secret : "";
}
