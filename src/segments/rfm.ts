/**
 * RFM: where a person stands among all who bought, by how lately, how often and for how much, in quantiles from 1 (least)
 * to 5 (best). The cuts between the quantiles are drawn from all profiles each night, and come from outside. Pure; used by
 * derived.ts.
 */

/** Between five quantiles there are four cuts, ascending. */
export interface RfmCuts {
  /** Hours. */
  recency: readonly number[];
  frequency: readonly number[];
  monetary: readonly number[];
}

/** By name of the `rfm` feature. */
export type Cuts = Readonly<Record<string, RfmCuts>>;

/** @param recency hours since the last purchase: the fewer, the better */
export function rfmValue(
  cuts: RfmCuts,
  { recency, frequency, monetary }: Record<keyof RfmCuts, number>,
): { recency: number; frequency: number; monetary: number; code: string } {
  const r = cuts.recency.length + 1 - passed(cuts.recency, recency);
  const f = 1 + passed(cuts.frequency, frequency);
  const m = 1 + passed(cuts.monetary, monetary);
  return { recency: r, frequency: f, monetary: m, code: `${r}${f}${m}` };
}

/** How many cuts a value is beyond; a value that is a cut itself belongs to the lower side. */
const passed = (cuts: readonly number[], value: number): number =>
  cuts.reduce((count, cut) => count + (value > cut ? 1 : 0), 0);
