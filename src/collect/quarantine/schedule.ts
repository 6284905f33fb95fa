/** What the cron does for the quarantine: replays that a crash left half done each minute, the retention once an hour. */
import { DAY_MS } from "#core/clock";
import { finishReplays, type ReplayContext } from "./replay.ts";
import { dayOf } from "./status.ts";
import { forgetBefore } from "./store.ts";

const HOURLY_MINUTE = 17;
const ROUNDS = 10;

/** One run. @param now epoch ms @param days how long events are kept; those of a day go together at its end */
export async function tendQuarantine(context: ReplayContext, now: number, days: number): Promise<void> {
  await finishReplays(context, now);
  if (new Date(now).getUTCMinutes() === HOURLY_MINUTE) await forgetOld(context, now, days);
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
