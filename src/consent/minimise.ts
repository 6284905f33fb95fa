/**
 * Minimisation: of an event's fields only those stay that a granted purpose needs. The plan is compiled once from the
 * contracts' field marks (contracts/fields.ts); a field that no contract names is dropped, whatever was granted.
 */
import * as z from "zod";
import { contextSchema } from "#contracts/event";
import { type FieldRule, fieldRule } from "#contracts/fields";
import type { Removal } from "#contracts/messages/event_envelope";
import { EVENT_CONTRACTS, type EventName } from "#contracts/registry";
import type { Purpose } from "#contracts/taxonomy";
import { scrubText, scrubUrl } from "./scrub.ts";

type Plan =
  | { kind: "leaf"; rule: FieldRule }
  | { kind: "object"; fields: Map<string, Plan> }
  | { kind: "array"; element: Plan };

/** More removals of one event than this are not listed one by one. */
const MAX_REMOVALS = 50;

const plans = new Map<EventName, Plan>();
const contextPlan = compile(contextSchema);

const planOf = (name: EventName): Plan => {
  let plan = plans.get(name);
  if (!plan) {
    plan = compile(EVENT_CONTRACTS[name].properties);
    plans.set(name, plan);
  }
  return plan;
};

/** An event's properties or context, cut down; each field that went or was coarsened is added to `removed`. */
export interface Minimised {
  properties: Record<string, unknown>;
  context: Record<string, unknown>;
  removed: Removal[];
}

/**
 * Cut validated properties and context down to what `granted` allows.
 * @param raw the same as they came in, to say which unknown fields were left out
 */
export function minimise(
  name: EventName,
  valid: { properties: Record<string, unknown>; context: Record<string, unknown> },
  raw: { properties?: unknown; context?: unknown },
  granted: readonly Purpose[],
): Minimised {
  const removed: Removal[] = [];
  const properties = cut(planOf(name), valid.properties, raw.properties, granted, "properties", removed);
  const context = cut(contextPlan, valid.context, raw.context, granted, "context", removed);
  // Both plans are objects, and so is what `cut` makes of them.
  return {
    properties: (properties ?? {}) as Record<string, unknown>,
    context: (context ?? {}) as Record<string, unknown>,
    removed,
  };
}

function compile(schema: z.ZodType): Plan {
  const rule = fieldRule(schema);
  if (rule) return { kind: "leaf", rule };
  if (schema instanceof z.ZodOptional) return compile(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodArray) return { kind: "array", element: compile(schema.element as z.ZodType) };
  if (schema instanceof z.ZodObject) {
    const fields = new Map<string, Plan>();
    for (const [key, field] of Object.entries(schema.shape)) fields.set(key, compile(field as z.ZodType));
    return { kind: "object", fields };
  }
  throw new Error(`a field of a contract has no class: ${schema.def.type}`);
}

function cut(
  plan: Plan,
  value: unknown,
  raw: unknown,
  granted: readonly Purpose[],
  path: string,
  removed: Removal[],
): unknown {
  if (plan.kind === "leaf") return cutLeaf(plan.rule, value, granted, path, removed);
  if (plan.kind === "array") {
    // zod has checked that it is an array.
    return (value as unknown[]).map((v, i) =>
      cut(plan.element, v, Array.isArray(raw) ? raw[i] : undefined, granted, path, removed),
    );
  }
  const out: Record<string, unknown> = {};
  const known = value as Record<string, unknown>; // zod has checked that it is an object
  for (const [key, inner] of plan.fields) {
    const field = known[key];
    if (field === undefined) continue;
    const rawField = isRecord(raw) ? raw[key] : undefined;
    const kept = cut(inner, field, rawField, granted, `${path}.${key}`, removed);
    if (kept !== undefined) out[key] = kept;
  }
  if (isRecord(raw)) {
    for (const key in raw) {
      if (!plan.fields.has(key)) note(removed, `${path}.${shownKey(key)}`, "dropped", "not_in_contract");
    }
  }
  return out;
}

function cutLeaf(
  rule: FieldRule,
  value: unknown,
  granted: readonly Purpose[],
  path: string,
  removed: Removal[],
): unknown {
  if (!rule.purposes.some((p) => granted.includes(p))) {
    note(removed, path, "dropped", "purpose_not_granted");
    return undefined;
  }
  if (rule.reduce === undefined || typeof value !== "string") return value;
  const clean = rule.reduce === "url" ? scrubUrl(value, granted.includes("marketing")) : scrubText(value);
  if (clean.found) note(removed, path, "scrubbed", clean.found);
  return clean.text;
}

function note(removed: Removal[], path: string, action: Removal["action"], reason: Removal["reason"]): void {
  if (removed.length < MAX_REMOVALS) removed.push({ path, action, reason });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A field's name as it may be written down: one that could be data (an address, a number) is not. */
export const shownKey = (key: string): string =>
  /^\w{1,64}$/.test(key) && !/^\d+$/.test(key) ? key : "(other)";
