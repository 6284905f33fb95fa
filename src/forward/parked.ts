/**
 * Putting one destination's parked items back into its queue: oldest first, a bounded number of objects, and an object
 * is deleted only after the queue has confirmed its items. A crash in between repeats them, which is safe.
 */
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import type { NewId } from "#core/clock";
import { packItems } from "./envelope.ts";
import { deleteParked, listParked, putDeadMessage, readParked } from "./store.ts";

export interface ReleaseContext {
  bucket: R2Bucket;
  queue: Pick<Queue<DeliveryEnvelope>, "send">;
  newId: NewId;
  /** Epoch ms. */
  now: number;
  /** At most this many objects. */
  objects: number;
}

/** Release one destination's oldest parked objects. Gives the number of items. */
export async function releaseDestination(destination: string, context: ReleaseContext): Promise<number> {
  const { bucket, queue, newId, now } = context;
  const { objects } = await listParked(bucket, destination, context.objects);
  let released = 0;
  for (const { key } of objects) {
    const items = await readParked(bucket, key);
    if (!items) {
      await putDeadMessage(bucket, "parked", newId(), {
        at: now,
        attempts: 0,
        body: { key, code: "unreadable" },
      });
      await deleteParked(bucket, key);
      continue;
    }
    const { envelopes } = packItems(destination, items, () => newId());
    for (const envelope of envelopes) await queue.send(envelope);
    await deleteParked(bucket, key);
    released += items.length;
  }
  return released;
}
