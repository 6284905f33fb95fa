/**
 * A few requests at a time. A Worker has six open connections at most, shared by all destinations of a batch: each
 * takes two, so that none can starve another.
 */
export const CONNECTIONS = 2;

/** Lets so many of whatever it is given run at a time; the others in their order. */
export function turnstile(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running < most) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

/** Run `work` over all items, at most `CONNECTIONS` at once; resolves when all are done. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (;;) {
      const item = items[next++];
      if (item === undefined) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONNECTIONS, items.length) }, lane));
}
