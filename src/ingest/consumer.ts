/**
 * The events queue's edge: reads messages, runs ingest over those that are envelopes, and acknowledges what succeeded.
 * What failed comes again, and redelivery is exact, because of claims.
 */
import { type EventEnvelope, eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { logError } from "#core/log";
import { retryLater } from "#core/retry-later";
import { type IngestDeps, ingest } from "./ingest.ts";

/** An envelope and the message that brought it. */
interface Delivery {
  message: Message<unknown>;
  envelope: EventEnvelope;
}

/** So many events are folded together: what one batch reads and writes at once stays bounded. */
const MAX_EVENTS_TOGETHER = 1_000;

/** Consume one batch. Never throws after an acknowledgement. */
export async function consumeEvents(batch: MessageBatch<unknown>, deps: IngestDeps): Promise<void> {
  const deliveries: Delivery[] = [];
  for (const message of batch.messages) {
    const envelope = readEnvelope(message.body);
    if (envelope) deliveries.push({ message, envelope });
    else await bury(message, deps.lake);
  }
  for (const group of inGroups(deliveries)) {
    if (await succeeds(group, deps)) continue;
    // One of them may be what fails: each by itself, so that it harms only itself.
    for (const one of group)
      if (group.length === 1 || !(await succeeds([one], deps))) retryLater(one.message);
  }
}

async function succeeds(group: readonly Delivery[], deps: IngestDeps): Promise<boolean> {
  try {
    await ingest(
      group.map(({ envelope }) => envelope),
      deps,
    );
  } catch (error) {
    const ids = group.map(({ envelope }) => envelope.id).join(", ");
    logError(`ingest of ${ids} failed`, error);
    return false;
  }
  for (const { message } of group) message.ack();
  return true;
}

function inGroups(deliveries: readonly Delivery[]): Delivery[][] {
  const groups: Delivery[][] = [];
  let room = 0;
  for (const delivery of deliveries) {
    const size = delivery.envelope.events.length + delivery.envelope.refused.length;
    if (groups.length === 0 || size > room) {
      groups.push([]);
      room = MAX_EVENTS_TOGETHER;
    }
    groups.at(-1)?.push(delivery);
    room -= size;
  }
  return groups;
}

/** Not an envelope: kept for a person to look at, and out of the way of the others. */
async function bury(message: Message<unknown>, lake: R2Bucket): Promise<void> {
  try {
    await lake.put(`dead/doorstep-events/${message.id}.json`, JSON.stringify(message.body) ?? "null");
    message.ack();
  } catch (error) {
    logError("keeping an unreadable message failed", error);
    retryLater(message);
  }
}

function readEnvelope(body: unknown): EventEnvelope | undefined {
  try {
    const parsed = eventEnvelopeSchema.safeParse(typeof body === "string" ? JSON.parse(body) : body);
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // Not JSON: the caller keeps it in R2.
  }
}
