/**
 * Packing accepted events into envelopes of at most 60 KB (a queue bills per 64 KB), and handing them to the events
 * queue. The caller's 2xx waits for this: what `send` has confirmed is on disk.
 */
import type { AcceptedEvent, EventEnvelope, Refusal } from "#contracts/messages/event_envelope";
import type { NewId } from "#core/clock";
import { Problem } from "#core/problem";

const MAX_ENVELOPE_BYTES = 60_000;
/** An event may be this large: an envelope, and a destination's with what ingest adds, must hold it. As Segment: 32 KB. */
export const MAX_EVENT_BYTES = 32_000;
/** Limits of one `sendBatch`. */
const MAX_BATCH_MESSAGES = 100;
const MAX_BATCH_BYTES = 250_000;
const encoder = new TextEncoder();

/** A body of fewer bytes than this has no event that is too large: nothing need be looked at. */
export const SMALL_BODY_BYTES = 16_000;

/** Whether an event fits no envelope. Texts and items alone decide: a small event is not serialised for this. */
export function isTooLarge(event: AcceptedEvent): boolean {
  return roughSize(event.properties) + roughSize(event.context) + (event.sealed?.length ?? 0) >
    MAX_EVENT_BYTES / 4
    ? byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES
    : false;
}

/** Characters of keys and texts, and some for everything else. */
function roughSize(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  let size = 0;
  for (const key in value) size += key.length + 4 + roughSize((value as Record<string, unknown>)[key]);
  return size;
}

/** The serialised envelopes of one request. Serialised here, once: their size has to be known. */
export function packEvents(
  events: readonly AcceptedEvent[],
  refused: readonly Refusal[],
  stamp: { source: string; receivedAt: number; newId: NewId },
): string[] {
  const messages: string[] = [];
  let open: { events: string[]; refused: string[]; bytes: number } = { events: [], refused: [], bytes: 0 };
  const close = () => {
    if (open.bytes === 0) return;
    const head: Omit<EventEnvelope, "events" | "refused"> = {
      v: 1,
      kind: "events",
      id: stamp.newId(),
      source: stamp.source,
      receivedAt: stamp.receivedAt,
    };
    messages.push(
      `${JSON.stringify(head).slice(0, -1)},"events":[${open.events.join(",")}],"refused":[${open.refused.join(",")}]}`,
    );
    open = { events: [], refused: [], bytes: 0 };
  };
  const put = (list: "events" | "refused", item: AcceptedEvent | Refusal) => {
    const text = JSON.stringify(item);
    const bytes = byteLength(text) + 1;
    if (open.bytes + bytes > MAX_ENVELOPE_BYTES - 256) close();
    open[list].push(text);
    open.bytes += bytes;
  };
  for (const event of events) put("events", event);
  for (const refusal of refused) put("refused", refusal);
  close();
  return messages;
}

/** Hand messages to the queue. @throws Problem 503 `queue_unavailable` with Retry-After where it does not confirm */
export async function enqueue(queue: Queue<string>, messages: readonly string[]): Promise<void> {
  try {
    if (messages.length === 1 && messages[0] !== undefined) {
      await queue.send(messages[0], { contentType: "text" });
      return;
    }
    for (const group of inBatches(messages)) {
      await queue.sendBatch(group.map((body) => ({ body, contentType: "text" })));
    }
  } catch (error) {
    console.error("events queue refused", error instanceof Error ? error.message : "unknown error");
    throw new Problem(503, "queue_unavailable", "The events could not be stored. Send them again.", {
      "retry-after": "5",
    });
  }
}

function inBatches(messages: readonly string[]): string[][] {
  const batches: string[][] = [];
  let batch: string[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = byteLength(message);
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

/** UTF-8 length. */
const byteLength = (text: string): number => encoder.encode(text).length;
