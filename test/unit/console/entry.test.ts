/** A trace as one line of the live view, and which lines a filter shows. */
import { describe, expect, it } from "vitest";
import type { Receipt } from "../../../contracts/messages/receipt.ts";
import { fates, type LiveEntry, toEntry } from "../../../src/console/entry.ts";
import {
  type LiveFilter,
  matches,
  namesOf,
  tabCounts,
  tabOf,
} from "../../../src/console/page/live-filter.ts";
import { delivery, door, ingest, slot } from "./receipts.ts";

const entryOf = (...receipts: Receipt[]): LiveEntry => {
  const at = Math.max(...receipts.map((r) => r.at));
  const entry = toEntry({ eventId: receipts[0]?.eventId ?? "", at, receipts });
  if (!entry) throw new Error("no receipts");
  return entry;
};

describe("the outcome of an event", () => {
  it.each<[string, Receipt[], string]>([
    ["accepted at the door, not ingested yet", [door()], "accepted"],
    ["ingested", [door(), ingest()], "accepted"],
    ["dropped at the door", [door({ outcome: "dropped" })], "dropped"],
    ["rejected at the door", [door({ outcome: "rejected" })], "rejected"],
    ["dropped by ingest", [door(), ingest({ outcome: "dropped", code: "suppressed" })], "dropped"],
    ["a repeat of what the ring no longer has", [door(), ingest({ outcome: "duplicate" })], "duplicate"],
    ["accepted and then repeated", [door(), ingest(), door(), ingest({ outcome: "duplicate" })], "accepted"],
    ["rejected and then sent right", [door({ outcome: "rejected" }), door(), ingest()], "accepted"],
    ["only a delivery is left", [delivery()], "accepted"],
  ])("%s", (_, receipts, outcome) => {
    expect(entryOf(...receipts).outcome).toBe(outcome);
  });
});

describe("destinations", () => {
  it("shows the latest word of delivery, else what ingest decided", () => {
    const routed = { ga4: "queued", hubspot: "no_consent:marketing", webhook: "queued" };
    expect(fates([door(), ingest({ routed })])).toEqual([
      { destination: "ga4", status: "queued" },
      { destination: "hubspot", status: "skipped", reason: "no_consent:marketing" },
      { destination: "webhook", status: "queued" },
    ]);
    const later = [
      ingest({ routed }),
      delivery({ outcome: "retry", code: "http_500" }),
      delivery({ attempt: 2 }),
      delivery({ destination: "webhook", outcome: "failed", code: "gone" }),
    ];
    expect(fates(later).map((f) => f.status)).toEqual(["delivered", "skipped", "failed"]);
  });

  it("survives a destination with a name of Object's", () => {
    expect(fates([delivery({ destination: "__proto__" })])).toEqual([
      { destination: "__proto__", status: "delivered" },
    ]);
  });
});

describe("the entry", () => {
  it("sums an event up in one line", () => {
    const consent = {
      receipt: "c_1",
      regime: "gdpr",
      granted: ["analytics" as const, "marketing" as const],
      grounds: {},
      decidedAt: 1,
    };
    const entry = entryOf(
      door({ consent, removed: [{ path: "x", action: "dropped", reason: "not_in_contract" }] }),
      ingest({ entered: ["loyal"], routed: { ga4: "queued", hubspot: "disabled" } }),
      delivery(),
    );
    expect(entry).toMatchObject({
      kind: "event",
      event_id: "e1",
      name: "page_view",
      source: "web",
      at: "1970-01-01T00:00:03.000Z",
      identity_state: "anonymous",
      summary:
        "Accepted for analytics and marketing; 1 field removed; entered loyal; delivered to ga4; not for hubspot",
    });
  });

  it("is a slot's own where a slot was decided", () => {
    const losers = [{ offer: "sale", reason: "capped" }];
    expect(entryOf(slot({ losers }))).toMatchObject({
      kind: "slot",
      event_id: "d1",
      slot: "hero",
      offer: "thanks",
      segments: ["loyal"],
      losers,
      summary: "Showed thanks; 1 other offer lost",
    });
  });

  it("is none where nothing is known", () => {
    expect(toEntry({ eventId: "e", at: 0, receipts: [] })).toBeUndefined();
  });
});

describe("the filter", () => {
  const all: LiveFilter = { tab: "all", name: "", text: "" };
  const event = entryOf(door(), ingest({ routed: { hubspot: "no_consent:marketing" } }));
  const dropped = entryOf(door({ name: "purchase", outcome: "dropped", code: "consent_denied" }));
  const decision = entryOf(slot());

  it("counts by outcome, repeats among the dropped", () => {
    expect(tabCounts([event, dropped, decision])).toEqual({
      all: 3,
      accepted: 1,
      dropped: 1,
      rejected: 0,
      slots: 1,
    });
    expect(tabOf(entryOf(ingest({ outcome: "duplicate" })))).toBe("dropped");
  });

  it.each<[string, Partial<LiveFilter>, boolean[]]>([
    ["everything", {}, [true, true, true]],
    ["an outcome", { tab: "dropped" }, [false, true, false]],
    ["slots", { tab: "slots" }, [false, false, true]],
    ["an event's name", { name: "purchase" }, [false, true, false]],
    ["a slot's name", { name: "hero" }, [false, false, true]],
    ["a destination", { text: " HubSpot " }, [true, false, false]],
    ["a profile", { text: "visitor_id:1.abc" }, [true, false, false]],
    ["an offer", { text: "thanks" }, [false, false, true]],
    ["all of them", { tab: "accepted", name: "page_view", text: "nothing such" }, [false, false, false]],
  ])("by %s", (_, change, expected) => {
    const shown = [event, dropped, decision].map((entry) => matches(entry, { ...all, ...change }));
    expect(shown).toEqual(expected);
  });

  it("offers each name once", () => {
    expect(namesOf([decision, event, event, dropped, entryOf(delivery())])).toEqual([
      "hero",
      "page_view",
      "purchase",
    ]);
  });
});
