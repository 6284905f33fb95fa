/** What a local run waits for before it says that its queues are empty. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type ConsumerSettings,
  createQueueLedger,
  type DrainOptions,
  describeLeft,
} from "../../../scripts/local/queue-ledger.ts";
import type { BatchReport } from "../../../scripts/local/queue-watch.ts";

const CONSUMERS = { events: { maxRetries: 3, retryDelay: 5 }, crm: {} };
const NOW = Date.parse("2026-11-22T10:00:00Z");
/** The ledger adds this to what Node heard of. */
const SLACK_MS = 250;
const FAST: DrainOptions = { timeoutMs: 150, quietMs: 20 };

/** The clock stands still, and the polls do not: what is left is judged at one moment. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const report = (changes: Partial<BatchReport> = {}): BatchReport => ({
  queue: "events",
  phase: "ended",
  messages: 1,
  retries: [],
  delayed: [],
  ...changes,
});
const retry = (attempts: number, delaySeconds: number | null = null) => ({ attempts, delaySeconds });

/** What is left some time after the reports were heard, as a drain that does not wait says it. */
async function leftAfter(
  reports: readonly BatchReport[],
  afterMs = 0,
  consumers: Record<string, ConsumerSettings> = CONSUMERS,
) {
  const ledger = createQueueLedger(consumers);
  vi.setSystemTime(NOW);
  for (const one of reports) ledger.record(one);
  vi.setSystemTime(NOW + afterMs);
  return (await ledger.drain(async () => 0, { timeoutMs: 0 })).left;
}

describe("what is left", () => {
  it("nothing of queues that nothing was heard of", async () => {
    expect(await leftAfter([])).toEqual([]);
  });

  it("a batch from its start to its end", async () => {
    const started = report({ phase: "started", messages: 3 });
    expect(await leftAfter([started])).toEqual([
      { queue: "events", waiting: 0, inFlight: 3, delayed: 0, delayedMs: 0 },
    ]);
    expect(await leftAfter([started, report({ messages: 3 })])).toEqual([]);
  });

  it("two batches of one queue until both have ended", async () => {
    const two = [report({ phase: "started", messages: 2 }), report({ phase: "started", messages: 4 })];
    expect(await leftAfter([...two, report({ messages: 4 })])).toMatchObject([{ inFlight: 2 }]);
  });

  it("an end without a start hides no later batch", async () => {
    const started = report({ phase: "started", messages: 1 });
    expect(await leftAfter([report({ messages: 5 }), started])).toMatchObject([{ inFlight: 1 }]);
  });

  it("a message that is tried again, until its own delay is over", async () => {
    const ended = [report({ retries: [retry(1, 2)] })];
    expect(await leftAfter(ended)).toMatchObject([{ delayed: 1, delayedMs: 2_000 + SLACK_MS }]);
    expect(await leftAfter(ended, 2_000)).toMatchObject([{ delayed: 1, delayedMs: SLACK_MS }]);
    expect(await leftAfter(ended, 2_000 + SLACK_MS)).toEqual([]);
  });

  it("without a delay of its own it waits as long as its queue says", async () => {
    const retries = [retry(1)];
    expect(await leftAfter([report({ retries })])).toMatchObject([{ delayedMs: 5_000 + SLACK_MS }]);
    expect(await leftAfter([report({ queue: "crm", retries })])).toMatchObject([{ delayedMs: SLACK_MS }]);
  });

  it("not a message that is out of retries: it goes to the dead letters at once", async () => {
    expect(await leftAfter([report({ retries: [retry(3)] })])).toMatchObject([{ delayed: 1 }]);
    expect(await leftAfter([report({ retries: [retry(4)] })])).toEqual([]);
    expect(await leftAfter([report({ queue: "crm", retries: [retry(2)] })])).toMatchObject([{ delayed: 1 }]);
    expect(await leftAfter([report({ queue: "crm", retries: [retry(3)] })])).toEqual([]);
  });

  it("what the handler itself sent with a delay; the last one decides how long", async () => {
    expect(await leftAfter([report({ delayed: [1, 8, 3] })])).toMatchObject([
      { delayed: 3, delayedMs: 8_000 + SLACK_MS },
    ]);
    expect(await leftAfter([report({ delayed: [1, 8, 3] })], 4_000)).toMatchObject([{ delayed: 1 }]);
  });

  it("what a batch says when it starts is not yet true of its end", async () => {
    const started = report({ phase: "started", retries: [retry(1, 9)], delayed: [9] });
    expect(await leftAfter([started, report()])).toEqual([]);
  });
});

describe("drain", () => {
  beforeEach(() => {
    vi.useRealTimers();
  });

  it("is over when nothing was left for a while", async () => {
    const result = await createQueueLedger(CONSUMERS).drain(async () => 0, FAST);
    expect(result).toEqual({ drained: true, left: [] });
  });

  it("names what was left when the time was up", async () => {
    const backlog = async (queue: string) => (queue === "crm" ? 2 : 0);
    expect(await createQueueLedger(CONSUMERS).drain(backlog, FAST)).toEqual({
      drained: false,
      left: [{ queue: "crm", waiting: 2, inFlight: 0, delayed: 0, delayedMs: 0 }],
    });
  });

  it("waits for a batch that is being worked on", async () => {
    const ledger = createQueueLedger(CONSUMERS);
    ledger.record(report({ phase: "started" }));
    let isOver = false;
    const over = ledger
      .drain(async () => 0, { timeoutMs: 5_000, quietMs: 20 })
      .then((result) => {
        isOver = true;
        return result;
      });
    await new Promise((done) => setTimeout(done, 120));
    expect(isOver).toBe(false);
    ledger.record(report());
    expect(await over).toEqual({ drained: true, left: [] });
  });

  it("starts to wait anew where one queue's end is another's beginning", async () => {
    const crm = [0, 3, 0, 0, 0, 0, 0, 0];
    let asked = 0;
    const backlog = async (queue: string) => (queue === "crm" ? (crm[asked++] ?? 0) : 0);
    const result = await createQueueLedger(CONSUMERS).drain(backlog, { timeoutMs: 5_000, quietMs: 60 });
    expect(result.drained).toBe(true);
    expect(asked).toBeGreaterThanOrEqual(4);
  });

  it("tells of each change once", async () => {
    const crm = [2, 2, 1, 1];
    let asked = 0;
    const told: number[] = [];
    await createQueueLedger({ crm: {} }).drain(async () => crm[asked++] ?? 0, {
      timeoutMs: 5_000,
      quietMs: 0,
      onProgress: (left) => told.push(...left.map(({ waiting }) => waiting)),
    });
    expect(told).toEqual([2, 1]);
  });

  it("fails where a queue cannot be asked", async () => {
    const backlog = () => Promise.reject(new Error("the queue is away"));
    await expect(createQueueLedger(CONSUMERS).drain(backlog, FAST)).rejects.toThrow("the queue is away");
  });
});

describe("describeLeft", () => {
  const nothing = { queue: "crm", waiting: 0, inFlight: 0, delayed: 0, delayedMs: 0 };
  it.each([
    [{ waiting: 2 }, "crm: 2 waiting"],
    [{ inFlight: 1 }, "crm: 1 in flight"],
    [{ delayed: 3, delayedMs: 3_001 }, "crm: 3 delayed (up to 4 s)"],
    [
      { waiting: 2, inFlight: 1, delayed: 3, delayedMs: 250 },
      "crm: 2 waiting, 1 in flight, 3 delayed (up to 1 s)",
    ],
  ])("%j is %j", (left, words) => {
    expect(describeLeft({ ...nothing, ...left })).toBe(words);
  });
});
