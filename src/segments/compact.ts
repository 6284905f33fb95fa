/**
 * A feature's value in the form that the edge snapshot carries: small, and still open to the events that came after
 * it, which the session cookie remembers. Pure; used by snapshot.ts (to make it) and attributes.ts (to read it).
 */
import type { RecentEvent } from "#door/session";
import { type AggregateState, type FeatureValue, SUM_SCALE, topOf, totals } from "./aggregate.ts";
import { type CompiledFeature, scaled } from "./features.ts";

/**
 * `count`: the number; `sum`: in ten-thousandths; `first`, `last`: the value; `top`: the top values and their counts;
 * `distinct`: how many, and some of them.
 */
export type CompactValue = FeatureValue | [value: string, count: number][] | { n: number; v: string[] };

const MAX_TOP = 5;
const MAX_DISTINCT = 20;

/** @param state within the feature's window (`stateNow`) @returns undefined where the default says the same */
export function toCompact(state: AggregateState): CompactValue | undefined {
  if ("n" in state) return Object.values(state.n).reduce((sum, n) => sum + n, 0) || undefined;
  if ("l" in state) return state.l[1];
  if ("f" in state) return Object.values(state.f)[0]?.[1];
  if ("d" in state) {
    // The newest: those are what the next events are most likely to repeat.
    const values = Object.values(state.d).reverse().flat();
    return values.length > 0 ? { n: values.length, v: values.slice(0, MAX_DISTINCT) } : undefined;
  }
  const top = [...totals(state.t)].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MAX_TOP);
  return top.length > 0 ? top : undefined;
}

/**
 * The feature's value, from the snapshot's and the events since.
 * @param base from the snapshot; undefined: nothing is known
 * @param events of any name, oldest first, none of them in `base`
 */
export function valueOfCompact(
  feature: CompiledFeature,
  base: CompactValue | undefined,
  events: readonly RecentEvent[],
): FeatureValue | undefined {
  const { agg, event: name } = feature.def;
  switch (agg) {
    case "count": {
      let count = numberOf(base);
      for (const one of events) if (one.name === name) count++;
      return count;
    }
    case "sum": {
      let sum = numberOf(base);
      for (const value of valuesOf(feature, events)) {
        if (typeof value === "number") sum += scaled(value);
      }
      return sum / SUM_SCALE;
    }
    case "first":
      return scalarOf(base) ?? valuesOf(feature, events)[0];
    case "last":
      return valuesOf(feature, events).at(-1) ?? scalarOf(base);
    case "distinct": {
      const { n, v } = typeof base === "object" && "n" in base ? base : { n: 0, v: [] };
      const fresh = new Set(valuesOf(feature, events).map(String));
      for (const known of v) fresh.delete(known);
      return n + fresh.size;
    }
    case "top": {
      const values = valuesOf(feature, events);
      const known = Array.isArray(base) ? base : [];
      if (values.length === 0) return topOf(known);
      const counts = new Map(known);
      for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
      return topOf(counts);
    }
  }
}

function valuesOf({ def }: CompiledFeature, events: readonly RecentEvent[]): FeatureValue[] {
  const values: FeatureValue[] = [];
  for (const { name, fields } of events) {
    if (name !== def.event || def.field === undefined || !Object.hasOwn(fields, def.field)) continue;
    const value = fields[def.field];
    // As features read it from the event itself: an empty text is none.
    if (value !== undefined && value !== "") values.push(value);
  }
  return values;
}

const numberOf = (base: CompactValue | undefined): number => (typeof base === "number" ? base : 0);
const scalarOf = (base: CompactValue | undefined): FeatureValue | undefined =>
  typeof base === "string" || typeof base === "number" ? base : undefined;
