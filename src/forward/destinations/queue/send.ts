/**
 * Messages into a queue that the customer has bound to the Worker, in batches as large as Cloudflare takes them. A batch
 * is taken as a whole or not at all; one that broke off may have been taken, so every message has an id that stays.
 * https://developers.cloudflare.com/queues/platform/limits/
 */
import type { CustomerMessage } from "#contracts/messages/customer_message";
import type { DeliveryOutcome } from "#core/outcome";
import {
  type EraseContext,
  type ErasureOutcome,
  type ErasurePerson,
  type Health,
  type Mapped,
  NOT_TRIED,
  type SendContext,
} from "../contract.ts";
import { untilMended } from "../erasure.ts";
import type { QueueBody } from "./map.ts";
import type { QueueSettings } from "./settings.ts";

/** Cloudflare's limits, in bytes and messages; it counts some 100 bytes of its own with each message. */
const LIMITS = { message: 128_000, batch: 256_000, messages: 100, own: 200 } as const;

type Context = SendContext<QueueSettings>;

/** Put messages into the queue: one outcome for each body. */
export async function sendToQueue(
  bodies: readonly Mapped<QueueBody>[],
  { settings, queueOf, signal }: Context,
): Promise<DeliveryOutcome[]> {
  const queue = queueOf(settings.binding);
  // A person must bind it: the destination is paused, and what is for it waits.
  if (!queue)
    return bodies.map(() => ({ status: "unauthorized", detail: `queue_missing:${settings.binding}` }));

  const outcomes: DeliveryOutcome[] = bodies.map(() => ({ status: "retry", code: NOT_TRIED }));
  const batches: { bytes: number; indexes: number[]; messages: MessageSendRequest[] }[] = [];
  for (const [index, { itemId, body }] of bodies.entries()) {
    const message = { ...body, id: itemId };
    const bytes = sizeOf(message) + LIMITS.own;
    if (bytes > LIMITS.message) {
      outcomes[index] = { status: "failed", code: "too_large", detail: `${bytes} bytes` };
      continue;
    }
    let last = batches.at(-1);
    if (!last || last.messages.length === LIMITS.messages || last.bytes + bytes > LIMITS.batch) {
      last = { bytes: 0, indexes: [], messages: [] };
      batches.push(last);
    }
    last.bytes += bytes;
    last.indexes.push(index);
    last.messages.push({ body: message, contentType: "json" });
  }
  for (const { indexes, messages } of batches) {
    if (signal.aborted) break;
    const outcome: DeliveryOutcome = (await put(queue, messages))
      ? { status: "delivered" }
      : { status: "retry", code: "queue_refused" };
    for (const index of indexes) outcomes[index] = outcome;
  }
  return outcomes;
}

const sizeOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;

async function put(
  queue: NonNullable<ReturnType<Context["queueOf"]>>,
  messages: readonly MessageSendRequest[],
): Promise<boolean> {
  try {
    await queue.sendBatch(messages);
    return true;
  } catch {
    // Its error may quote what it was given. Whatever it was: nobody has confirmed the batch.
    return false;
  }
}

/** An erasure as a message of its own. What comes of it only the consumer knows. */
export async function eraseByQueue(
  { emails, subjects }: ErasurePerson,
  { settings, queueOf, now, id, personal }: EraseContext<QueueSettings>,
): Promise<ErasureOutcome> {
  if (subjects.length === 0 && (!personal || emails.length === 0))
    return { status: "none", detail: "no_identifier_of_theirs" };
  const queue = queueOf(settings.binding);
  if (!queue)
    return untilMended(
      "queue_missing",
      "The Worker has no such queue: bind it again, so that it can be told.",
    );
  const message: CustomerMessage = {
    v: 1,
    kind: "erasure",
    id,
    timestamp: new Date(now).toISOString(),
    subjects: [...subjects],
    ...(personal && { emails: [...emails] }),
  };
  return (await put(queue, [{ body: message, contentType: "json" }]))
    ? { status: "requested" }
    : { status: "retry", code: "queue_refused" };
}

/** A queue is there or it is not: nothing is sent. */
export const askQueue = async ({ settings, queueOf }: Context): Promise<Health> =>
  queueOf(settings.binding)
    ? { status: "ok" }
    : { status: "misconfigured", code: "queue_missing", detail: settings.binding };
