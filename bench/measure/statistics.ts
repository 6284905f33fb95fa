/** Order statistics. */

/** The value below which `share` (0 to 1) of the sample lies, linear between neighbours. NaN for an empty sample. */
export function quantile(sample: readonly number[], share: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export interface Quartiles {
  lower: number;
  median: number;
  upper: number;
}

/** First quartile, median and third quartile. */
export const quartiles = (sample: readonly number[]): Quartiles => ({
  lower: quantile(sample, 0.25),
  median: quantile(sample, 0.5),
  upper: quantile(sample, 0.75),
});
