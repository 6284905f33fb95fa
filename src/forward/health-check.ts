/**
 * "Check connection" in the console: asks a destination's vendor something harmless with the settings and secrets that a
 * delivery would use, whether or not it is paused or switched off. Called by routes.ts.
 */
import type { DestinationDefinition } from "#contracts/definitions/destination";
import { logError } from "#core/log";
import type { Health, SendContext } from "./destinations/contract.ts";
import { destinationType } from "./destinations/registry.ts";
import { readDestinationSettings, type SecretOf } from "./secrets.ts";
import { expiry } from "./send.ts";

/** What a delivery has to reach vendors with. */
export interface Reach extends Pick<SendContext<unknown>, "fetch" | "allowInsecure" | "tokens" | "queueOf"> {
  secretOf: SecretOf;
}

const DEADLINE_MS = 10_000;

/** @param now epoch ms */
export async function checkHealth(
  { type: name, settings }: DestinationDefinition,
  { secretOf, ...reach }: Reach,
  now: number,
): Promise<Health> {
  const type = destinationType(name);
  if (!type) return { status: "misconfigured", code: `unknown_type:${name}` };
  const read = readDestinationSettings(type, settings, secretOf);
  if (!read.ok) return { status: "misconfigured", code: read.code };
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const asked = type.health({ ...reach, settings: read.settings, now, signal }).catch((error: unknown) => {
    logError(`checking ${type.name} failed`, error);
    return { status: "unreachable", code: "sender_error" } as const;
  });
  return Promise.race([
    asked,
    expiry(DEADLINE_MS).then((): Health => ({ status: "unreachable", code: "timeout" })),
  ]);
}
