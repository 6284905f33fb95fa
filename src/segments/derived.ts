/**
 * Features that are made of other features: a ratio of two aggregates, shares of a `top`, RFM quantiles, a score. The same
 * for facts at ingest and for the snapshot with the session at the edge: who calls says where values are read. Pure.
 */
import type { CompiledFeature, CompiledRatio, CompiledScore } from "./compile.ts";
import { type Cuts, rfmValue } from "./rfm.ts";
import { dayOf } from "./windows.ts";

/** An affinity's shares; an RFM's scores. */
export type DerivedValue = Readonly<Record<string, number | string>>;

export interface Parts {
  /** The value of another feature. */
  read(name: string): unknown;
  /** Of an affinity. */
  shares(): Record<string, number> | undefined;
  /** Epoch ms. */
  now: number;
  cuts: Cuts | undefined;
}

/** The value of a feature that is made of others; undefined where they do not say enough. */
export function derivedValue(feature: CompiledFeature, parts: Parts): number | DerivedValue | undefined {
  switch (feature.kind) {
    case "ratio":
      return ratioOf(feature, parts);
    case "affinity":
      return parts.shares();
    case "score":
      return scorePoints(feature, parts.read);
    case "rfm": {
      const cuts =
        parts.cuts && Object.hasOwn(parts.cuts, feature.name) ? parts.cuts[feature.name] : undefined;
      const [recency, frequency, monetary] = [feature.recency, feature.frequency, feature.monetary].map(
        parts.read,
      );
      if (!cuts || !isNumber(recency) || !isNumber(frequency) || !isNumber(monetary)) return undefined;
      return rfmValue(cuts, { recency, frequency, monetary });
    }
    default:
      return undefined;
  }
}

/** Parts that can be asked for, and are not there. */
export const NO_RFM = Object.freeze({
  recency: undefined,
  frequency: undefined,
  monetary: undefined,
  code: undefined,
});

/**
 * A feature's value as conditions are to find it. Where there is none it is undefined, and not missing, which to the grammar
 * would be null and less than any number: nobody has bought within the last day who has never bought.
 */
export const asAttribute = (feature: CompiledFeature, value: unknown): unknown =>
  value === undefined && feature.kind === "rfm" ? NO_RFM : value;

/**
 * Per day of the one by per day of the other. Whoever is known for a shorter time than a window lasts has as many days as
 * they are known.
 */
function ratioOf(
  { of, to, ofDays, toDays, origin }: CompiledRatio,
  { read, now }: Parts,
): number | undefined {
  const first = read(origin);
  const [recent, own] = [read(of), read(to)];
  if (!isNumber(first) || !isNumber(recent) || !isNumber(own) || own === 0) return undefined;
  const known = Math.max(1, dayOf(now) - dayOf(first) + 1);
  return rounded(recent / Math.min(ofDays, known) / (own / Math.min(toDays, known)));
}

/** From 0 to `max`, a multiple of `step` below it. @param read the value of a feature; null or undefined: it has none */
export function scorePoints(
  { points, max, step }: Pick<CompiledScore, "points" | "max" | "step">,
  read: (name: string) => unknown,
): number {
  let sum = 0;
  for (const [name, each] of points) {
    const value = read(name);
    if (value !== undefined && value !== null) sum += each * (isNumber(value) ? value : 1);
  }
  return Math.min(max, Math.max(0, rounded(Math.round(sum / step) * step)));
}

/** Quotients and sums of points have no more decimals than a person writes. */
const rounded = (value: number): number => Number(value.toFixed(6));

const isNumber = (value: unknown): value is number => typeof value === "number";
