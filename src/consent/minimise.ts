/**
 * Minimisation: of an event's fields only those stay that a granted purpose needs. The plan is compiled once from the
 * contracts' field marks (contracts/fields.ts); a field that no contract names is dropped, whatever was granted.
 */
import * as z from "zod";
import type { Policy } from "#contracts/definitions/policy";
import { contextSchema } from "#contracts/event";
import type { EventContract } from "#contracts/events/contract";
import { type FieldRule, fieldRule } from "#contracts/fields";
import type { Removal } from "#contracts/messages/event_envelope";
import { once } from "#contracts/once";
import { EVENT_CONTRACTS, type EventName } from "#contracts/registry";
import type { Purpose } from "#contracts/taxonomy";
import { type Scrubbed, scrubText, scrubUrl } from "./scrub.ts";

type Plan =
  | Leaf
  | { kind: "object"; fields: Map<string, Plan> }
  | { kind: "array"; element: Plan }
  | { kind: "record"; element: Plan };

/** One field, and what came of it last: the events of one page say the same of much. */
interface Leaf {
  kind: "leaf";
  rule: FieldRule;
  purposes: number;
  last: { text: string; allowed: number; parameters: Walk["parameters"]; clean: Scrubbed } | undefined;
}

/** More removals of one event than this are not listed one by one. */
const MAX_REMOVALS = 50;

/** Purposes as bits. */
const BITS: Record<Purpose, number> = { analytics: 1, marketing: 2, personalization: 4 };

function maskOf(purposes: readonly Purpose[]): number {
  let mask = 0;
  for (const purpose of purposes) mask |= BITS[purpose];
  return mask;
}

/** Of the newest version of each contract. */
const plans = new Map<EventName, Plan>();
/** Of older versions, by `name version`: of events that were accepted before the newest one was deployed. */
const olderPlans = new Map<string, Plan>();
const contextPlan = once(() => compile(contextSchema()));

const planOf = (name: EventName, version: string | undefined): Plan => {
  const contract: EventContract = EVENT_CONTRACTS[name];
  if (version !== undefined && version !== contract.version) {
    const older = contract.previous?.find((one) => one.version === version);
    if (older) return planIn(olderPlans, `${name} ${version}`, older.properties);
  }
  return planIn(plans, name, contract.properties);
};

function planIn<K>(made: Map<K, Plan>, key: K, schema: z.ZodType): Plan {
  let plan = made.get(key);
  if (!plan) {
    plan = compile(schema);
    made.set(key, plan);
  }
  return plan;
}

/** An event's properties or context, cut down; each field that went or was coarsened is added to `removed`. */
export interface Minimised {
  properties: Record<string, unknown>;
  context: Record<string, unknown>;
  removed: Removal[];
}

/** What of a URL's query may stay besides the campaign's parameters. */
export interface MinimiseRules {
  /** Names in lower case; `"all"`: the door has cut the query already, and only click ids may have to go. */
  queryParameters: ReadonlySet<string> | "all";
}

const NO_PARAMETERS: MinimiseRules = { queryParameters: new Set() };
/** For what the door has minimised, and is cut once more as a purpose is gone or a destination has fewer. */
export const MINIMISED_BEFORE: MinimiseRules = { queryParameters: "all" };

const rulesByPolicy = new WeakMap<Policy, MinimiseRules>();

/** The rules of a release's policy. */
export function minimiseRules(policy: Policy): MinimiseRules {
  let rules = rulesByPolicy.get(policy);
  if (!rules) {
    rules = { queryParameters: new Set(policy.minimise.queryParameters) };
    rulesByPolicy.set(policy, rules);
  }
  return rules;
}

/**
 * Cut validated properties and context down to what `granted` allows.
 * @param valid of the version that it names; without one, or of one that is not known any more, of the newest
 * @param raw the same as they came in, to say which unknown fields were left out
 * @param rules by default, the strictest
 */
export function minimise(
  name: EventName,
  valid: {
    version?: string;
    properties: Record<string, unknown>;
    context: Record<string, unknown>;
  },
  raw: { properties?: unknown; context?: unknown },
  granted: readonly Purpose[],
  rules: MinimiseRules = NO_PARAMETERS,
): Minimised {
  const removed: Removal[] = [];
  const walk: Walk = { allowed: maskOf(granted), parameters: rules.queryParameters, removed };
  const plan = planOf(name, valid.version);
  const properties = cut(plan, valid.properties, raw.properties, walk, "", "properties");
  const context = cut(contextPlan(), valid.context, raw.context, walk, "", "context");
  // Both plans are objects, and so is what `cut` makes of them.
  return {
    properties: (properties ?? {}) as Record<string, unknown>,
    context: (context ?? {}) as Record<string, unknown>,
    removed,
  };
}

