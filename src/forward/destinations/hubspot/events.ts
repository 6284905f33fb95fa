/**
 * Occurrences of custom events, on the timelines of contacts that are there. HubSpot takes each `uuid` once a year for an
 * event, so a repetition has no second effect. Last step of send.ts.
 * https://developers.hubspot.com/docs/api-reference/latest/events/send-event-data/batch-send-occurrences
 */
import type { DeliveryOutcome } from "#core/outcome";
import { callBatch, EVENTS_PATH, nothing, type Session } from "./api.ts";
import type { HubspotBody } from "./map.ts";

/** Send the custom events of these items; those without one have no outcome. */
export async function sendEvents<I extends { itemId: string; body: HubspotBody }>(
  session: Session,
  items: readonly I[],
): Promise<Map<I, DeliveryOutcome>> {
  const outcomes = new Map<I, DeliveryOutcome>();
  const inputs = items.flatMap((item) => {
    const { event, email, occurredAt } = item.body;
    if (!event) return [];
    const at = new Date(occurredAt).toISOString();
    const sent = { eventName: event.name, uuid: uuidOf(item.itemId), email, occurredAt: at };
    return [{ item, sent: { ...sent, properties: event.properties } }];
  });
  const parts = await callBatch(session, EVENTS_PATH, nothing, inputs, (batch) => ({
    inputs: batch.map(({ sent }) => sent),
  }));
  for (const part of parts) {
    const outcome: DeliveryOutcome = "outcome" in part ? part.outcome : { status: "delivered" };
    for (const { item } of part.inputs)
      outcomes.set(
        item,
        outcome.status === "failed"
          ? { ...outcome, detail: ["custom event", outcome.detail].filter(Boolean).join(" ") }
          : outcome,
      );
  }
  return outcomes;
}

/** An item's 32 hex digits as a UUID: version 8, which is for what one makes oneself (RFC 9562). */
function uuidOf(itemId: string): string {
  const hex = itemId
    .replace(/[^0-9a-f]/gi, "")
    .padEnd(32, "0")
    .slice(0, 32)
    .toLowerCase();
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
