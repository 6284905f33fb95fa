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

/** A bucket. Only what is read again by the measured paths is kept: parked deliveries. */
export function r2Binding(meter: Meter): R2Bucket {
  const kept = new Map<string, string>();
  const bucket = {
    async put(key: string, value: string): Promise<void> {
      meter.add("r2ClassA");
      if (key.startsWith("parked/")) kept.set(key, value);
    },
    async get(key: string) {
      meter.add("r2ClassB");
      const text = kept.get(key);
      return text === undefined ? null : { text: async () => text };
    },
    async list({ prefix = "", delimiter }: { prefix?: string; delimiter?: string } = {}) {
      meter.add("r2ClassA");
      const keys = [...kept.keys()].filter((key) => key.startsWith(prefix));
      const folders = keys.map((key) => key.slice(0, key.indexOf(delimiter ?? "/", prefix.length) + 1));
      return {
        objects: delimiter === undefined ? keys.map((key) => ({ key })) : [],
        delimitedPrefixes: delimiter === undefined ? [] : [...new Set(folders)],
        truncated: false,
      };
    },
    async delete(key: string): Promise<void> {
      kept.delete(key); // deletes are free
    },
  };
  return bucket as unknown as R2Bucket; // Only what src/ uses of it is there.
}
