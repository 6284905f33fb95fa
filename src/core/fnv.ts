/** FNV-1a, 32 bit, over UTF-16 code units, as the experiment field uses it for buckets (GrowthBook spec 0.8). */

/** Unsigned 32-bit FNV-1a of a string. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** A place in [0, 1) with four decimals for `value` under `seed` (hash version 2 of the same specification). */
export const bucketOf = (seed: string, value: string): number =>
  (fnv1a32(String(fnv1a32(seed + value))) % 10_000) / 10_000;

/** A place in [0, 1) by the specification's hash version; null where the version is unknown: nobody is bucketed. */
export function bucketByVersion(seed: string, value: string, version: number): number | null {
  if (version === 1) return (fnv1a32(value + seed) % 1_000) / 1_000;
  if (version === 2) return bucketOf(seed, value);
  return null;
}
