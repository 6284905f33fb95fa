/**
 * Bindings that answer at once, for the ratios: a local simulator of a queue or of KV costs several times what the
 * Worker itself does, and would be what is measured. Only what the measured paths touch is here; anything else throws.
 */
import { RELEASE, SNAPSHOT } from "bench:fixtures";
import { RELEASE_SHAPE } from "#contracts/definitions/shape";

const texts = new Map([
  ["release:active", '{"stable":1}'],
  // As publishing leaves it there for this very Worker.
  [`release:1:${RELEASE_SHAPE}`, RELEASE],
]);

/** KV: the release, and one and the same edge snapshot for every visitor. */
export const kv = {
  async get(key: string, options?: string | { type?: string }): Promise<unknown> {
    const text = texts.get(key) ?? (key.startsWith("edge:") ? SNAPSHOT : null);
    if (text === null) return null;
    const type = typeof options === "string" ? options : options?.type;
    return type === "json" ? JSON.parse(text) : text;
  },
};

/** How many messages the queue was given, and the last of them. */
export const queued = { count: 0, last: "" };

const take = (message: string) => {
  queued.count++;
  queued.last = message;
};

/** A queue that confirms at once. */
export const queue = {
  async send(message: string): Promise<void> {
    take(message);
  },
  async sendBatch(messages: Iterable<{ body: string }>): Promise<void> {
    for (const { body } of messages) take(body);
  },
};

/** A namespace whose every object takes anything: the slots path shows a sample of its decisions to one. */
export const liveTail = {
  idFromName: (name: string) => name,
  get: () => ({ async append(): Promise<void> {} }),
};

/** Bindings that the slots path holds and asks only where it must: for exact caps, and for somebody whom KV does not know. */
export const visitors = {};
export const database = {};
