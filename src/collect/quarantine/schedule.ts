/** What the cron does for the quarantine: replays that a crash left half done each minute, the retention once an hour. */
import { DAY_MS } from "#core/clock";
import { finishReplays, type ReplayContext } from "./replay.ts";
import { dayOf } from "./status.ts";
import { forgetBefore } from "./store.ts";

const HOURLY_MINUTE = 17;
const ROUNDS = 10;

/**
 * One run. What is too old goes first, and whatever becomes of the replays: how long is kept is a promise.
 * @param now epoch ms @param days how long events are kept; those of a day go together at its end
 */
export async function tendQuarantine(context: ReplayContext, now: number, days: number): Promise<void> {
  const isHour = new Date(now).getUTCMinutes() === HOURLY_MINUTE;
  const [forgotten] = await Promise.allSettled([isHour ? forgetOld(context, now, days) : undefined]);
  await finishReplays(context, now);
  if (forgotten.status === "rejected") throw forgotten.reason;
}

/** Forget what is older than it may be: a bounded number of rounds, the rest an hour later. */
export async function forgetOld(
  stores: { db: D1Database; bucket: R2Bucket },
  now: number,
  days: number,
): Promise<void> {
  const day = dayOf(now - days * DAY_MS);
  for (let round = 0; round < ROUNDS; round++) if (!(await forgetBefore(stores, day))) return;
}
