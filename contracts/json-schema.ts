/**
 * The contracts of events and entities as JSON Schema: what scripts/contracts.ts publishes and
 * scripts/dictionary/ builds. The Worker has none of it. Each field keeps its `x-doorstep` mark: class, purposes, reduction.
 */
import * as z from "zod";
import type { EntityContract } from "./entities/contract.ts";
import { ENTITY_CONTRACTS } from "./entity_registry.ts";
import {
  consentStatementSchema,
  contextSchema,
  identifiersSchema,
  nativeEventSchema,
  traitsSchema,
} from "./event.ts";
import type { EventContract } from "./events/contract.ts";
import { EVENT_CONTRACTS } from "./registry.ts";
import type { Deprecation, Versioned } from "./version.ts";

export type JsonSchema = Record<string, unknown>;

export type ContractKind = "event" | "entity";

/** A contract of the registry with its live versions. */
export interface LiveContract extends Versioned {
  kind: ContractKind;
  /** The newest first. */
  versions: readonly LiveVersion[];
  examples: readonly { title: string; [part: string]: unknown }[];
}

export interface LiveVersion {
  version: string;
  deprecated?: Deprecation;
  /** The fields of its own: an event's properties, an entity's fields. */
  own: z.ZodObject;
  /** What the version says of the whole event or entity. */
  schema(): z.ZodType;
}

/** Every contract of the registry, events before entities, in the registry's order. */
export function liveContracts(): LiveContract[] {
  return [
    ...Object.values<EventContract>(EVENT_CONTRACTS).map(liveEvent),
    ...Object.values<EntityContract>(ENTITY_CONTRACTS).map(liveEntity),
  ];
}

function liveEvent({ properties, previous = [], ...contract }: EventContract): LiveContract {
  const { name, version, deprecated } = contract;
  const older = previous.map((one) => ({
    version: one.version,
    ...(one.deprecated && { deprecated: one.deprecated }),
    own: one.properties,
    schema: () => eventSchema(name, one.version, one.properties),
  }));
  const newest = { version, own: properties, schema: () => eventSchema(name, version, properties) };
  return {
    ...contract,
    kind: "event",
    versions: [{ ...newest, ...(deprecated && { deprecated }) }, ...older.reverse()],
  };
}

function liveEntity({ fields, previous = [], ...contract }: EntityContract): LiveContract {
  const { version, deprecated } = contract;
  const older = previous.map((one) => ({ version: one.version, own: one.fields, schema: () => one.fields }));
  return {
    ...contract,
    kind: "entity",
    versions: [
      { version, own: fields, schema: () => fields, ...(deprecated && { deprecated }) },
      ...older.reverse(),
    ],
  };
}

/** The shared event with a contract's own name, version and properties, as the native protocol carries it. */
export const eventSchema = (name: string, version: string, properties: z.ZodObject) =>
  nativeEventSchema().extend({
    name: z.literal(name),
    version: z.literal(version).optional(),
    properties,
    context: contextSchema().optional(),
    traits: traitsSchema().optional(),
    identifiers: identifiersSchema().optional(),
    consent: consentStatementSchema().optional(),
  });

/**
 * A JSON Schema that says what it is. Whether a version is deprecated is not in it: that may change after its release.
 * @param io `input`: fields with a default may be left out
 */
export function schemaDocument(
  { name, version, description }: { name: string; version: string; description: string },
  schema: z.ZodType,
  io: "input" | "output",
): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, target: "draft-2020-12" });
  return {
    $schema,
    $id: `urn:doorstep:contract:${name}:${version}`,
    title: name,
    description,
    ...rest,
  };
}
