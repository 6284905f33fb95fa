/**
 * When a queue hands which messages to its consumer, in virtual time: a batch goes as soon as `maxBatchSize` messages
 * can be seen, or `maxBatchTimeoutMs` after the first of them could. A delayed message cannot be seen before its time.
 */

export interface BatchRules {
  maxBatchSize: number;
  maxBatchTimeoutMs: number;
}

interface Waiting<T> {
  visibleAt: number;
  message: T;
}

export interface WaitingQueue<T> {
  /** @param visibleAt epoch ms from which it may be in a batch */
  add(message: T, visibleAt: number): void;
  /** When the next batch is due, if nothing else is sent meanwhile; Infinity where nothing waits. */
  dueAt(): number;
  /** The batch that is due at `now`. */
  take(now: number): T[];
}

export function createWaitingQueue<T>({ maxBatchSize, maxBatchTimeoutMs }: BatchRules): WaitingQueue<T> {
  /** In order of `visibleAt`; of two with the same, in the order they came. */
  const waiting: Waiting<T>[] = [];
  return {
    add(message, visibleAt) {
      let place = waiting.length;
      while (place > 0 && (waiting[place - 1]?.visibleAt ?? 0) > visibleAt) place--;
      waiting.splice(place, 0, { message, visibleAt });
    },
    dueAt() {
      const first = waiting[0];
      if (!first) return Number.POSITIVE_INFINITY;
      const filledAt = waiting[maxBatchSize - 1]?.visibleAt ?? Number.POSITIVE_INFINITY;
      return Math.min(filledAt, first.visibleAt + maxBatchTimeoutMs);
    },
    take(now) {
      let count = 0;
      while (count < maxBatchSize && (waiting[count]?.visibleAt ?? Number.POSITIVE_INFINITY) <= now) count++;
      return waiting.splice(0, count).map(({ message }) => message);
    },
  };
}
