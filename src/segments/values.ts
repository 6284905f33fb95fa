/**
 * From a value to the state that it makes by itself, and from a state to the value that it amounts to. Pure; used wherever
 * aggregates are folded (features.ts) or read (compact.ts).
 */
import { inOnePiece } from "#core/one-piece";
import { type AggregateState, type FieldValue, SUM_SCALE, topOf, totals } from "./aggregate.ts";
import type { CompiledAggregate } from "./compile.ts";
import { bucketOf, HOUR_MS } from "./windows.ts";

const MAX_VALUE_CHARS = 64;
/** One amount counts for no more than this, so that sums stay whole numbers that JavaScript adds exactly. */
const MAX_AMOUNT = 1e10;

/** The state of one value at a moment; undefined where the aggregate cannot use it. */
export function stateOf(
  { agg, window }: Pick<CompiledAggregate, "agg" | "window">,
  value: FieldValue,
  at: number,
): AggregateState | undefined {
  const bucket = bucketOf(window, at);
  switch (agg) {
    case "count":
      return { n: { [bucket]: 1 } };
    case "sum":
      return typeof value === "number" ? { n: { [bucket]: scaled(value) } } : undefined;
    case "min":
      return typeof value === "number" ? { lo: { [bucket]: value } } : undefined;
    case "max":
      return typeof value === "number" ? { hi: { [bucket]: value } } : undefined;
    case "first":
      return { f: { [bucket]: [at, value] } };
    case "last":
      return { l: [at, value] };
    case "distinct":
      return { d: { [bucket]: [String(value)] } };
    case "top":
      return { t: { [bucket]: [[String(value), 1]] } };
    case "recency":
      return { r: at };
  }
}

/** The value of a feature that nothing is known of. */
export const defaultOf = ({ agg }: Pick<CompiledAggregate, "agg">): number | undefined =>
  agg === "count" || agg === "sum" || agg === "distinct" ? 0 : undefined;

/** What a state within the window amounts to. */
export function resultOf(
  { agg }: CompiledAggregate,
  state: AggregateState,
  now: number,
): FieldValue | undefined {
  if ("n" in state) {
    const total = Object.values(state.n).reduce((sum, n) => sum + n, 0);
    return agg === "sum" ? total / SUM_SCALE : total;
  }
  if ("l" in state) return state.l[1];
  // Integer keys come in ascending order: the first bucket is the earliest.
  if ("f" in state) return Object.values(state.f)[0]?.[1];
  if ("d" in state) return Object.values(state.d).reduce((sum, values) => sum + values.length, 0);
  if ("t" in state) return topOf(totals(state.t));
  if ("lo" in state) return least(Object.values(state.lo));
  if ("hi" in state) return least(Object.values(state.hi), -1);
  return "r" in state ? hoursSince(state.r, now) : undefined;
}

/** @param sign -1: the greatest */
export function least(values: readonly number[], sign = 1): number | undefined {
  return values.length === 0 ? undefined : sign * Math.min(...values.map((value) => sign * value));
}

/** Whole hours. */
export const hoursSince = (at: number, now: number): number => Math.max(0, Math.floor((now - at) / HOUR_MS));

/** An amount in ten-thousandths. */
export const scaled = (amount: number): number =>
  Math.round(Math.max(-MAX_AMOUNT, Math.min(MAX_AMOUNT, amount)) * SUM_SCALE) + 0; // + 0: no negative zero

/** A property as features read it: text cut to 64 characters, or a finite number; undefined for anything else. */
export function fieldValue(
  properties: Record<string, unknown>,
  path: readonly string[],
): FieldValue | undefined {
  let value: unknown = properties;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part]; // An object that has this property, as just seen.
  }
  if (typeof value === "string")
    return value.length <= MAX_VALUE_CHARS ? value || undefined : inOnePiece(value.slice(0, MAX_VALUE_CHARS));
  if (typeof value === "boolean") return String(value);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
