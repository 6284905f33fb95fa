/**
 * What Node knows about the local queues: batches in flight and messages that wait out a delay (told by
 * queue-watch.ts), and backlogs (asked from the queues themselves). `drain` waits until there is nothing of the three.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { BatchReport } from "./queue-watch.ts";

/** The part of a consumer's configuration that decides where a failed message goes. */
export interface ConsumerSettings {
  maxRetries?: number | undefined;
  retryDelay?: number | undefined;
}

/** What one queue still holds. `delayedMs` is how long until the last delayed message comes back. */
export interface QueueLeft {
  queue: string;
  waiting: number;
  inFlight: number;
  delayed: number;
  delayedMs: number;
}

export interface DrainOptions {
  /** At most this long; 30 s. */
  timeoutMs?: number;
  /** Nothing must be left for this long, since one queue's end may be another's beginning; 400 ms. */
  quietMs?: number;
  /** Called whenever what is left has changed. */
  onProgress?: (left: QueueLeft[]) => void;
}

/** `left` names the queues that were not empty when the time was up. */
export interface DrainResult {
  drained: boolean;
  left: QueueLeft[];
}

/** Delays are counted from when Node heard of them, a little after they began: this much is added. */
const DELAY_SLACK_MS = 250;

const POLL_MS = 50;

export interface QueueLedger {
  record(report: BatchReport): void;
  drain(backlog: (queue: string) => Promise<number>, options?: DrainOptions): Promise<DrainResult>;
}

/** A ledger for the given consumers, by queue name. */
export function createQueueLedger(consumers: Record<string, ConsumerSettings>): QueueLedger {
  const inFlight = new Map<string, number>();
  const dueAt = new Map<string, number[]>();

  const delay = (queue: string, seconds: number) => {
    const list = dueAt.get(queue) ?? [];
    list.push(Date.now() + seconds * 1000 + DELAY_SLACK_MS);
    dueAt.set(queue, list);
  };

  const look = async (backlog: (queue: string) => Promise<number>): Promise<QueueLeft[]> => {
    const now = Date.now();
    const names = Object.keys(consumers);
    const waiting = await Promise.all(names.map(backlog));
    return names
      .map((queue, index) => {
        const due = (dueAt.get(queue) ?? []).filter((at) => at > now);
        dueAt.set(queue, due);
        return {
          queue,
          waiting: waiting[index] ?? 0,
          inFlight: inFlight.get(queue) ?? 0,
          delayed: due.length,
          delayedMs: Math.max(0, ...due.map((at) => at - now)),
        };
      })
      .filter((left) => left.waiting + left.inFlight + left.delayed > 0);
  };

  return {
    record({ queue, phase, messages, retries, delayed }) {
      inFlight.set(
        queue,
        Math.max(0, (inFlight.get(queue) ?? 0) + (phase === "started" ? messages : -messages)),
      );
      if (phase === "started") return;
      const { maxRetries = 2, retryDelay = 0 } = consumers[queue] ?? {};
      // A message out of retries is moved to its dead-letter queue at once.
      for (const { attempts, delaySeconds } of retries) {
        if (attempts <= maxRetries) delay(queue, delaySeconds ?? retryDelay);
      }
      for (const seconds of delayed) delay(queue, seconds);
    },

    async drain(backlog, { timeoutMs = 30_000, quietMs = 400, onProgress } = {}) {
      const deadline = Date.now() + timeoutMs;
      let quietSince: number | undefined;
      let shown = "";
      for (;;) {
        const left = await look(backlog);
        const now = Date.now();
        quietSince = left.length > 0 ? undefined : (quietSince ?? now);
        const state = left.map(describeLeft).join("; ");
        if (state !== shown) {
          shown = state;
          if (left.length > 0) onProgress?.(left);
        }
        if (quietSince !== undefined && now - quietSince >= quietMs) return { drained: true, left: [] };
        if (now >= deadline) return { drained: left.length === 0, left };
        await sleep(POLL_MS);
      }
    },
  };
}

/** One queue in words: `doorstep-crm: 2 waiting, 1 in flight, 3 delayed (up to 4 s)`. */
export function describeLeft({ queue, waiting, inFlight, delayed, delayedMs }: QueueLeft): string {
  const parts = [
    waiting > 0 && `${waiting} waiting`,
    inFlight > 0 && `${inFlight} in flight`,
    delayed > 0 && `${delayed} delayed (up to ${Math.ceil(delayedMs / 1000)} s)`,
  ];
  return `${queue}: ${parts.filter(Boolean).join(", ")}`;
}
