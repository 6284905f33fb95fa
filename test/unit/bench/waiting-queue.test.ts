import { describe, expect, it } from "vitest";
import { createWaitingQueue } from "../../../bench/cost/waiting-queue.ts";

const queueOf = (maxBatchSize: number, maxBatchTimeoutMs: number) =>
  createWaitingQueue<string>({ maxBatchSize, maxBatchTimeoutMs });

describe("batches by time of arrival", () => {
  it("goes when it is full, at the moment of the message that filled it", () => {
    const queue = queueOf(3, 1000);
    for (const [message, at] of [
      ["a", 0],
      ["b", 10],
      ["c", 20],
      ["d", 30],
    ] as const)
      queue.add(message, at);
    expect(queue.dueAt()).toBe(20);
    expect(queue.take(20)).toEqual(["a", "b", "c"]);
    expect(queue.dueAt()).toBe(1030);
  });

  it("goes after the timeout, counted from its first message", () => {
    const queue = queueOf(100, 1000);
    queue.add("a", 500);
    queue.add("b", 1400);
    expect(queue.dueAt()).toBe(1500);
    expect(queue.take(1500)).toEqual(["a", "b"]);
    expect(queue.dueAt()).toBe(Number.POSITIVE_INFINITY);
  });

  it("does not take what comes only later, nor more than a batch holds", () => {
    const queue = queueOf(2, 1000);
    for (const [message, at] of [
      ["a", 0],
      ["b", 0],
      ["c", 0],
      ["late", 9000],
    ] as const)
      queue.add(message, at);
    expect(queue.take(1000)).toEqual(["a", "b"]);
    expect(queue.take(1000)).toEqual(["c"]);
    expect(queue.dueAt()).toBe(10_000);
  });

  it("shows a delayed message in its turn, not in the order of sending", () => {
    const queue = queueOf(2, 1000);
    queue.add("delayed", 5000);
    queue.add("now", 100);
    expect(queue.dueAt()).toBe(1100);
    expect(queue.take(1100)).toEqual(["now"]);
    expect(queue.take(6000)).toEqual(["delayed"]);
  });
});
