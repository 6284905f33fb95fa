/**
 * Which values of a refused event may be kept. They were refused, so nothing about them can be relied on: a field that a
 * contract names is kept by its class, whatever its value is; one that no contract names is of no known class and is
 * kept with consent for marketing alone, the widest that a personal field can need. Pure; called by kept.ts.
 */
import * as z from "zod";
import { type MinimiseRules, shownKey } from "#consent/minimise";
import { scrubText, scrubUrl } from "#consent/scrub";
import { contextSchema } from "#contracts/event";
import type { EventContract } from "#contracts/events/contract";
import { type FieldRule, fieldRule } from "#contracts/fields";
import { EVENT_CONTRACTS, isEventName } from "#contracts/registry";
import type { Purpose } from "#contracts/taxonomy";
import type { IncomingEvent } from "../protocols/protocol.ts";
import { asRecord } from "../shape.ts";

/** The fields of an event that may be kept, and the names of those that may not. */
export interface Allowed {
  properties?: unknown;
  context?: unknown;
  traits?: Record<string, unknown>;
  /** Paths that consent does not allow to keep. */
  left: string[];
}

const MAX_LEFT = 50;
const MAX_TRAITS = 50;
const MAX_TRAIT_CHARS = 512;

/** What of an event may be kept under these purposes. */
export function allowedOf(
  { name, version, properties, context, traits }: IncomingEvent,
  granted: readonly Purpose[],
  rules: MinimiseRules,
): Allowed {
  const walk: Walk = { granted, rules, all: granted.includes("marketing"), left: [] };
  const shape = isEventName(name) ? fieldsOf(EVENT_CONTRACTS[name], version) : anyContract();
  const kept = {
    properties: cut(shape, properties, "properties", walk),
    // What a library adds to its context is of no use to a repair.
    context: cut(contextSchema(), context, "context", { ...walk, all: false, left: [] }),
    traits: walk.all ? traitsOf(traits) : undefined,
  };
  return {
    ...(kept.properties !== undefined && { properties: kept.properties }),
    ...(kept.context !== undefined && { context: kept.context }),
    ...(kept.traits && { traits: kept.traits }),
    left: walk.left,
  };
}

interface Walk {
  granted: readonly Purpose[];
  rules: MinimiseRules;
  /** Values of no known class are kept, too. */
  all: boolean;
  left: string[];
}

function cut(schema: z.ZodType | undefined, value: unknown, path: string, walk: Walk): unknown {
  if (value === undefined || value === null) return undefined;
  if (schema === undefined) return unknownValue(value, path, walk);
  if (schema instanceof z.ZodOptional) return cut(schema.unwrap() as z.ZodType, value, path, walk);
  const rule = fieldRule(schema);
  if (rule) return cutField(rule, value, path, walk);
  if (schema instanceof z.ZodArray) {
    const element = schema.element as z.ZodType;
    if (Array.isArray(value))
      return value.map((v) => cut(element, v, path, walk)).filter((v) => v !== undefined);
    return cut(element, value, path, walk); // One, where a list was meant.
  }
  const record = asRecord(value);
  if (!record) return unknownValue(value, path, walk);
  const out: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(record)) {
    if (key === "__proto__") continue;
    const kept = cut(fieldIn(schema, key), field, `${path}.${shownKey(key)}`, walk);
    if (kept !== undefined) out[key] = kept;
  }
  return out;
}

const fieldIn = (schema: z.ZodType, key: string): z.ZodType | undefined => {
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (!(schema instanceof z.ZodObject) || !Object.hasOwn(schema.shape, key)) return undefined;
  return schema.shape[key] as z.ZodType;
};

/** A field of a known class. Its value may be of any type: a structure in its place may hold anything. */
function cutField(rule: FieldRule, value: unknown, path: string, walk: Walk): unknown {
  if (!rule.purposes.some((purpose) => walk.granted.includes(purpose))) return leave(path, walk);
  if (typeof value === "string") return scrubbed(rule, value, walk);
  if (Array.isArray(value) && !walk.all) {
    if (value.some((v) => typeof v === "object")) return leave(path, walk);
    return value.map((v) => (typeof v === "string" ? scrubbed(rule, v, walk) : v));
  }
  return typeof value === "object" ? unknownValue(value, path, walk) : value;
}

const scrubbed = ({ reduce }: FieldRule, text: string, { granted, rules }: Walk): string =>
  reduce === "url"
    ? scrubUrl(text, granted.includes("marketing"), rules.queryParameters).text
    : scrubText(text).text;

const unknownValue = (value: unknown, path: string, walk: Walk): unknown =>
  walk.all ? value : leave(path, walk);

function leave(path: string, { left }: Walk): undefined {
  if (left.length < MAX_LEFT && !left.includes(path)) left.push(path);
}

/** Personal fields as the sender named them; identify.ts takes those that we know. */
function traitsOf(traits: unknown): Record<string, unknown> | undefined {
  const entries = Object.entries(asRecord(traits) ?? {})
    .filter(([key, value]) => key !== "__proto__" && isSmall(value))
    .slice(0, MAX_TRAITS);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

const isSmall = (value: unknown): boolean =>
  (typeof value === "string" && value.length <= MAX_TRAIT_CHARS) ||
  typeof value === "number" ||
  typeof value === "boolean";

/** Of the version that the sender wrote for, where there is such a one. */
const fieldsOf = ({ properties, previous }: EventContract, version: string | undefined): z.ZodObject =>
  previous?.find((one) => one.version === version)?.properties ?? properties;

let any: z.ZodObject | undefined;

/** For an event that no contract has the name of: the fields of all contracts, each of its narrowest class. */
function anyContract(): z.ZodObject {
  if (any) return any;
  const shape: Record<string, z.ZodType> = {};
  for (const { properties } of Object.values(EVENT_CONTRACTS)) {
    for (const [key, field] of Object.entries<z.ZodType>(properties.shape)) {
      const known = shape[key];
      if (!known || width(field) < width(known)) shape[key] = field;
    }
  }
  any = z.object(shape);
  return any;
}

/** How many purposes let a field through; a structure decides within. */
function width(schema: z.ZodType): number {
  if (schema instanceof z.ZodOptional) return width(schema.unwrap() as z.ZodType);
  return fieldRule(schema)?.purposes.length ?? Number.POSITIVE_INFINITY;
}
