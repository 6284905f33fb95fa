/**
 * The order of one destination's items: by when their events happened, and, where the destination keeps it, never two
 * items of one profile under way at once. Pure; called by deliver.ts and drain.ts.
 *
 * What the queue itself does not promise: messages come in any order, and one that could not be worked off comes again
 * later than those behind it. So the order that is kept is that in which items reach the consumer: whatever waits in a
 * message that was not brought yet may be passed. From there on nothing of a profile passes what came before it.
 */
import type { DeliveryItem } from "#contracts/messages/delivery_envelope";

/** Oldest event first; of the same moment, the one that was received first. */
export const byTime = ({ event: a, id }: DeliveryItem, { event: b, id: other }: DeliveryItem): number =>
  a.occurredAt - b.occurredAt || a.receivedAt - b.receivedAt || (id < other ? -1 : 1);

/**
 * Items as waves: in each wave one item of each profile at most, the first ones in the first. A wave may leave when the
 * one before it has ended.
 */
export function wavesOf<T extends { event: { profile: string } }>(items: readonly T[]): T[][] {
  const seen = new Map<string, number>();
  const waves: T[][] = [];
  for (const item of items) {
    const { profile } = item.event;
    const wave = seen.get(profile) ?? 0;
    seen.set(profile, wave + 1);
    const members = waves[wave] ?? [];
    members.push(item);
    waves[wave] = members;
  }
  return waves;
}
