/**
 * The ids that make a delivery the same one however often it is made: of an item, and of the place that its sealed
 * traits are bound to. SHA-256, because event ids are chosen by senders.
 */
import type { Place } from "#privacy/seal";

/**
 * `hash(event id, destination, subject)`, 32 hex digits: a vendor's idempotency key.
 * @param subject the identifier that the event's facts belong to: two people's clients may both count from 1
 */
export async function itemIdOf(eventId: string, destination: string, subject: string): Promise<string> {
  const named = new TextEncoder().encode(JSON.stringify([eventId, destination, subject]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", named), 0, 16);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What an item's sealed traits are bound to. */
export const deliveryPlace = (itemId: string): Place => ["delivery", itemId];
