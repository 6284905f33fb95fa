/** Asks again and again while a view is shown, and never twice at once. */

export interface Poll {
  start(): void;
  stop(): void;
  /** Ask now, and from then on at the usual pace. */
  now(): Promise<void>;
}

/** @param ask one round; it is waited for before the next is planned */
export function poll(ask: () => Promise<void>, everyMs: number): Poll {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  let asking: Promise<void> | undefined;
  const round = async () => {
    clearTimeout(timer);
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    await asking;
    clearTimeout(timer);
    if (running) timer = setTimeout(() => void round(), everyMs);
  };
  return {
    start() {
      if (running) return;
      running = true;
      void round();
    },
    stop() {
      running = false;
      clearTimeout(timer);
    },
    now: round,
  };
}
