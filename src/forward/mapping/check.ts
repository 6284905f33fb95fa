/**
 * What is wrong with a destination's mappings, said before a release is published: each path must lead somewhere in the
 * event's contract and reach this destination, each target must exist in the type's body and take what is set. Pure; called
 * by ../check.ts. Messages are found by the exact place: `destinations.hubspot.mappings.0.set.properties.x`.
 */
import type { DestinationDefinition } from "#contracts/definitions/destination";
import type { Expression, Mapping } from "#contracts/definitions/mapping";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Traits } from "#contracts/event";
import { PROFILE_CHANGE } from "#contracts/messages/profile_change";
import { isEventName } from "#contracts/registry";
import type { DestinationType } from "../destinations/contract.ts";
import { checkExpression, checkWhen, inWords, type Say } from "./check-expression.ts";
import { isFixed } from "./fixed.ts";
import { takesModes } from "./modes.ts";
import type { Readable } from "./readable.ts";
import { atPath, kindsOf, type Schemas } from "./schema.ts";

export interface Issue {
  path: string;
  message: string;
}

/** Fields that one mapping may set. */
const MAX_SET = 100;

/**
 * Issues of one destination's mappings.
 * @param settings as the type's schema has parsed them; undefined where it does not take them, which is an issue itself
 */
export function checkMappings(
  key: string,
  definition: DestinationDefinition,
  type: DestinationType,
  settings: unknown,
  { features }: Pick<ReleaseDocument, "features">,
): Issue[] {
  const issues: Issue[] = [];
  // The same message of several events is said once.
  const say: Say = (path, message) => {
    if (!issues.some((known) => known.path === path && known.message === message))
      issues.push({ path, message });
  };
  const { purposes } = definition;
  for (const [index, mapping] of definition.mappings.entries()) {
    const path = `destinations.${key}.mappings.${index}`;
    const events = checkEvents(mapping, definition, type, path, say);
    checkTargets(mapping, type, path, say);
    for (const event of events) {
      const readable: Readable = { event, type, purposes, features };
      if (mapping.when) checkWhen(mapping.when, `${path}.when`, { readable, say });
      for (const [target, value] of Object.entries(mapping.set)) {
        const at = `${path}.set.${target}`;
        const clearTraits = settings === undefined || takesClearTraits(type, settings);
        const kinds = checkExpression(value, at, { readable, clearTraits, say });
        checkKinds(value, kinds, atPath([type.body], target.split(".")), at, say);
      }
    }
  }
  return issues;
}

/** @returns the events whose contracts the mapping is checked against */
function checkEvents(
  mapping: Mapping,
  definition: DestinationDefinition,
  type: DestinationType,
  path: string,
  say: Say,
): string[] {
  const { events, changes } = definition;
  return mapping.events.filter((name, index) => {
    const at = `${path}.events.${index}`;
    if (name === PROFILE_CHANGE) {
      if (!type.changes) say(at, `the type "${type.name}" takes no changes of profiles`);
      else if (!changes) say(at, "no change of a profile comes here: the destination has no `changes`");
      return type.changes;
    }
    if (!isEventName(name)) say(at, `there is no contract for "${name}"`);
    else if (events.length > 0 && !events.includes(name))
      say(at, `"${name}" is not among the destination's events`);
    return isEventName(name);
  });
}

function checkTargets({ set, remove, modes }: Mapping, type: DestinationType, path: string, say: Say): void {
  const { body } = type;
  if (Object.keys(set).length > MAX_SET) say(`${path}.set`, `sets more than ${MAX_SET} fields`);
  const target = (name: string, at: string) => {
    if (atPath([body], name.split(".")).length === 0)
      say(at, `there is no "${name}" in what the type "${type.name}" sends`);
    else if (isFixed(name))
      say(at, "cannot be mapped: it says whose the event is, what was agreed to, or that it is a repetition");
  };
  for (const name of Object.keys(set)) target(name, `${path}.set.${name}`);
  for (const [index, name] of remove.entries()) target(name, `${path}.remove.${index}`);
  for (const name of Object.keys(modes)) {
    const at = `${path}.modes.${name}`;
    if (!takesModes(type)) say(at, `the type "${type.name}" keeps no records that have write modes`);
    else if (!type.records?.some((record) => name.startsWith(`${record}.`)))
      say(at, `has no write mode: only what lies in ${type.records?.join(", ")} has`);
    else target(name, at);
  }
}

/** Whether what is set can be of a kind that the field takes. A literal must be a value of it. */
function checkKinds(
  value: Expression,
  kinds: ReadonlySet<string> | undefined,
  target: Schemas,
  at: string,
  say: Say,
): void {
  const takes = kindsOf(target);
  if (target.length === 0) return;
  if ("value" in value) {
    if (!target.some((schema) => schema.safeParse(value.value).success))
      say(at, `${JSON.stringify(value.value).slice(0, 60)} is not a value that this field takes`);
  } else if (kinds && takes && ![...kinds].some((kind) => takes.has(kind as never))) {
    say(
      at,
      `is ${inWords(kinds as never)}, and the field takes ${inWords(takes)}${takes.has("number") || takes.has("text") ? ": cast it" : ""}`,
    );
  }
}

const PROBE: Traits = { email: "probe@example.com", customer_id: "probe" };

/**
 * Whether the vendor is sent traits as they are. The type's own map tells: an address that it hashes, or leaves out, is not
 * to be read there, and a mapping may not send it either.
 */
function takesClearTraits(type: DestinationType, settings: unknown): boolean {
  return ["form_submit", "purchase"].some((name) => {
    const made = type.map({ ...PROBED, name }, PROBE, settings);
    return made.status === "mapped" && JSON.stringify(made.body).includes("probe@example.com");
  });
}

const PROBED = {
  id: "probe",
  occurredAt: 0,
  receivedAt: 0,
  source: "probe",
  properties: {},
  context: {},
  consent: {
    receipt: "probe",
    regime: "probe",
    granted: ["analytics" as const, "marketing" as const, "personalization" as const],
    grounds: {},
    decidedAt: 0,
  },
  profile: "probe",
  identityState: "authenticated" as const,
  segments: [],
  features: {},
  verified: true,
};
