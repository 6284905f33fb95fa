/** KV, R2 and the visitors' objects in memory, for the runs that are too many for the real ones: as far as the product calls them. */
import type { Visitor } from "#slots/visitor-object";

export interface Held<T> {
  binding: T;
  /** Key → text. */
  texts: Map<string, string>;
}

export function heldKv(): Held<KVNamespace> {
  const texts = new Map<string, string>();
  const kv = {
    get: async (key: string) => texts.get(key) ?? null,
    put: async (key: string, value: string) => void texts.set(key, value),
    delete: async (key: string) => void texts.delete(key),
  };
  return { binding: kv as unknown as KVNamespace, texts };
}

/** With the conditional put, and lists by page. */
export function heldBucket(): Held<R2Bucket> {
  const texts = new Map<string, string>();
  const etags = new Map<string, string>();
  let puts = 0;
  const objectOf = (key: string, text: string) => ({
    key,
    etag: etags.get(key) ?? "",
    size: text.length,
    text: async () => text,
    json: async () => JSON.parse(text) as unknown,
  });
  const bucket = {
    put: async (key: string, value: string, options?: R2PutOptions) => {
      const only = options?.onlyIf as R2Conditional | undefined;
      const now = etags.get(key);
      if (only?.etagDoesNotMatch === "*" && now !== undefined) return null;
      if (only?.etagMatches !== undefined && only.etagMatches !== now) return null;
      texts.set(key, value);
      etags.set(key, `v${++puts}`);
      return objectOf(key, value);
    },
    get: async (key: string) => {
      const text = texts.get(key);
      return text === undefined ? null : objectOf(key, text);
    },
    head: async (key: string) => {
      const text = texts.get(key);
      return text === undefined ? null : objectOf(key, text);
    },
    delete: async (keys: string | string[]) => {
      for (const key of [keys].flat()) {
        texts.delete(key);
        etags.delete(key);
      }
    },
    list: async ({ prefix = "", startAfter, cursor, limit = 1000, delimiter }: R2ListOptions = {}) => {
      const after = cursor ?? startAfter ?? "";
      const found = [...texts.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
      if (delimiter !== undefined) {
        const folders = found.map((key) => key.slice(0, key.indexOf(delimiter, prefix.length) + 1));
        return { objects: [], truncated: false, delimitedPrefixes: [...new Set(folders)] };
      }
      const page = found.slice(0, limit);
      const truncated = found.length > limit;
      return {
        objects: page.map((key) => objectOf(key, texts.get(key) ?? "")),
        truncated,
        delimitedPrefixes: [],
        ...(truncated && { cursor: page.at(-1) }),
      };
    },
  };
  return { binding: bucket as unknown as R2Bucket, texts };
}

/** Nothing is ever counted in these: an object of its own for each who is erased would be most of what the runs take. */
export function heldVisitors(): DurableObjectNamespace<Visitor> {
  const visitors = { idFromName: (name: string) => name, get: () => ({ forget: async () => {} }) };
  return visitors as unknown as DurableObjectNamespace<Visitor>;
}
