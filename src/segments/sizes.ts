/**
 * How many people are in each segment, and in each two of them. Pure: added up page by page by src/ingest/count, and read by
 * the console.
 */

export interface Tally {
  /** Everybody who was looked at. */
  people: number;
  /** By segment. */
  sizes: Record<string, number>;
  /** By two segments in the order of their names, with a space between: no name has one. */
  pairs: Record<string, number>;
}

export const emptyTally = (): Tally => ({ people: 0, sizes: {}, pairs: {} });

/** With more segments than these only the sizes are counted. */
export const MAX_PAIRED = 60;

/** Add one person, in place. @param segments names, sorted; those whose purpose the person grants */
export function addPerson(tally: Tally, segments: readonly string[], arePaired: boolean): void {
  tally.people++;
  for (const [place, name] of segments.entries()) {
    // A segment may be called "constructor".
    tally.sizes[name] = (Object.hasOwn(tally.sizes, name) ? (tally.sizes[name] ?? 0) : 0) + 1;
    if (!arePaired) continue;
    for (let n = place + 1; n < segments.length; n++) {
      const pair = `${name} ${segments[n]}`;
      tally.pairs[pair] = (tally.pairs[pair] ?? 0) + 1;
    }
  }
}

/**
 * Half of the interval that holds the true number in 95 of 100 samples: normal approximation of a proportion.
 * Source: https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval
 * @param found of `sampled` @param of everybody
 */
export function marginOf(found: number, sampled: number, of: number): number {
  if (sampled === 0) return of;
  // Of none in the sample there may still be some: the rule of three.
  const share = found / sampled;
  const half = Math.max(1.96 * Math.sqrt((share * (1 - share)) / sampled), Math.min(1, 3 / sampled));
  return Math.ceil(half * of);
}
