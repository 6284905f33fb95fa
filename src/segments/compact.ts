/**
 * A feature's state in the form that the edge snapshot carries: small, and still open to the events that came after it,
 * which the session cookie remembers, and to time that passes. Pure; made for snapshot.ts, read by edge-values.ts.
 */
import { fnv1a32 } from "#core/fnv";
import { type AggregateState, bucketsIn, type FieldValue, mergeStates, totals } from "./aggregate.ts";
import { type CompiledFeature, isKept } from "./compile.ts";
import { type FactState, stateNow } from "./features.ts";
import { type Progress, progressOf } from "./sequence.ts";
import { greatest, weightsOf } from "./shares.ts";

/** Of one feature; what is left out is 0, or nothing. */
export type CompactValue =
  /** Over days or a lifetime: what it amounts to; a `sum` in ten-thousandths. `recency` and the first event: epoch ms. */
  | FieldValue
  /** `top`: the top values and their counts. */
  | [value: string, count: number][]
  /** `distinct`: how many, and some of them. */
  | { n: number; v: string[] }
  /** Over hours: by bucket, so that it goes on moving; of `distinct` the values' hashes. */
  | { h: AggregateState }
  /** Over the session of this label. */
  | { s: string; c: CompactValue }
  /** A sequence. */
  | { p: Progress }
  /** An affinity: the greatest weights as of bucket `b`, and that of all others. */
  | { b: number; w: [value: string, weight: number][]; r: number };

const MAX_TOP = 5;
const MAX_DISTINCT = 20;
/** More than an affinity names, so that some may change places. */
const MAX_WEIGHTS = 16;
const WEIGHT_DECIMALS = 3;
/** Beyond, four buckets become one: what was in them leaves a little late. */
const MAX_BUCKETS = 48;
const MAX_HOURLY_TOP = 8;

/** @param asOf epoch ms @returns undefined where the default says the same */
export function compactOf(
  feature: CompiledFeature,
  facts: FactState,
  byName: ReadonlyMap<string, CompiledFeature>,
  asOf: number,
): CompactValue | undefined {
  if (feature.kind === "affinity") {
    const top = byName.get(feature.of);
    const state = top?.kind === "aggregate" ? stateNow(facts, top, asOf) : undefined;
    if (!state || top?.kind !== "aggregate") return undefined;
    const { bucket, each } = weightsOf(state, top.window, feature.halfLifeDays);
    const w = greatest(each, MAX_WEIGHTS);
    const listed = w.reduce((sum, [, weight]) => sum + weight, 0);
    const all = [...each.values()].reduce((sum, weight) => sum + weight, 0);
    return w.length > 0
      ? { b: bucket, w: w.map(([value, weight]) => [value, short(weight)]), r: short(all - listed) }
      : undefined;
  }
  if (!isKept(feature)) return undefined;
  const state = stateNow(facts, feature, asOf);
  if (!state) return undefined;
  if ("o" in state) return state.o;
  if ("q" in state) {
    const p = feature.kind === "sequence" ? progressOf(feature.steps, state.q) : [];
    return p.some((at) => at !== null) ? { p } : undefined;
  }
  if ("r" in state) return state.r;
  if ("s" in state) {
    const [, s, of] = state.s;
    const c = of ? amountOf(of) : undefined;
    return c === undefined ? undefined : { s, c };
  }
  if (feature.kind === "aggregate" && feature.window.kind === "hours") return hourly(state);
  return amountOf(state);
}

const short = (weight: number): number => Number(weight.toFixed(WEIGHT_DECIMALS));

function amountOf(state: AggregateState): CompactValue | undefined {
  if ("n" in state) return Object.values(state.n).reduce((sum, n) => sum + n, 0) || undefined;
  if ("l" in state) return state.l[1];
  if ("f" in state) return Object.values(state.f)[0]?.[1];
  if ("lo" in state) return amongst(state.lo, Math.min);
  if ("hi" in state) return amongst(state.hi, Math.max);
  if ("r" in state) return state.r;
  if ("d" in state) {
    // The newest: those are what the next events are most likely to repeat.
    const values = Object.values(state.d).reverse().flat();
    return values.length > 0 ? { n: values.length, v: values.slice(0, MAX_DISTINCT) } : undefined;
  }
  if (!("t" in state)) return undefined;
  const top = greatest(totals(state.t), MAX_TOP);
  return top.length > 0 ? top : undefined;
}

const amongst = (
  days: Record<string, number>,
  choose: (...values: number[]) => number,
): number | undefined => {
  const values = Object.values(days);
  return values.length > 0 ? choose(...values) : undefined;
};

function hourly(state: AggregateState): CompactValue | undefined {
  if (!("l" in state) && bucketsIn(state).length === 0) return undefined;
  if ("d" in state) {
    const hashed = Object.entries(state.d).map(([bucket, values]) => [bucket, values.map(valueLabel)]);
    return { h: { d: Object.fromEntries(hashed) } };
  }
  if ("t" in state) {
    const kept = new Set(greatest(totals(state.t), MAX_HOURLY_TOP).map(([value]) => value));
    const days = Object.entries(state.t).map(([bucket, counts]) => [
      bucket,
      counts.filter(([v]) => kept.has(v)),
    ]);
    return { h: coarser({ t: Object.fromEntries(days) }) };
  }
  return { h: coarser(state) };
}

/** Of a value that is only told from others. */
export const valueLabel = (value: string): string => fnv1a32(value).toString(36);

function coarser(state: AggregateState): AggregateState {
  const buckets = bucketsIn(state);
  if (buckets.length <= MAX_BUCKETS) return state;
  const [tag, days] = Object.entries(state)[0] ?? [];
  const each = buckets.map(
    // Of the same aggregate: one bucket of it, under the newest of its four.
    (bucket) => ({ [tag ?? ""]: { [bucket | 3]: days[bucket] } }) as unknown as AggregateState,
  );
  return each.reduce(mergeStates);
}
