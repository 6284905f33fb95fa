/**
 * The queues of wrangler.toml in virtual time, metered: a write, a read and a delete of each message per 64 KB, another
 * read for each retry, and another write for what goes to the dead-letter queue.
 */
import { fileURLToPath } from "node:url";
import { unstable_readConfig } from "wrangler";
import { type Meter, queueChunks } from "./meter.ts";
import { createWaitingQueue, type WaitingQueue } from "./waiting-queue.ts";

interface Stored {
  id: string;
  body: unknown;
  chunks: number;
  attempts: number;
  sentAt: number;
}

interface Consumer {
  queue: string;
  max_batch_size?: number;
  max_batch_timeout?: number;
  max_retries?: number;
  retry_delay?: number;
  dead_letter_queue?: string;
}

interface Deliverable {
  consumer: Consumer;
  waiting: WaitingQueue<Stored>;
}

export interface Queues {
  /** A producer's binding. Messages are copied, as the platform copies them. */
  binding(queue: string): Queue;
  /** When the next batch of any queue is due, in epoch ms; Infinity where nothing waits. */
  dueAt(): number;
  /** Hand the batch that is due at `now` to `consume`, and do with its messages as it says. */
  deliver(now: number, consume: (batch: MessageBatch) => Promise<void>): Promise<void>;
  /** Batches and messages delivered so far, by queue. */
  delivered: Map<string, { batches: number; messages: number }>;
}

/** The rules of the consumers in wrangler.toml. */
export function readConsumers(): Consumer[] {
  const config = fileURLToPath(new URL("../../wrangler.toml", import.meta.url));
  return unstable_readConfig({ config }).queues.consumers ?? [];
}

export function createQueues(consumers: readonly Consumer[], meter: Meter, now: () => number): Queues {
  const queues = new Map<string, Deliverable>();
  for (const consumer of consumers) {
    const rules = {
      maxBatchSize: consumer.max_batch_size ?? 10,
      maxBatchTimeoutMs: (consumer.max_batch_timeout ?? 5) * 1000,
    };
    queues.set(consumer.queue, { consumer, waiting: createWaitingQueue<Stored>(rules) });
  }
  const of = (queue: string): Deliverable => {
    const found = queues.get(queue);
    if (!found) throw new Error(`wrangler.toml has no consumer for ${queue}`);
    return found;
  };
  let count = 0;
  const delivered: Queues["delivered"] = new Map();

  const send = (queue: string, body: unknown, { contentType = "json", delaySeconds = 0 } = {}) => {
    const text = contentType === "text" ? String(body) : JSON.stringify(body);
    const chunks = queueChunks(Buffer.byteLength(text));
    meter.add("queueOperations", chunks);
    const stored = {
      id: `m${count++}`,
      body: contentType === "text" ? text : JSON.parse(text),
      chunks,
      attempts: 1,
      sentAt: now(),
    };
    of(queue).waiting.add(stored, now() + delaySeconds * 1000);
  };

  const earliest = () =>
    [...queues.values()].reduce((first, queue) =>
      queue.waiting.dueAt() < first.waiting.dueAt() ? queue : first,
    );

  const settle = (
    { consumer, waiting }: Deliverable,
    message: Stored,
    again: { delaySeconds?: number } | undefined,
  ) => {
    if (!again) {
      meter.add("queueOperations", message.chunks); // the delete
    } else if (message.attempts > (consumer.max_retries ?? 3)) {
      meter.add("queueOperations", message.chunks);
      if (consumer.dead_letter_queue) send(consumer.dead_letter_queue, message.body);
    } else {
      waiting.add(
        { ...message, attempts: message.attempts + 1 },
        now() + (again.delaySeconds ?? consumer.retry_delay ?? 0) * 1000,
      );
    }
  };

  return {
    delivered,
    binding: (queue) => {
      of(queue);
      const producer = {
        send: async (body: unknown, options?: { contentType?: string; delaySeconds?: number }) =>
          send(queue, body, options),
        sendBatch: async (
          messages: Iterable<{ body: unknown; contentType?: string; delaySeconds?: number }>,
        ) => {
          for (const { body, ...options } of messages) send(queue, body, options);
        },
      };
      return producer as unknown as Queue; // Only what src/ uses of it is there.
    },
    dueAt: () => earliest().waiting.dueAt(),
    async deliver(at, consume) {
      const queue = earliest();
      const messages = queue.waiting.take(at);
      const name = queue.consumer.queue;
      const known = delivered.get(name) ?? { batches: 0, messages: 0 };
      delivered.set(name, { batches: known.batches + 1, messages: known.messages + messages.length });
      const again = new Map<Stored, { delaySeconds?: number }>();
      for (const { chunks } of messages) meter.add("queueOperations", chunks); // the read
      const batch = {
        queue: name,
        messages: messages.map((message) => ({
          ...{
            id: message.id,
            body: message.body,
            attempts: message.attempts,
            timestamp: new Date(message.sentAt),
          },
          ack: () => again.delete(message),
          retry: (options: { delaySeconds?: number } = {}) => again.set(message, options),
        })),
        ackAll: () => again.clear(),
        retryAll: () => {
          for (const message of messages) again.set(message, {});
        },
      };
      try {
        await consume(batch as unknown as MessageBatch); // Only what src/ uses of it is there.
      } catch (error) {
        console.error(`${name}: a batch failed:`, error);
        batch.retryAll();
      }
      for (const message of messages) settle(queue, message, again.get(message));
    },
  };
}
