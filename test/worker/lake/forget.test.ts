/** The console's ring forgets a person: in memory, in its rows, and after an eviction. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Receipt } from "#contracts/messages/receipt";
import { type LiveTail, RING } from "#lake/live-tail";
import { ANN, ANN_CLAIM, ANN_MAIL, BEN, HOUR } from "./landed.ts";

const fresh = () => env.LIVE_TAIL.get(env.LIVE_TAIL.idFromName(crypto.randomUUID()));

const door = (eventId: string, receipt = "default:gdpr", source = "web"): Receipt => ({
  stage: "door",
  eventId,
  at: HOUR,
  name: "page_view",
  source,
  outcome: "accepted",
  consent: { receipt, regime: "gdpr", granted: [], grounds: {}, decidedAt: 0 },
});
const ingested = (eventId: string, subject: string, profile = subject): Receipt => ({
  stage: "ingest",
  eventId,
  at: HOUR + 1,
  outcome: "folded",
  subject,
  profile,
});
const delivered = (eventId: string, consentReceipt = "default:gdpr"): Receipt => ({
  stage: "delivery",
  eventId,
  at: HOUR + 2,
  destination: "hook",
  itemId: `${eventId}-hook`,
  attempt: 1,
  outcome: "delivered",
  consentReceipt,
});
const slot = (eventId: string, visitor: string): Receipt => ({
  stage: "slot",
  eventId,
  at: HOUR,
  slot: "hero",
  visitor,
  release: 1,
  outcome: "fallback",
  segments: [],
  losers: [],
});

const idsOf = async (tail: DurableObjectStub<LiveTail>) =>
  (await tail.live(10_000)).map(({ eventId }) => eventId).sort();
const stored = (tail: DurableObjectStub<LiveTail>) =>
  runInDurableObject(tail, (_, state) =>
    state.storage.sql
      .exec<{ lines: string }>("SELECT lines FROM ring")
      .toArray()
      .map(({ lines }) => lines)
      .join("\n"),
  );

describe("the live tail forgets a person", () => {
  it("with all receipts of their events, in whatever rows, and no others", async () => {
    const tail = fresh();
    await tail.append([door("a-1"), door("b-1"), door("a-2"), ingested("a-1", ANN), ingested("b-1", BEN)]);
    await tail.append([ingested("a-2", ANN_CLAIM, BEN), delivered("a-1"), delivered("b-1")]);
    await tail.append([door("told"), slot("s-1", ANN), slot("s-2", BEN), door("r-1", "r-1", ANN)]);
    const others = await tail.traceOf("b-1");

    const gone = await tail.forget(["told"], [ANN, ANN_MAIL, ANN_CLAIM]);

    expect(gone).toEqual({ events: 5, receipts: 8 });
    expect(await idsOf(tail)).toEqual(["b-1", "s-2"]);
    for (const trace of ["a-1", "a-2", "told", "ann"]) expect(await stored(tail)).not.toContain(trace);
    await evictDurableObject(tail);
    expect(await idsOf(tail)).toEqual(["b-1", "s-2"]);
    expect(await tail.traceOf("b-1")).toEqual(others);
    expect(await tail.forget(["told"], [ANN, ANN_MAIL])).toEqual({ events: 0, receipts: 0 });
  });

  it("with what their browser does from then on, on a cookie that is still there", async () => {
    const tail = fresh();
    await tail.append([slot("s-1", ANN), slot("s-2", BEN)]);
    await tail.forget([], [ANN, ANN_MAIL]);
    await tail.append([slot("s-3", ANN), slot("s-4", BEN), door("told", "told", ANN)]);
    expect(await idsOf(tail)).toEqual(["s-2", "s-4"]);
    await evictDurableObject(tail);
    await tail.append([slot("s-5", ANN)]);
    expect(await idsOf(tail)).toEqual(["s-2", "s-4"]);
    expect(await stored(tail)).not.toContain("ann");
  });

  it("with the receipts that name their decision, and not those of a string that others have too", async () => {
    const tail = fresh();
    await tail.append([
      door("a-1", "choice-ann"),
      delivered("a-2", "choice-ann"),
      door("b-1", "tcf:sha256:ff"),
    ]);
    await tail.forget([], [ANN], ["choice-ann", "tcf:sha256:ff"]);
    expect(await idsOf(tail)).toEqual(["b-1"]);
  });

  it("and keeps its tallies of consent, and its bounds", async () => {
    const tail = fresh();
    const tally = {
      day: "2026-11-22",
      source: "web",
      regime: "gdpr",
      country: "SK",
      granted: "a",
      events: 3,
    };
    await tail.append([door("a-1"), ingested("a-1", ANN)], [tally]);
    await tail.forget([], [ANN]);
    await evictDurableObject(tail);
    expect(await tail.talliesSince("2026-11-01")).toMatchObject([{ events: 3 }]);
    const many = Array.from({ length: RING.receipts + 100 }, (_, n) => door(`b-${n}`));
    for (let at = 0; at < many.length; at += 500) await tail.append(many.slice(at, at + 500));
    expect(await idsOf(tail)).toHaveLength(RING.receipts);
  });

  it("of 10,000 events", async () => {
    const tail = fresh();
    const ids = Array.from({ length: 10_000 }, (_, n) => `event-${n}`);
    for (let at = 0; at < 4_000; at += 500) await tail.append(ids.slice(at, at + 500).map((id) => door(id)));
    await tail.append([door("b-1")]);
    expect(await tail.forget(ids, [ANN])).toEqual({ events: 4_000, receipts: 4_000 });
    expect(await idsOf(tail)).toEqual(["b-1"]);
  });
});
