/**
 * Other requests of a person who is erased: results that are kept of them hold what is erased, and one that waits for
 * somebody to verify it names them still. Called by the erasure's step, and after a restore (recover.ts).
 */
import { isOpen } from "./request.ts";
import { changeRequest, destroyKey, requestsNaming } from "./store.ts";
import { deleteExports } from "./work-state.ts";

const REQUESTS_AT_ONCE = 50;

/**
 * End the next of them; an erasure that is under way is left to end by itself.
 * @param keys of the person @param except the erasure itself @param now epoch ms
 * @returns how many, and whether there may be more
 */
export async function endRequestsOf(
  { db, bucket }: { db: D1Database; bucket: R2Bucket },
  keys: readonly string[],
  except: string,
  now: number,
): Promise<{ ended: number; more: boolean }> {
  const others = await requestsNaming(db, keys, except, REQUESTS_AT_ONCE);
  for (const { id } of others) {
    await deleteExports(bucket, id);
    await destroyKey(db, id);
    await changeRequest(db, id, (other) => ({
      subjects: [],
      sealed: null,
      resultsUntil: null,
      ...(isOpen(other) && {
        status: "cancelled",
        completedAt: now,
        cancelledReason: "The person's data was erased by another request.",
      }),
    }));
  }
  // Those that were ended name nobody any more, so that the next call finds others.
  return { ended: others.length, more: others.length === REQUESTS_AT_ONCE };
}
