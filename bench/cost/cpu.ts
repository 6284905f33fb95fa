/**
 * CPU of our code: the main thread's, less what passes while a binding is at work, since that is the simulation's own.
 * Handlers run one after the other here, so what is between is theirs.
 */

export interface CpuMeter {
  /** Runs a binding's work, whose CPU is not ours. */
  outside<T>(work: () => Promise<T>): Promise<T>;
  /** Runs a handler; gives its CPU in ms. */
  measure(handler: () => Promise<unknown>): Promise<number>;
}

export function createCpuMeter(): CpuMeter {
  let depth = 0;
  let leftAt = 0;
  let excluded = 0;
  const now = () => {
    const { user, system } = process.threadCpuUsage();
    return user + system;
  };
  return {
    async outside(work) {
      if (depth++ === 0) leftAt = now();
      try {
        return await work();
      } finally {
        if (--depth === 0) excluded += now() - leftAt;
      }
    },
    async measure(handler) {
      excluded = 0;
      const begun = now();
      await handler();
      return Math.max(0, now() - begun - excluded) / 1000;
    },
  };
}
