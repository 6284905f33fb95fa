/** Reading some landing files at once, no more of them at a time than a Worker has connections. Used by all of src/lake. */
import { textsOf } from "./landed-lines.ts";
import { type Line, lineOf } from "./parquet.ts";

/** A Worker has six connections; one is left for others. */
const PARALLEL = 5;

/** Do something with each, a few at a time. */
export async function aFewAtATime<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < all.length; i += PARALLEL) await Promise.all(all.slice(i, i + PARALLEL).map(act));
}

/** Lines of landing files, by key, in the order of the keys; a file that is gone has none. @param keep which of its lines */
export async function readLines(
  bucket: R2Bucket,
  keys: readonly string[],
  keep: (line: Line) => boolean = () => true,
): Promise<Map<string, Line[]>> {
  const read = new Map<string, Line[]>(keys.map((key) => [key, []]));
  await aFewAtATime(keys, async (key) => {
    const text = await (await bucket.get(key))?.text();
    if (text !== undefined) read.set(key, textsOf(text).map(lineOf).filter(keep));
  });
  return read;
}
