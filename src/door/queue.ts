/**
 * Handing a request's envelopes to the events queue. The caller's 2xx waits for this: what a queue has confirmed is on
 * disk. A queue that refuses is followed by the next one, if more are bound; where none takes the envelopes, the sender
 * is told to come again.
 *
 * Called by src/collect/accept.ts; made once by src/app.ts.
 */
import { logError } from "#core/log";
import { Problem } from "#core/problem";

/** Limits of one `sendBatch`. */
const MAX_BATCH_MESSAGES = 100;
const MAX_BATCH_BYTES = 250_000;
/** A queue that refused is asked last for this long, so that an outage costs one request its wait and not all of them. */
const AVOID_MS = 10_000;
const RETRY_AFTER_SECONDS = 5;
const encoder = new TextEncoder();

/**
 * Sends serialised envelopes.
 * @param now epoch ms
 * @throws Problem 503 `queue_unavailable` with Retry-After unless every one of them was confirmed
 */
export type SendEnvelopes = (messages: readonly string[], now: number) => Promise<void>;

/**
 * A sender to the first queue that takes a message. The text that another queue refused goes to the next one as it is,
 * its envelope's id with it: a queue that kept a message and failed to say so makes a copy, which ingest knows by that id.
 * @param queues in the order in which they are tried; all have the events consumer
 */
export function envelopeSender(queues: readonly Queue<string>[]): SendEnvelopes {
  const avoidUntil = queues.map(() => 0);

  /** Whether the queue has confirmed. */
  const ask = async (at: number, group: readonly string[], now: number): Promise<boolean> => {
    const queue = queues[at];
    if (!queue) return false;
    try {
      const [only] = group;
      if (group.length === 1 && only !== undefined) await queue.send(only, TEXT);
      else await queue.sendBatch(group.map((body) => ({ body, contentType: "text" })));
      return true;
    } catch (error) {
      refused(at, now, error);
      return false;
    }
  };
  const refused = (at: number, now: number, error: unknown) => {
    avoidUntil[at] = now + AVOID_MS;
    logError(`events queue ${at} refused`, error);
  };

  /** First the queues that are thought well, then the others: an outage may be over. @param from place of the first of them */
  const deliver = async (group: readonly string[], now: number, from: number): Promise<boolean> => {
    const avoided = avoidUntil.map((until) => now < until);
    for (const wanted of [false, true]) {
      for (let at = from; at < queues.length; at++) {
        if (avoided[at] === wanted && (await ask(at, group, now))) return true;
      }
    }
    return false;
  };

  const sendAll = async (messages: readonly string[], now: number, from: number): Promise<void> => {
    let stored = 0;
    // One message need not be measured.
    for (const group of messages.length === 1 ? [messages] : inBatches(messages)) {
      if (!(await deliver(group, now, from))) throw unavailable(stored, messages.length);
      stored += group.length;
    }
  };

  return (messages, now) => {
    const [only] = messages;
    const [first] = queues;
    if (messages.length !== 1 || only === undefined || !first || now < (avoidUntil[0] ?? 0))
      return sendAll(messages, now, 0);
    const others = (error: unknown) => {
      refused(0, now, error);
      return sendAll(messages, now, 1);
    };
    // As nearly always: one message, to a queue that is thought well. Nothing waits but for its word.
    try {
      return first.send(only, TEXT).then(confirmed, others);
    } catch (error) {
      return others(error);
    }
  };
}

const TEXT = { contentType: "text" } as const;
const confirmed = () => {};

/** Half of a request may be stored. Sent again with the same event ids, what is stored already counts once. */
const unavailable = (stored: number, all: number): Problem =>
  new Problem(
    503,
    "queue_unavailable",
    stored === 0
      ? "The events could not be stored. Send them again."
      : `Only ${stored} of ${all} envelopes could be stored. Send all events again with the same ids: none counts twice.`,
    { "retry-after": String(RETRY_AFTER_SECONDS), "access-control-expose-headers": "Retry-After" },
  );

function inBatches(messages: readonly string[]): string[][] {
  const batches: string[][] = [];
  let batch: string[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = encoder.encode(message).length;
    if (batch.length > 0 && (batch.length === MAX_BATCH_MESSAGES || bytes + size > MAX_BATCH_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
