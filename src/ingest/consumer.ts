/**
 * The events queue's edge: reads messages, runs ingest over those that are envelopes, and acknowledges. All of a batch
 * is acknowledged or none: redelivery is exact, because of claims. Nothing is thrown after an acknowledgement.
 */
import { type EventEnvelope, eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { type IngestDeps, ingest } from "./ingest.ts";

/** Consume one batch. Throws where a store is down: the queue then redelivers the batch. */
export async function consumeEvents(batch: MessageBatch<unknown>, deps: IngestDeps): Promise<void> {
  const envelopes: EventEnvelope[] = [];
  for (const message of batch.messages) {
    const envelope = readEnvelope(message.body);
    if (envelope) envelopes.push(envelope);
    // Not an envelope: kept for a person to look at, and out of the way of the others.
    else
      await deps.lake.put(`dead/doorstep-events/${message.id}.json`, JSON.stringify(message.body) ?? "null");
  }
  await ingest(envelopes, deps);
  batch.ackAll();
}

function readEnvelope(body: unknown): EventEnvelope | undefined {
  try {
    const parsed = eventEnvelopeSchema.safeParse(typeof body === "string" ? JSON.parse(body) : body);
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // Not JSON: the caller keeps it in R2.
  }
}
