/** Many keys as JSON arrays, each small enough for one bound parameter of D1. */

/** A bound parameter has 2 MB at most, and a key about 120 characters. */
const KEYS_PER_CHUNK = 5_000;

/** JSON arrays of the keys; none for none. */
export function chunksOf(keys: readonly string[]): string[] {
  const chunks: string[] = [];
  for (let start = 0; start < keys.length; start += KEYS_PER_CHUNK)
    chunks.push(JSON.stringify(keys.slice(start, start + KEYS_PER_CHUNK)));
  return chunks;
}
