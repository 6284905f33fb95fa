/** The console's ring: bounded, in order of recency, safe from bad input, and the same after an eviction. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Receipt } from "#contracts/messages/receipt";
import { type LiveTail, RING } from "#lake/live-tail";

const fresh = () => env.LIVE_TAIL.get(env.LIVE_TAIL.idFromName(crypto.randomUUID()));

const door = (
  eventId: string,
  at: number,
  extra: Partial<Extract<Receipt, { stage: "door" }>> = {},
): Receipt => ({
  stage: "door",
  eventId,
  at,
  name: "page_view",
  source: "web",
  outcome: "accepted",
  ...extra,
});
const delivered = (eventId: string, at: number): Receipt => ({
  stage: "delivery",
  eventId,
  at,
  destination: "ga4",
  itemId: `${eventId}-ga4`,
  attempt: 1,
  outcome: "delivered",
});
const many = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => door(`e${from + i}`, from + i + 1));

const stored = (tail: DurableObjectStub<LiveTail>) =>
  runInDurableObject(tail, (_, state) => state.storage.sql.exec("SELECT lines FROM ring").toArray());
const idsOf = async (tail: DurableObjectStub<LiveTail>, limit = 10_000) =>
  (await tail.live(limit)).map((t) => t.eventId);

describe("the live tail", () => {
  it("gives the newest first, and no more than was asked for", async () => {
    const tail = fresh();
    await tail.append([door("a", 1), door("b", 2), door("c", 3)]);
    expect(await idsOf(tail)).toEqual(["c", "b", "a"]);
    expect(await idsOf(tail, 2)).toEqual(["c", "b"]);
    for (const limit of [0, -1, Number.NaN]) expect(await tail.live(limit)).toEqual([]);
  });

  it("joins a late receipt to its event's trace, which comes to the front with it", async () => {
    const tail = fresh();
    await tail.append([door("a", 1), door("b", 2)]);
    await tail.append([delivered("a", 3)]);
    expect(await idsOf(tail)).toEqual(["a", "b"]);
    const trace = await tail.traceOf("a");
    expect(trace?.at).toBe(3);
    expect(trace?.receipts.map((r) => r.stage)).toEqual(["door", "delivery"]);
  });

  it("orders by the time of the newest receipt, not by its arrival", async () => {
    const tail = fresh();
    await tail.append([door("late", 10)]);
    await tail.append([door("early", 5)]);
    expect(await idsOf(tail)).toEqual(["late", "early"]);
    await tail.append([delivered("x", 20), door("x", 15)]);
    expect((await tail.traceOf("x"))?.receipts.map((r) => r.at)).toEqual([15, 20]);
  });

  it("shows the receipts of a redelivered batch once", async () => {
    const tail = fresh();
    const batch = [door("a", 1), delivered("a", 2)];
    await tail.append(batch);
    await tail.append(batch);
    expect((await tail.traceOf("a"))?.receipts).toHaveLength(2);
  });

  it("knows nothing of an event that it never saw", async () => {
    expect(await fresh().traceOf("nobody")).toBeUndefined();
  });

  it("is the same after an eviction", async () => {
    const tail = fresh();
    await tail.append([door("a", 1), door("b", 2)]);
    await tail.append([delivered("a", 3)]);
    const before = await tail.live(10);
    await evictDurableObject(tail);
    expect(await tail.live(10)).toEqual(before);
    await tail.append([door("c", 4)]);
    await evictDurableObject(tail);
    expect(await idsOf(tail)).toEqual(["c", "a", "b"]);
  });
});

describe("the bounds of the ring", () => {
  it("forgets the oldest events, in memory and in storage, before and after an eviction", async () => {
    const tail = fresh();
    for (let from = 0; from < RING.receipts * 2; from += 500) await tail.append(many(500, from));
    const kept = await idsOf(tail);
    expect(kept).toHaveLength(RING.receipts);
    expect(kept[0]).toBe(`e${RING.receipts * 2 - 1}`);
    expect((await stored(tail)).length).toBeLessThanOrEqual(RING.receipts / 500 + 2);
    await evictDurableObject(tail);
    expect(await idsOf(tail)).toEqual(kept);
  });

  it("keeps an old event that still gets receipts", async () => {
    const tail = fresh();
    await tail.append([door("old", 1)]);
    await tail.append(many(RING.receipts - 1, 10));
    await tail.append([delivered("old", 100_000)]);
    await tail.append(many(100, 200_000));
    expect((await tail.traceOf("old"))?.receipts).toHaveLength(2);
    expect(await tail.traceOf("e10")).toBeUndefined();
  });

  it("writes one row per batch, in a ring that is full too", async () => {
    const tail = fresh();
    await tail.append(many(10));
    for (let from = 10; from < RING.receipts + 600; from += 500) await tail.append(many(500, from));
    const written = await runInDurableObject(tail, async (instance, state) => {
      const total = () => state.storage.sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n;
      const before = total();
      instance.append(many(500, 90_000));
      instance.append(many(500, 91_000));
      return total() - before;
    });
    expect(written).toBe(2);
  });

  it("gives the rows of small batches back when large ones follow", async () => {
    const tail = fresh();
    await runInDurableObject(tail, (instance) => {
      for (let i = 0; i < 1_000; i++) instance.append(many(1, i));
      for (let from = 1_000; from < RING.receipts * 3; from += 500) instance.append(many(500, from));
    });
    expect((await stored(tail)).length).toBeLessThanOrEqual(RING.receipts / 500 + 2);
  });

  it("keeps the first and the latest receipts of an event that is sent without end", async () => {
    const tail = fresh();
    for (let i = 0; i < 10; i++)
      await tail.append(Array.from({ length: 50 }, (_, j) => delivered("again", i * 50 + j)));
    const times = (await tail.traceOf("again"))?.receipts.map((r) => r.at) ?? [];
    expect(times).toHaveLength(64);
    expect(times[0]).toBe(0);
    expect(times.at(-1)).toBe(499);
  });

  it("holds no more characters than it may, however large the receipts are", async () => {
    const tail = fresh();
    const issues = [{ path: "properties", message: "x".repeat(30_000) }];
    const batch = (from: number) =>
      Array.from({ length: 100 }, (_, i) => door(`big${from + i}`, from + i, { issues }));
    for (let from = 0; from < 800; from += 100) await tail.append(batch(from));
    const kept = await runInDurableObject(tail, (instance) => instance.live(10_000).length);
    expect(kept).toBeGreaterThan(400);
    expect(kept).toBeLessThan(RING.characters / 30_000);
    expect((await idsOf(tail, 1))[0]).toBe("big799");
  });
});

describe("bad input", () => {
  it.each([
    ["no list", "nonsense"],
    ["nothing", undefined],
    ["an empty list", []],
    [
      "values that are no receipts",
      [null, 1, "x", {}, { stage: "door" }, { stage: "door", eventId: 5, at: 1 }],
    ],
    ["a time that is none", [{ stage: "door", eventId: "bad", at: Number.NaN }]],
    ["a receipt that is too large", [door("huge", 1, { code: "x".repeat(100_000) })]],
  ])("%s changes nothing", async (_, input) => {
    const tail = fresh();
    await tail.append([door("good", 1)]);
    // What a careless caller might send, which the type forbids.
    await tail.append(input as Receipt[]);
    expect(await idsOf(tail)).toEqual(["good"]);
    await evictDurableObject(tail);
    expect(await idsOf(tail)).toEqual(["good"]);
  });

  it("harms only itself in a batch", async () => {
    const tail = fresh();
    // The type forbids the null.
    await tail.append([door("a", 1), null, door("__proto__", 2), door("b", 3)] as Receipt[]);
    expect(await idsOf(tail)).toEqual(["b", "__proto__", "a"]);
  });

  it("survives a stored row that it cannot read", async () => {
    const tail = fresh();
    await tail.append([door("a", 1)]);
    await runInDurableObject(tail, (_, state) => {
      state.storage.sql.exec("INSERT INTO ring (slot, seq, lines) VALUES (99, 99, '{\"half\":')");
    });
    await evictDurableObject(tail);
    expect(await idsOf(tail)).toEqual(["a"]);
    await tail.append([door("b", 2)]);
    expect(await idsOf(tail)).toEqual(["b", "a"]);
  });
});
