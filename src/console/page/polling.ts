/** Asks again and again while a view is shown in a visible tab, and never twice at once: every round is billed. */

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
    if (running && !document.hidden) timer = setTimeout(() => void round(), everyMs);
  };
  const onVisible = () => {
    if (!document.hidden) void round();
  };
  return {
    start() {
      if (running) return;
      running = true;
      document.addEventListener("visibilitychange", onVisible);
      void round();
    },
    stop() {
      running = false;
      document.removeEventListener("visibilitychange", onVisible);
      clearTimeout(timer);
    },
    now: round,
  };
}
