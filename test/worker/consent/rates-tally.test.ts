/** Tallies of consent: what a batch's decisions add up to, and how the LiveTail object keeps them for few rows. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { AcceptedEvent, EventEnvelope, Refusal } from "#contracts/messages/event_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import type { Purpose } from "#contracts/taxonomy";
import { type LiveTail, RING } from "#lake/live-tail";
import { TALLIES } from "#lake/tallies";
import { type Tally, tallyOf } from "#lake/tally";
import { accepted, envelope } from "../ingest/envelopes.ts";

const NOON = Date.parse("2026-11-22T12:00:00Z");
const DAY = "2026-11-22";

const event = (granted: Purpose[], place?: string, regime = "gdpr"): AcceptedEvent => {
  const consent = { receipt: "r", regime, granted, grounds: {}, decidedAt: 0, ...(place && { place }) };
  return accepted("e", "page_view", [], {}, { consent });
};
const refusal = (consent?: Refusal["consent"]): Refusal => ({
  id: "x",
  name: "page_view",
  status: consent ? "dropped" : "rejected",
  code: "consent_denied",
  issues: [],
  ...(consent && { consent }),
});
const sent = (events: AcceptedEvent[], refused: Refusal[] = [], differs: Partial<EventEnvelope> = {}) => ({
  ...envelope("e", events),
  receivedAt: NOON,
  refused,
  ...differs,
});

describe("the tallies of a batch", () => {
  it("add up accepted events, and those that consent kept out, by what was granted", () => {
    const tallies = tallyOf([
      sent(
        [
          event(["analytics"], "SK"),
          event(["analytics"], "SK"),
          event(["personalization", "analytics"], "SK"),
        ],
        [refusal({ regime: "gdpr", place: "SK", grounds: {} })],
      ),
      sent([event(["analytics"], "SK")], [], { source: "app" }),
      sent([event(["analytics"], "SK")], [], { receivedAt: NOON + 12 * 3_600_000 }),
    ]);
    const common = { day: DAY, source: "web", regime: "gdpr", country: "SK" };
    expect(tallies).toEqual([
      { ...common, granted: "a", events: 2 },
      { ...common, granted: "ap", events: 1 },
      { ...common, granted: "", events: 1 },
      { ...common, source: "app", granted: "a", events: 1 },
      { ...common, day: "2026-11-23", granted: "a", events: 1 },
    ]);
  });

  it("are of the country, also where a region chose the regime, or of no known one", () => {
    const tallies = tallyOf([sent([event([], "US-CA", "california"), event([], "US", "us"), event([])])]);
    expect(tallies.map(({ country, regime }) => [country, regime])).toEqual([
      ["US", "california"],
      ["US", "us"],
      ["unknown", "gdpr"],
    ]);
  });

  it("leave out what was refused for another reason than consent", () => {
    expect(tallyOf([sent([], [refusal()])])).toEqual([]);
  });
});

const fresh = () => env.LIVE_TAIL.get(env.LIVE_TAIL.idFromName(crypto.randomUUID()));
const tally = (differs: Partial<Tally> = {}): Tally => ({
  day: DAY,
  source: "web",
  regime: "gdpr",
  country: "SK",
  granted: "a",
  events: 1,
  ...differs,
});
let receipts = 0;
const receipt = (): Receipt => {
  const at = ++receipts;
  return { stage: "door", eventId: `e${at}`, at, name: "page_view", source: "web", outcome: "accepted" };
};
const total = async (tail: DurableObjectStub<LiveTail>, from = DAY) =>
  (await tail.talliesSince(from)).reduce((sum, { events }) => sum + events, 0);
const days = (tail: DurableObjectStub<LiveTail>) =>
  runInDurableObject(tail, (_, state) =>
    state.storage.sql.exec<{ day: string; groups: string }>("SELECT day, groups FROM tallies").toArray(),
  );

/** Calls of `append`, each at its own second; @returns rows that they wrote. */
const appendAll = (tail: DurableObjectStub<LiveTail>, batches: Tally[][], everyMs = 1000, start = NOON) =>
  runInDurableObject(tail, (instance, state) => {
    const changes = () => state.storage.sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n;
    const before = changes();
    for (const [i, tallies] of batches.entries()) {
      vi.setSystemTime(start + i * everyMs);
      instance.append([receipt()], tallies);
    }
    return changes() - before;
  });

afterEach(() => {
  vi.useRealTimers();
});

