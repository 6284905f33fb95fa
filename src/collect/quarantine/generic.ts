/**
 * An event without a contract, from a source whose policy accepts such events: it goes on under the generic contract
 * `custom` with the sender's name for it and the fields that the policy lists. Pure; called by src/collect/accept.ts
 * before the check.
 */
import { isEventName } from "#contracts/registry";
import type { IncomingEvent } from "../protocols/protocol.ts";
import { asRecord, asText } from "../shape.ts";

/** What a source does with events that have no contract. */
export type UnknownEvents = "quarantine" | { accept: readonly string[] };

const MAX_TEXT = 1024;

/**
 * The event as it is, or as a `custom` one where it has no contract and the policy accepts it. One that its sender calls
 * `custom` is taken for what it holds: only the policy may say that an event needs no contract.
 */
export function genericOf(sent: IncomingEvent, policy: UnknownEvents | undefined): IncomingEvent {
  const incoming = sent.name === "custom" ? unwrapped(sent) : sent;
  if (policy === undefined || policy === "quarantine" || isEventName(incoming.name) || incoming.name === "")
    return incoming;
  const given = asRecord(incoming.properties) ?? {};
  const fields: Record<string, unknown> = {};
  for (const name of policy.accept)
    if (Object.hasOwn(given, name) && isPlain(given[name])) fields[name] = given[name];
  return {
    ...incoming,
    name: "custom",
    version: undefined,
    properties: {
      event: incoming.name.slice(0, 128),
      ...(Object.keys(fields).length > 0 && { fields }),
    },
  };
}

function unwrapped(sent: IncomingEvent): IncomingEvent {
  const given = asRecord(sent.properties);
  const name = asText(given?.event) ?? "";
  // Not again a generic one, whatever it is called.
  return {
    ...sent,
    name: name === "custom" ? "" : name,
    version: undefined,
    properties: given?.fields ?? {},
  };
}

/** A value that a field of `custom` takes; another harms only itself. */
const isPlain = (value: unknown): boolean =>
  (typeof value === "string" && value.length <= MAX_TEXT) ||
  (typeof value === "number" && Number.isFinite(value)) ||
  typeof value === "boolean";
