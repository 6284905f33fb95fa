/**
 * What publishing a release asks of its destinations: a known type, the purposes that it needs, settings that parse,
 * secrets that exist, and no credential in the clear.
 */
import type { DestinationDefinition } from "#contracts/definitions/destination";
import { destinationType } from "./destinations/registry.ts";
import { readDestinationSettings, type SecretOf } from "./secrets.ts";

/** Issues of one destination; empty where it may be published. */
export function checkDestination(
  key: string,
  destination: DestinationDefinition,
  secretOf: SecretOf,
): { path: string; message: string }[] {
  const path = `destinations.${key}`;
  const type = destinationType(destination.type);
  if (!type) return [{ path: `${path}.type`, message: `there is no destination type "${destination.type}"` }];
  const issues = type.needs
    .filter((purpose) => !destination.purposes.includes(purpose))
    .map((purpose) => ({
      path: `${path}.purposes`,
      message: `must have "${purpose}": without consent for it, nothing may go to the type "${destination.type}"`,
    }));
  for (const name of type.credentials) {
    if (typeof destination.settings[name] === "string")
      issues.push({
        path: `${path}.settings.${name}`,
        message: 'is a credential: give it as `{"$secret": "NAME"}`, for a release can be read by every role',
      });
  }
  const read = readDestinationSettings(type, destination.settings, secretOf);
  if (read.ok) return issues;
  const [code, name] = read.code.split(":", 2);
  issues.push(
    code === "secret_missing"
      ? {
          path: `${path}.settings`,
          message: `the Worker has no secret "${name}"; set it with \`wrangler secret put ${name}\``,
        }
      : { path: `${path}.settings.${name}`, message: `is not valid for the type "${destination.type}"` },
  );
  return issues;
}
