/** Many keys, or many records, as JSON arrays, each small enough for one bound parameter of D1. */

/** A bound parameter has 2 MB at most, and a key about 120 characters. */
const KEYS_PER_CHUNK = 5_000;

/** JSON arrays of the keys; none for none. */
export function chunksOf(keys: readonly string[]): string[] {
  const chunks: string[] = [];
  for (let start = 0; start < keys.length; start += KEYS_PER_CHUNK)
    chunks.push(JSON.stringify(keys.slice(start, start + KEYS_PER_CHUNK)));
  return chunks;
}

/** Of records of any size: with what is not ASCII still below 2 MB. */
const MAX_PARAMETER_CHARS = 500_000;

/** JSON arrays of the records, none too large for one parameter. */
export function inChunks(records: readonly unknown[]): string[] {
  const chunks: string[][] = [];
  let room = 0;
  for (const record of records) {
    const text = JSON.stringify(record);
    if (text.length > room) {
      chunks.push([]);
      room = MAX_PARAMETER_CHARS;
    }
    chunks.at(-1)?.push(text);
    room -= text.length + 1;
  }
  return chunks.map((chunk) => `[${chunk.join()}]`);
}
