/**
 * A few requests at a time. A Worker has six open connections at most, shared by all destinations of a batch: each
 * takes two, so that none can starve another.
 */
export const CONNECTIONS = 2;

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
