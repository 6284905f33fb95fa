/** KV and R2 that count what they are asked. Each isolate has a binding of its own to one and the same store. */
import type { Meter } from "./meter.ts";

/** A namespace's contents; `kvBinding` makes the bindings to it. */
export type KvStore = Map<string, string>;

/** One isolate's binding. A miss is billed like a hit; a write is seen at once, everywhere. */
export function kvBinding(store: KvStore, meter: Meter): KVNamespace {
  const kv = {
    async get(key: string, options?: string | { type?: string }): Promise<unknown> {
      meter.add("kvReads");
      const text = store.get(key) ?? null;
      const type = typeof options === "string" ? options : options?.type;
      return type === "json" && text !== null ? JSON.parse(text) : text;
    },
    async put(key: string, value: string): Promise<void> {
      meter.add("kvWrites");
      store.set(key, value);
    },
    async delete(key: string): Promise<void> {
      meter.add("kvDeletes");
      store.delete(key);
    },
  };
  return kv as unknown as KVNamespace; // Only what src/ uses of it is there.
}

interface Stored {
  bytes: Uint8Array<ArrayBuffer>;
  etag: string;
  customMetadata: Record<string, string>;
}

/** What is read again by the measured paths: parked deliveries, and the lake. */
const KEPT = /^(parked|landing|lake)\//;

/** A bucket. Of other objects only the operations are counted. */
export function r2Binding(meter: Meter): R2Bucket {
  const kept = new Map<string, Stored>();
  let puts = 0;
  const shown = (key: string, { bytes, etag, customMetadata }: Stored) => ({
    key,
    etag,
    size: bytes.length,
    customMetadata,
    text: async () => new TextDecoder().decode(bytes),
    arrayBuffer: async () => bytes.buffer,
  });
  const bucket = {
    async put(key: string, value: string | Uint8Array, options: R2PutOptions = {}) {
      meter.add("r2ClassA");
      const known = kept.get(key);
      const { etagMatches, etagDoesNotMatch } = (options.onlyIf ?? {}) as R2Conditional;
      if (etagMatches !== undefined && known?.etag !== etagMatches) return null;
      if (etagDoesNotMatch === "*" && known) return null;
      const bytes = typeof value === "string" ? new TextEncoder().encode(value) : new Uint8Array(value);
      const stored = { bytes, etag: String(puts++), customMetadata: options.customMetadata ?? {} };
      if (KEPT.test(key)) kept.set(key, stored);
      return shown(key, stored);
    },
    async get(key: string) {
      meter.add("r2ClassB");
      const stored = kept.get(key);
      return stored ? shown(key, stored) : null;
    },
    async list({ prefix = "", delimiter, startAfter = "", limit = 1_000 }: R2ListOptions = {}) {
      meter.add("r2ClassA");
      const keys = [...kept.keys()].filter((key) => key.startsWith(prefix) && key > startAfter).sort();
      const folders = keys.map((key) => key.slice(0, key.indexOf(delimiter ?? "/", prefix.length) + 1));
      const listed = keys.slice(0, limit).flatMap((key) => {
        const stored = kept.get(key);
        return stored ? [shown(key, stored)] : [];
      });
      return {
        objects: delimiter === undefined ? listed : [],
        delimitedPrefixes: delimiter === undefined ? [] : [...new Set(folders)],
        truncated: delimiter === undefined && keys.length > limit,
      };
    },
    async delete(keys: string | string[]): Promise<void> {
      for (const key of [keys].flat()) kept.delete(key); // deletes are free
    },
  };
  return bucket as unknown as R2Bucket; // Only what src/ uses of it is there.
}