function compile(schema: z.ZodType): Plan {
  const rule = fieldRule(schema);
  if (rule) return { kind: "leaf", rule, purposes: maskOf(rule.purposes), last: undefined };
  if (schema instanceof z.ZodOptional) return compile(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodArray) return { kind: "array", element: compile(schema.element as z.ZodType) };
  if (schema instanceof z.ZodRecord)
    return { kind: "record", element: compile(schema.valueType as z.ZodType) };
  if (schema instanceof z.ZodObject) {
    const fields = new Map<string, Plan>();
    for (const [key, field] of Object.entries(schema.shape)) fields.set(key, compile(field as z.ZodType));
    return { kind: "object", fields };
  }
  throw new Error(`a field of a contract has no class: ${schema.def.type}`);
}

/** What holds for all fields of an event. */
interface Walk {
  /** The granted purposes as bits. */
  allowed: number;
  parameters: ReadonlySet<string> | "all";
  removed: Removal[];
}

/**
 * Paths are only put together where something is noted, and a copy is only made where something changes: most events keep
 * most of what they say.
 * @param parent path of the object or list that has the value as `key`
 */
function cut(plan: Plan, value: unknown, raw: unknown, walk: Walk, parent: string, key: string): unknown {
  if (plan.kind === "leaf") return cutLeaf(plan, value, walk, parent, key);
  if (plan.kind === "array") {
    // zod has checked that it is an array.
    return (value as unknown[]).map((v, i) =>
      cut(plan.element, v, Array.isArray(raw) ? raw[i] : undefined, walk, parent, key),
    );
  }
  const known = value as Record<string, unknown>; // zod has checked that it is an object
  const path = parent === "" ? key : `${parent}.${key}`;
  let out: Record<string, unknown> | undefined;
  for (const name in known) {
    const inner = plan.kind === "object" ? plan.fields.get(name) : name === PROTO ? undefined : plan.element;
    const field = known[name];
    let kept: unknown;
    if (inner === undefined) note(walk.removed, `${path}.${shownKey(name)}`, "dropped", "not_in_contract");
    else if (field !== undefined) {
      const shown = plan.kind === "record" ? shownKey(name) : name;
      kept = cut(inner, field, isRecord(raw) ? raw[name] : undefined, walk, path, shown);
    }
    if (out) {
      if (kept !== undefined) out[name] = kept;
    } else if (kept !== field || kept === undefined) out = before(known, name, kept);
  }
  // What zod has left out already; a value that fits its schema is the very one that came in.
  if (plan.kind === "object" && raw !== known && isRecord(raw)) {
    for (const name in raw) {
      if (!plan.fields.has(name))
        note(walk.removed, `${path}.${shownKey(name)}`, "dropped", "not_in_contract");
    }
  }
  return out ?? known;
}

/** JSON may have it as a key of its own; what is copied later on would take it for the prototype. */
const PROTO = "__proto__";

/** A copy of the fields that come before this one, and this one as it is now. */
function before(known: Record<string, unknown>, last: string, kept: unknown): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const name in known) {
    if (name === last) break;
    out[name] = known[name];
  }
  if (kept !== undefined) out[last] = kept;
  return out;
}

function cutLeaf(leaf: Leaf, value: unknown, walk: Walk, parent: string, key: string): unknown {
  const { rule, purposes } = leaf;
  if ((purposes & walk.allowed) === 0) {
    note(walk.removed, `${parent}.${key}`, "dropped", "purpose_not_granted");
    return undefined;
  }
  const { reduce } = rule;
  if (reduce === undefined) return value;
  if (typeof value === "string") return reduced(leaf, value, reduce, walk, parent, key);
  if (!Array.isArray(value)) return value;
  return value.map((v: unknown) => (typeof v === "string" ? reduced(leaf, v, reduce, walk, parent, key) : v));
}

function reduced(
  leaf: Leaf,
  text: string,
  reduce: "url" | "text",
  { allowed, parameters, removed }: Walk,
  parent: string,
  key: string,
): string {
  let { last } = leaf;
  if (last?.text !== text || last.allowed !== allowed || last.parameters !== parameters) {
    const clean =
      reduce === "url" ? scrubUrl(text, (allowed & BITS.marketing) !== 0, parameters) : scrubText(text);
    last = { text, allowed, parameters, clean };
    leaf.last = last;
  }
  const { clean } = last;
  if (clean.found) note(removed, `${parent}.${key}`, "scrubbed", clean.found);
  return clean.text;
}

function note(removed: Removal[], path: string, action: Removal["action"], reason: Removal["reason"]): void {
  const last = removed.at(-1); // of a list, whose values share a path
  if (last !== undefined && last.path === path && last.reason === reason) return;
  if (removed.length < MAX_REMOVALS) removed.push({ path, action, reason });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A field's name as it may be written down: one that could be data (an address, a number) is not. */
export const shownKey = (key: string): string =>
  /^\w{1,64}$/.test(key) && !/^\d+$/.test(key) ? key : "(other)";
