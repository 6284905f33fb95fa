/**
 * A batch of queue messages as work: which items go to which destination, and which messages each item came in. A
 * message is done when all of its items are; an item that came twice is delivered once.
 */
import { type DeliveryItem, deliveryEnvelopeSchema } from "#contracts/messages/delivery_envelope";

/** One item, and the indexes of the messages that carry it. */
export interface Entry {
  item: DeliveryItem;
  messages: number[];
}

export interface Work {
  /** By the destination's key. */
  groups: Map<string, Entry[]>;
  /** Indexes of messages that are no delivery envelopes: they will never be. */
  unreadable: number[];
}

/** Sort the bodies of a batch's messages. */
export function sortBatch(bodies: readonly unknown[]): Work {
  const groups = new Map<string, Map<string, Entry>>();
  const unreadable: number[] = [];
  for (const [index, body] of bodies.entries()) {
    const parsed = deliveryEnvelopeSchema.safeParse(body);
    if (!parsed.success) {
      unreadable.push(index);
      continue;
    }
    const { destination, items } = parsed.data;
    const entries = groups.get(destination) ?? new Map<string, Entry>();
    groups.set(destination, entries);
    for (const item of items) {
      const known = entries.get(item.id);
      if (known) known.messages.push(index);
      else entries.set(item.id, { item, messages: [index] });
    }
  }
  return { groups: new Map([...groups].map(([key, entries]) => [key, [...entries.values()]])), unreadable };
}
