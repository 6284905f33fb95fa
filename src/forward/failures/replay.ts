/**
 * Putting failed items back into their queue. Who replays has claimed them, so that of several who try one does; they are
 * forgotten only after the queue has confirmed them. A crash in between leaves the claim, which the same job takes up, or
 * another after ten minutes: the item then goes out under the id that it always had. Consent and suppression are checked
 * again when it is delivered.
 */
import type { DeliveryEnvelope, DeliveryItem } from "#contracts/messages/delivery_envelope";
import { packItems } from "../envelope.ts";
import { deleteDeadItem, readDeadItem } from "../store.ts";
import { type Failure, forgetClaimed, releaseClaim } from "./store.ts";

export interface ReplayContext {
  db: D1Database;
  bucket: R2Bucket;
  queue: Pick<Queue<DeliveryEnvelope>, "send">;
  /** As the failures were claimed. */
  claim: string;
}

/** R2 objects read at the same time: a Worker has six connections. */
const PARALLEL = 5;

/** How many were put back, or discarded; and how many stay, since they have no item any more or fit no message. */
export interface Ended {
  done: number;
  gone: number;
  tooLarge: number;
}

/**
 * Replay claimed failures of one destination, or forget them without.
 * @param also what is to be written in the same transaction as that they are forgotten
 * @returns with what `also` gave
 */
export async function endFailures(
  failures: readonly Failure[],
  { db, bucket, queue, claim }: ReplayContext,
  what: "replay" | "discard",
  also: (ended: Ended) => D1PreparedStatement[] = () => [],
): Promise<Ended & { kept: D1Result[] }> {
  const items = new Map<string, DeliveryItem>();
  const stays = new Set<string>();
  try {
    for (let at = 0; at < failures.length; at += PARALLEL) {
      const group = failures.slice(at, at + PARALLEL);
      const read = await Promise.all(
        group.map(({ destination, itemId }) => readDeadItem(bucket, destination, itemId)),
      );
      for (const item of read) if (item) items.set(item.id, item);
    }
    const [first] = failures;
    if (first && what === "replay") {
      const again = [...items.values()].map(asReplayed);
      const { envelopes, tooLarge } = packItems(first.destination, again, (n) => `${claim} ${n}`);
      for (const { id } of tooLarge) stays.add(id);
      for (const envelope of envelopes) await queue.send(envelope);
    }
  } catch (error) {
    await releaseClaim(db, claim).run();
    throw error;
  }
  const gone = failures.length - items.size;
  // Whose item is gone cannot be replayed, and is listed until somebody discards it.
  const known = what === "discard" ? failures.map(({ itemId }) => itemId) : [...items.keys()];
  const ids = known.filter((id) => !stays.has(id));
  const ended = { done: ids.length, gone, tooLarge: stays.size };
  const [forgotten, , ...kept] = await db.batch([
    forgetClaimed(db, ids, claim),
    releaseClaim(db, claim),
    ...also(ended),
  ]);
  for (const { itemId } of (forgotten?.results ?? []) as { itemId: string }[]) {
    const item = items.get(itemId);
    const failure = failures.find((one) => one.itemId === itemId);
    if (item && failure) await deleteDeadItem(bucket, failure.destination, item);
  }
  return { ...ended, kept };
}

/** A failed item as it goes out again. */
export const asReplayed = (item: DeliveryItem): DeliveryItem => ({
  ...item,
  attempt: 1,
  via: "replay",
  round: (item.round ?? 0) + 1,
});
