/**
 * Affinity: which share of what somebody did fell on each value of a `top` feature. Where older days weigh less, weights
 * are counted from the newest bucket there is: as time passes all of them would shrink alike, and shares stay what they are.
 * Pure; used by features.ts and compact.ts.
 */

import { DAY_MS } from "#core/clock";
import type { AggregateState } from "./aggregate.ts";
import type { Window } from "./windows.ts";

/** Weight by value, as of the bucket; `rest` is that of values that are not listed. */
export interface Weights {
  bucket: number;
  each: Map<string, number>;
  rest: number;
}

/** So many shares are named, the greatest; the others still count. */
const MAX_SHARES = 10;
const DECIMALS = 3;

/** @param state of the `top` feature, within its window */
export function weightsOf(state: AggregateState, window: Window, halfLifeDays: number | undefined): Weights {
  const days = "t" in state ? state.t : {};
  const bucket = Math.max(0, ...Object.keys(days).map(Number));
  const each = new Map<string, number>();
  for (const [day, counts] of Object.entries(days)) {
    const weight = decay(bucket - Number(day), window, halfLifeDays);
    for (const [value, count] of counts) each.set(value, (each.get(value) ?? 0) + count * weight);
  }
  return { bucket, each, rest: 0 };
}

/** What a weight has become so many buckets later. */
export const decay = (buckets: number, { bucketMs }: Window, halfLifeDays: number | undefined): number =>
  halfLifeDays === undefined ? 1 : 2 ** -((buckets * bucketMs) / DAY_MS / halfLifeDays);

/** The greatest shares, each with three decimals; undefined where there is nothing to share. */
export function sharesOf({ each, rest }: Weights): Record<string, number> | undefined {
  const total = [...each.values()].reduce((sum, weight) => sum + weight, rest);
  if (!(total > 0)) return undefined;
  // Without a prototype: a value may be called "constructor".
  const shares: Record<string, number> = Object.create(null);
  for (const [value, weight] of greatest(each, MAX_SHARES))
    shares[value] = Number((weight / total).toFixed(DECIMALS));
  return shares;
}

/** The entries of the greatest weight, ties by value. */
export const greatest = (each: ReadonlyMap<string, number>, count: number): [string, number][] =>
  [...each].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, count);
