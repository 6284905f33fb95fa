/**
 * A destination's settings with its secrets filled in: `{"$secret": "NAME"}` becomes the Worker's secret of that name.
 * Whoever edits a release must not be able to have a secret sent to an address of theirs, or written where they can read
 * it. So Doorstep's own settings cannot be named; and a secret stands only where its type keeps a credential, which goes to
 * the vendor's own hosts or signs, and is never part of what is sent.
 */
import { OWN_SETTINGS, type SecretOf, secretName } from "#core/own-settings";
import type { DestinationType } from "./destinations/contract.ts";

export { type SecretOf, secretName };

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
