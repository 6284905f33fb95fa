/** How long something takes, where a test holds that hostile input cannot make it slow. */

/** Milliseconds of the fastest of several runs: what else the machine does meanwhile is not ours. */
export function fastest(work: () => unknown, runs = 5): number {
  const taken = Array.from({ length: runs }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
  return Math.min(...taken);
}