describe("what the object keeps", () => {
  it("is added up over batches and days, from a day on", async () => {
    const tail = fresh();
    await tail.append([receipt()], [tally({ events: 3 }), tally({ granted: "" })]);
    await tail.append([receipt()], [tally({ events: 2 }), tally({ day: "2026-11-21", events: 7 })]);
    const group = { source: "web", regime: "gdpr", country: "SK" };
    expect(await tail.talliesSince(DAY)).toEqual([
      { ...group, granted: "a", events: 5 },
      { ...group, granted: "", events: 1 },
    ]);
    expect(await total(tail, "2026-11-21")).toBe(13);
    expect(await total(tail, "2026-11-23")).toBe(0);
  });

  it("is the same after an eviction, whether its day was written or not", async () => {
    const tail = fresh();
    for (let batch = 1; batch <= 25; batch++) {
      await tail.append([receipt()], [tally(), tally({ granted: "" })]);
      if (batch % 7 === 0) await evictDurableObject(tail);
      expect(await total(tail), `after ${batch} batches`).toBe(2 * batch);
    }
    expect(await days(tail)).toHaveLength(1);
  });

  it("costs no row beside the ring's while batches are few, and a row a minute when they are many", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const quiet = fresh();
    expect(await appendAll(quiet, Array(9).fill([tally()]), 300_000)).toBe(9);
    const small = fresh();
    expect(await appendAll(small, Array(100).fill([tally()]), 300_000)).toBe(110);
    const busy = fresh();
    const batches = Array.from({ length: 1200 }, (_, i) => [tally({ country: `C${i % 50}` })]);
    const written = await appendAll(busy, batches, 500); // ten minutes of two batches a second
    expect(written - 1200).toBeLessThanOrEqual(11);
    expect(await total(busy)).toBe(1200);
  });

  it("does not stand among the receipts that are shown", async () => {
    const tail = fresh();
    const one = receipt();
    await tail.append([one], [tally()]);
    await evictDurableObject(tail);
    expect((await tail.live(10)).map(({ receipts: shown }) => shown)).toEqual([[one]]);
  });

  it("is kept of a batch that shows no receipt, and nothing is asked for nothing", async () => {
    const tail = fresh();
    await tail.append([], [tally()]);
    await tail.append([], []);
    await evictDurableObject(tail);
    expect(await total(tail)).toBe(1);
  });

  it("is not counted again from rows of the ring that are in the days' already", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const tail = fresh();
    await appendAll(tail, Array(10).fill([tally()]));
    expect(await days(tail)).toHaveLength(1);
    await evictDurableObject(tail);
    expect(await total(tail)).toBe(10);
  });

  it("outlives the ring's rows", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const tail = fresh();
    await appendAll(tail, Array(10).fill([tally()]));
    for (let i = 0; i < 14; i++) await tail.append(Array.from({ length: RING.receipts / 10 }, receipt), []);
    await evictDurableObject(tail);
    expect(await total(tail)).toBe(10);
  });
});

describe("the bounds of what is kept", () => {
  it("groups of a day: further countries count as others, and no event is lost", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const tail = fresh();
    const many = Array.from({ length: TALLIES.groupsADay + 500 }, (_, i) => tally({ country: `c${i}` }));
    await appendAll(tail, [many, ...Array(9).fill([tally({ country: "new" })])]);
    const groups = await tail.talliesSince(DAY);
    expect(groups).toHaveLength(TALLIES.groupsADay + 1);
    expect(groups.find(({ country }) => country === "other")?.events).toBe(509);
    const [day] = await days(tail);
    expect(JSON.parse(day?.groups ?? "[]")).toHaveLength(TALLIES.groupsADay + 1);
  });

  it("days: the oldest go", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const tail = fresh();
    const later = (n: number) => NOON + n * 86_400_000;
    for (let n = 0; n <= TALLIES.days + 1; n++) {
      const day = new Date(later(n)).toISOString().slice(0, 10);
      await appendAll(tail, Array(10).fill([tally({ day })]), 1, later(n));
    }
    const kept = (await days(tail)).map(({ day }) => day);
    expect(kept).toHaveLength(TALLIES.days + 1);
    expect(kept).not.toContain(DAY);
  });

  it("a row of the ring that cannot be read costs its own numbers alone", async () => {
    const tail = fresh();
    await tail.append([receipt()], [tally()]);
    await runInDurableObject(tail, (_, state) => {
      state.storage.sql.exec("INSERT INTO ring (slot, seq, lines) VALUES (99, 99, '{\"tallies\":[')");
    });
    await evictDurableObject(tail);
    expect(await total(tail)).toBe(1);
  });
});
