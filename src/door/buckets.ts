/**
 * Token buckets in an isolate's memory: how many requests each client may still send. One number a client, a bounded
 * count of clients, and nothing outlives the isolate. The clock is passed in. Used by rate.ts.
 */

export interface Buckets {
  /** Take one token. @returns 0, or the ms after which there is one again: nothing was taken */
  take(client: number, now: number): number;
}

/**
 * Buckets that hold `burst` tokens and fill by `perSecond`. Kept as the time at which the bucket will be full again (the
 * generic cell rate algorithm, ITU-T I.371): what has been full for long needs no entry.
 * @param maxClients that are remembered; beyond, those that have been silent longest start afresh
 */
export function tokenBuckets(perSecond: number, burst: number, maxClients: number): Buckets {
  const tokenMs = 1_000 / perSecond;
  const depthMs = burst * tokenMs;
  // Two generations: when the young one is full it becomes the old one, and what nobody asked for since falls out. So a
  // client that goes on sending is never forgotten, however many others come.
  let young = new Map<number, number>();
  let old = new Map<number, number>();
  const keep = (client: number, fullAt: number) => {
    if (young.size >= maxClients / 2 && !young.has(client)) {
      old = young;
      young = new Map();
    }
    young.set(client, fullAt);
  };
  return {
    take(client, now) {
      const known = young.get(client) ?? old.get(client) ?? now;
      const fullAt = Math.max(known, now) + tokenMs;
      const waitMs = fullAt - depthMs - now;
      keep(client, waitMs > 0 ? known : fullAt);
      return Math.max(0, waitMs);
    },
  };
}
