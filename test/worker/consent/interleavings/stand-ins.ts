/**
 * What stands in for the bindings that only hold something: snapshots, parked objects, the console's view, whether a
 * destination is paused; and a vendor that says yes and notes what it got.
 */
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import type { Destination } from "#forward/destination-object";
import type { LiveTail } from "#lake/live-tail";

/** KV: ingest writes to it, and nobody reads it here. */
export function snapshots(): KVNamespace {
  const held = new Map<string, string>();
  const kv = {
    get: async (key: string) => held.get(key) ?? null,
    put: async (key: string, value: string) => void held.set(key, value),
    delete: async (key: string) => void held.delete(key),
  };
  return kv as unknown as KVNamespace;
}

/** R2, of which what is parked is kept. */
export function objects(): R2Bucket {
  const held = new Map<string, string>();
  const bucket = {
    put: async (key: string, value: string) => void (key.startsWith("parked/") && held.set(key, value)),
    get: async (key: string) => {
      const text = held.get(key);
      return text === undefined ? null : { text: async () => text };
    },
    delete: async (key: string) => void held.delete(key),
    list: async ({ prefix = "" }: R2ListOptions) => ({
      objects: [...held.keys()].filter((key) => key.startsWith(prefix)).map((key) => ({ key })),
      truncated: false,
    }),
  };
  return bucket as unknown as R2Bucket;
}

/** A namespace of which every object is this one. */
const namespaceOf = <T>(object: object): DurableObjectNamespace<T & Rpc.DurableObjectBranded> =>
  ({ idFromName: (name: string) => name, get: () => object }) as never;

export const liveTail = (): DurableObjectNamespace<LiveTail> => namespaceOf({ append: async () => {} });

/** Destinations that are paused, or not, all at once. */
export function destinations(state: { paused: boolean }): DurableObjectNamespace<Destination> {
  return namespaceOf({
    permit: async ({ want }: { want: number }) =>
      state.paused ? { granted: 0, reason: "paused" } : { granted: want, id: "permit" },
    report: async () => {},
    pause: async () => {},
  });
}

/** A queue that only holds what it is sent. */
export function queueInto(held: DeliveryEnvelope[]): Queue<DeliveryEnvelope> {
  const queue = {
    send: async (body: DeliveryEnvelope) => void held.push(structuredClone(body)),
    sendBatch: async (messages: Iterable<MessageSendRequest<DeliveryEnvelope>>) => {
      for (const { body } of messages) held.push(structuredClone(body));
    },
  };
  return queue as unknown as Queue<DeliveryEnvelope>;
}

/** A batch of messages; `again` has the indexes of those that the consumer wants back. */
export function batchOf(bodies: readonly unknown[]): { batch: MessageBatch<unknown>; again: Set<number> } {
  const again = new Set<number>();
  const messages = bodies.map((body, n) => ({
    id: `m${n}`,
    timestamp: new Date(0),
    attempts: 1,
    body,
    ack: () => {},
    retry: () => void again.add(n),
  }));
  return { batch: { queue: "doorstep-crm", messages } as unknown as MessageBatch<unknown>, again };
}
