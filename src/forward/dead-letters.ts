/**
 * The consumer of the three dead-letter queues. A message that failed there too often would be lost after the queue's
 * retention, so each is written to R2 by its id before it is acked: the same message overwrites itself.
 */
import type { Clock } from "#core/clock";
import { logError } from "#core/log";
import { putDeadMessage } from "./store.ts";

/** Keep a batch of dead letters under `dead/<queue>/`. A message that cannot be kept stays in the queue. */
export async function consumeDeadLetters(
  batch: MessageBatch<unknown>,
  bucket: R2Bucket,
  clock: Clock,
): Promise<void> {
  const kept = await Promise.all(
    batch.messages.map(async ({ id, attempts, body }) => {
      try {
        await putDeadMessage(bucket, batch.queue, id, { at: clock(), attempts, body });
        return true;
      } catch (error) {
        logError("keeping a dead letter failed", error);
        return false;
      }
    }),
  );
  for (const [index, message] of batch.messages.entries()) {
    if (kept[index]) message.ack();
    else message.retry({ delaySeconds: 60 });
  }
}
