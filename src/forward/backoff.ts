/** When an item is tried again. Exponential with full jitter, so that items that failed together do not meet again. */

/** An item that failed this often has failed for good. */
export const MAX_ATTEMPTS = 12;

const MAX_BACKOFF_SECONDS = 3_600;
/** A queue delays a message by twelve hours at most. */
const MAX_DELAY_SECONDS = 43_200;

/**
 * Seconds until the next attempt, at least 1.
 * @param attempt the one that just failed, 1 the first
 * @param random in [0, 1)
 * @param afterSeconds what the vendor asked for; it is waited for in full, and a part of one base is added as jitter
 */
export function retryDelaySeconds(
  attempt: number,
  random: number,
  baseSeconds: number,
  afterSeconds?: number,
): number {
  if (afterSeconds !== undefined) {
    return Math.min(MAX_DELAY_SECONDS, Math.max(1, Math.ceil(afterSeconds + random * baseSeconds)));
  }
  const ceiling = Math.min(MAX_BACKOFF_SECONDS, baseSeconds * 2 ** (attempt - 1));
  return Math.max(1, Math.ceil(random * ceiling));
}
