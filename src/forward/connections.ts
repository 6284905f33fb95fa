/**
 * The connections of one batch, shared among its destinations. A Worker's invocation has six that wait for an answer at
 * a time, stores and queues included; were they first come, first served, two dead vendors would hold them all. So one is
 * left to the stores, each destination that still works has one that nobody else may take, and what is over is lent.
 * https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections
 */
import type { Clock } from "#core/clock";
import type { Fetch } from "./destinations/contract.ts";
import { CONNECTIONS } from "./destinations/parallel.ts";

/** Of six, for all destinations together. */
const SHARED = 5;

/** The deadline came before there was a free connection: the vendor was not asked. */
export class NoConnection extends Error {}

/** One destination's `fetch`, and what was measured of it. */
export interface Line {
  fetch: Fetch;
  /** Until the answer's head; what waits for a free connection is not counted. */
  measured: { requests: number; latencyMs: number; slowestMs: number };
  /** Its work is done: others may have its connection. */
  end(): void;
}

export interface Connections {
  /** Its `fetch` throws `NoConnection` where it never got one. */
  open(fetch: Fetch, clock: Clock): Line;
}

interface Held {
  count: number;
  waiting: (() => void)[];
}

/** Connections for one batch. Every destination's line must be opened before the first request. */
export function shareConnections(): Connections {
  const lines = new Set<Held>();
  const mayTake = (own: Held): boolean => {
    let used = 0;
    let reserved = 0;
    for (const line of lines) {
      used += line.count;
      if (line !== own && line.count === 0) reserved++;
    }
    if (used >= SHARED || own.count >= CONNECTIONS) return false;
    return own.count === 0 || used + reserved < SHARED;
  };
  const wake = () => {
    for (const line of lines) if (line.waiting.length > 0 && mayTake(line)) line.waiting.shift()?.();
  };

  return {
    open(fetch, clock) {
      const own: Held = { count: 0, waiting: [] };
      lines.add(own);
      const measured = { requests: 0, latencyMs: 0, slowestMs: 0 };
      const take = async (signal: AbortSignal | null | undefined) => {
        while (!mayTake(own)) {
          await new Promise<void>((resolve) => {
            own.waiting.push(resolve);
            signal?.addEventListener("abort", () => resolve(), { once: true });
          });
          if (signal?.aborted) throw new NoConnection("no connection was free");
        }
        own.count++;
        // Whoever had the last one is behind the others for the next one.
        if (lines.delete(own)) lines.add(own);
      };
      return {
        measured,
        end() {
          lines.delete(own);
          wake();
        },
        async fetch(url, init) {
          await take(init.signal);
          const begun = clock();
          measured.requests++;
          try {
            return await fetch(url, init);
          } finally {
            own.count--;
            const ms = Math.max(0, clock() - begun);
            measured.latencyMs += ms;
            measured.slowestMs = Math.max(measured.slowestMs, ms);
            wake();
          }
        },
      };
    },
  };
}
