/**
 * Going over many objects of R2 in steps: a bounded number of them a call, from where the last call stopped; and rewriting
 * one of them while others may write it, too. Used by the sweeps that find, read or erase one person's data.
 */

/** Objects of a prefix, in order of their keys. */
export interface Range {
  prefix: string;
  /** Only keys that are greater … */
  after?: string;
  /** … and smaller than these. */
  until?: string;
}

/** Objects that one call looks at; each may be rewritten, and a Worker has 1,000 requests. */
export const OBJECTS_PER_CALL = 200;
/** A Worker has six connections; one is left for others. */
const PARALLEL = 5;

export interface Pace {
  /** Asked between the objects: whether to stop here. */
  isFull?: (() => boolean) | undefined;
  /** So many at a time: 1 where each takes much memory. */
  parallel?: number;
}

/**
 * Look at the objects of a range, at most `limit`, a few at a time.
 * @returns how many, and the last key; without one where the range has ended
 */
export async function walk(
  bucket: R2Bucket,
  { prefix, after, until }: Range,
  limit: number,
  visit: (key: string) => Promise<void>,
  { isFull = () => false, parallel = PARALLEL }: Pace = {},
): Promise<{ visited: number; last?: string }> {
  let visited = 0;
  let startAfter = after;
  while (visited < limit) {
    const page = await bucket.list({ prefix, limit: limit - visited, ...(startAfter && { startAfter }) });
    const keys = page.objects.map(({ key }) => key).filter((key) => until === undefined || key < until);
    for (let i = 0; i < keys.length; i += parallel) {
      const group = keys.slice(i, i + parallel);
      await Promise.all(group.map(visit));
      visited += group.length;
      startAfter = group.at(-1);
      const isLast = i + parallel >= keys.length && !page.truncated;
      if (!isLast && startAfter !== undefined && isFull()) return { visited, last: startAfter };
    }
    if (keys.length < page.objects.length || !page.truncated) return { visited };
  }
  return startAfter === undefined ? { visited } : { visited, last: startAfter };
}

/**
 * Look at the objects of several prefixes one after the other.
 * @param prefixes in their order, none within another
 * @param cursor of the call before
 * @returns where to go on; no cursor at the end
 */
export async function walkAll(
  bucket: R2Bucket,
  prefixes: readonly string[],
  cursor: string | undefined,
  limit: number,
  visit: (key: string) => Promise<void>,
): Promise<{ cursor?: string }> {
  let room = limit;
  for (const prefix of prefixes) {
    if (cursor !== undefined && prefix < cursor && !cursor.startsWith(prefix)) continue;
    const after = cursor?.startsWith(prefix) ? cursor : undefined;
    if (room === 0) return { cursor: prefix };
    const { visited, last } = await walk(bucket, { prefix, ...(after && { after }) }, room, visit);
    if (last !== undefined) return { cursor: last };
    room -= visited;
  }
  return {};
}

/** So often another may rewrite an object meanwhile before it is given up. */
const MAX_TRIES = 8;

/** What becomes of an object: its new text, nothing (`""`: it is deleted), or it stays as it is (`undefined`). */
type Change = (text: string) => string | undefined | Promise<string | undefined>;

/**
 * Rewrite an object, unless somebody else wrote it meanwhile: then its new text is looked at again.
 * @param metadata for the new one, by what the old one has
 * @returns whether it was changed @throws Error where it stays contended
 */
export async function rewrite(
  bucket: R2Bucket,
  key: string,
  change: Change,
  metadata?: (before: Record<string, string>) => Record<string, string>,
): Promise<boolean> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const object = await bucket.get(key);
    if (!object) return false;
    const text = await change(await object.text());
    if (text === undefined) return false;
    if (text === "") {
      await bucket.delete(key);
      return true;
    }
    const put = await bucket.put(key, text, {
      onlyIf: { etagMatches: object.etag },
      ...(metadata && { customMetadata: metadata(object.customMetadata ?? {}) }),
    });
    if (put !== null) return true;
  }
  throw new Error(`${key} stayed contended over ${MAX_TRIES} tries`);
}
