/**
 * Packing items into queue messages: one destination's items each, at most 60 KB, because a message is billed per
 * 64 KB. Used by ingest, by retries and when parked items are released.
 */
import type { DeliveryEnvelope, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Receipt } from "#contracts/messages/receipt";

/** All of an envelope's JSON, in bytes. */
export const ENVELOPE_LIMIT_BYTES = 60_000;

/** Room for the envelope's own fields: an id, the destination's key, and their names. */
const FRAME_BYTES = 500;

export interface Packed {
  envelopes: DeliveryEnvelope[];
  /** Items that fit no envelope; `oversizeReceipts` says so of each. */
  tooLarge: DeliveryItem[];
}

/**
 * Pack items in their order.
 * @param idOf the id of the nth envelope; stable ids make a repeated packing the same messages
 */
export function packItems(
  destination: string,
  items: readonly DeliveryItem[],
  idOf: (n: number) => string,
): Packed {
  const envelopes: DeliveryEnvelope[] = [];
  const tooLarge: DeliveryItem[] = [];
  let room = 0;
  for (const item of items) {
    const bytes = sizeOf(item);
    if (bytes + FRAME_BYTES > ENVELOPE_LIMIT_BYTES) {
      tooLarge.push(item);
      continue;
    }
    const last = envelopes.at(-1);
    if (last && bytes <= room) {
      last.items.push(item);
      room -= bytes;
    } else {
      envelopes.push({ v: 1, kind: "delivery", id: idOf(envelopes.length), destination, items: [item] });
      room = ENVELOPE_LIMIT_BYTES - FRAME_BYTES - bytes;
    }
  }
  return { envelopes, tooLarge };
}

/** One failed receipt for each item that fits no envelope; a large event harms only itself. */
export const oversizeReceipts = (
  destination: string,
  items: readonly DeliveryItem[],
  at: number,
): Receipt[] =>
  items.map((item) => ({
    stage: "delivery",
    eventId: item.event.id,
    at,
    destination,
    itemId: item.id,
    attempt: item.attempt,
    outcome: "failed",
    code: "item_too_large",
    consentReceipt: item.event.consent.receipt,
  }));

/** With two digits for the attempt and the round, so that an item that fits at first fits at every retry and replay. */
const sizeOf = (item: DeliveryItem): number =>
  new TextEncoder().encode(JSON.stringify({ ...item, attempt: 99, via: "backfill", round: 99 })).length + 1;
