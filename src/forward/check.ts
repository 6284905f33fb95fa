/**
 * What publishing a release asks of its destinations: a known type, the purposes that it needs, settings that parse,
 * secrets that exist, no credential in the clear, and mappings that can be done.
 */
import type { DestinationDefinition } from "#contracts/definitions/destination";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { unsafeEndpoint, unsafeTarget } from "#core/safe-url";
import type { SendContext } from "./destinations/contract.ts";
import { queueSettings } from "./destinations/queue/settings.ts";
import { record, text } from "./destinations/read.ts";
import { destinationType } from "./destinations/registry.ts";
import { checkMappings } from "./mapping/check.ts";
import { readDestinationSettings, type SecretOf } from "./secrets.ts";

/**
 * Issues of one destination of a release; empty where it may be published.
 * @param queueOf finds a queue that the customer has bound; without it nobody can say whether there is one
 * @param allowInsecure local development: plain http, local addresses, and a sandbox in a vendor's place
 */
export function checkDestination(
  key: string,
  destination: DestinationDefinition,
  secretOf: SecretOf,
  release: Pick<ReleaseDocument, "features"> = { features: {} },
  queueOf?: SendContext<unknown>["queueOf"],
  allowInsecure = false,
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
  if (destination.changes && !type.changes)
    issues.push({
      path: `${path}.changes`,
      message: `the type "${destination.type}" takes no changes of profiles`,
    });
  if (destination.changes?.traits.length && !type.needsPersonal)
    issues.push({
      path: `${path}.changes.traits`,
      message: `the type "${destination.type}" takes no traits`,
    });
  const read = readDestinationSettings(type, destination.settings, secretOf);
  const settings = read.ok ? read.settings : undefined;
  issues.push(...checkMappings(key, destination, type, settings, release));
  const bound = type.name === "queue" ? queueSettings.safeParse(settings).data?.binding : undefined;
  if (queueOf && bound !== undefined && !queueOf(bound))
    issues.push({
      path: `${path}.settings.binding`,
      message: `the Worker has no queue "${bound}" of yours: add it to [[queues.producers]] and deploy`,
    });
  for (const [name, hosts] of Object.entries(type.addresses ?? {})) {
    const address = text(record(settings)[name]);
    if (address === undefined || allowInsecure) continue;
    const unsafe = hosts.length > 0 ? unsafeEndpoint(address, hosts, false) : unsafeTarget(address, false);
    if (unsafe)
      issues.push({
        path: `${path}.settings.${name}`,
        message: `is no address that may be sent to (${unsafe}): it must be https, under ${hosts.join(" or ") || "a public name"}`,
      });
  }
  if (read.ok) return issues;
  const [code, name] = read.code.split(":", 2);
  issues.push(
    code === "secret_missing"
      ? {
          path: `${path}.settings`,
          message: `the Worker has no secret "${name}"; set it with \`wrangler secret put ${name}\``,
        }
      : {
          path: `${path}.settings.${name}`,
          message:
            code === "secret_misplaced"
              ? "is no credential, and takes no secret: it would be sent as it is"
              : `is not valid for the type "${destination.type}"`,
        },
  );
  return issues;
}
