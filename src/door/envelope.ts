/**
 * Packing a request's events into envelopes of at most 60 KB (a queue bills per 64 KB). queue.ts sends them.
 */
import type {
  AcceptedEvent,
  AnonymousCount,
  ConsentRecord,
  EventEnvelope,
  Refusal,
} from "#contracts/messages/event_envelope";
import type { NewId } from "#core/clock";

const MAX_ENVELOPE_BYTES = 60_000;
/** An event may be this large: an envelope, and a destination's with what ingest adds, must hold it. As Segment: 32 KB. */
export const MAX_EVENT_BYTES = 32_000;
const encoder = new TextEncoder();

/** A body of fewer characters than this has no event that is too large: nothing need be looked at. */
export const SMALL_BODY_CHARS = 8_000;

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

/** What one request leaves for ingest. */
export interface Taken {
  accepted: readonly AcceptedEvent[];
  refused: readonly Refusal[];
  counts?: AnonymousCount[];
  /** What the visitor has decided. */
  record?: ConsentRecord | undefined;
}

/**
 * The serialised envelopes of one request. Serialised here, once: their size has to be known. The visitor's decision is
 * in the first; of a request that has no event it is sent only where it withdraws.
 */
export function packEvents(
  { accepted, refused, counts, record }: Taken,
  stamp: { source: string; receivedAt: number; newId: NewId },
): string[] {
  const messages: string[] = [];
  const isWithdrawal = record !== undefined && record.granted.length === 0;
  let first = "";
  if (record && (accepted.length > 0 || isWithdrawal)) first = `,"record":${JSON.stringify(record)}`;
  if (counts && counts.length > 0) first += `,"counts":${JSON.stringify(counts)}`;
  let open = { events: [] as string[], refused: [] as string[], bytes: first === "" ? 0 : byteLength(first) };
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
      `${JSON.stringify(head).slice(0, -1)}${first},"events":[${open.events.join(",")}],"refused":[${open.refused.join(",")}]}`,
    );
    first = "";
    open = { events: [], refused: [], bytes: 0 };
  };
  const put = (list: "events" | "refused", item: AcceptedEvent | Refusal) => {
    const text = JSON.stringify(item);
    // A character has at most three bytes: what surely fits need not be measured.
    const most = text.length * 3 + 1;
    const bytes = open.bytes + most > MAX_ENVELOPE_BYTES - 256 ? byteLength(text) + 1 : most;
    if (open.bytes + bytes > MAX_ENVELOPE_BYTES - 256) close();
    open[list].push(text);
    open.bytes += bytes;
  };
  for (const event of accepted) put("events", event);
  for (const refusal of refused) put("refused", refusal);
  close();
  return messages;
}

/** UTF-8 length. */
const byteLength = (text: string): number => encoder.encode(text).length;
