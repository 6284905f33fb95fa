/** Why a person is in a segment or out of it, for every kind of feature, and until when. */
import { describe, expect, it } from "vitest";
import { segmentsNow } from "#console/profile/segments";
import { releaseSchema } from "#contracts/definitions/release";
import type { Explained } from "#core/condition/explain";
import { compileFeatures } from "#segments/compile";
import { type FactState, foldEvent } from "#segments/features";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 20, 15);
const document = releaseSchema.parse({
  features: {
    n: { event: "purchase", agg: "count", window: "7d" },
    since: { event: "purchase", agg: "recency" },
    spent: { event: "purchase", agg: "sum", field: "value" },
    cart: { sequence: [{ event: "add_to_cart" }, { event: "purchase", within: "3h", absent: true }] },
    rfm: { rfm: { recency: "since", frequency: "n", monetary: "spent" } },
  },
  segments: {
    buyer: { when: { n: { $gte: 1 } } },
    best: { when: { segments: { $in: ["buyer"] }, lists: { $in: ["vip"] }, "rfm.recency": 5 } },
    left_cart: { when: { cart: true } },
  },
  lists: { vip: {} },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
});
const features = compileFeatures(document);
const facts = [
  { name: "purchase", properties: { value: 40 }, occurredAt: NOW - 2 * HOUR },
  { name: "add_to_cart", properties: {}, occurredAt: NOW - HOUR },
].reduce<FactState>((all, event) => foldEvent(all, event, features, NOW), {});
const cuts = { rfm: { recency: [5, 24, 72, 240], frequency: [1, 2, 4, 8], monetary: [10, 50, 100, 500] } };
const seen = segmentsNow({
  facts: [facts],
  document,
  state: "anonymous",
  isDenied: () => false,
  lists: { personalization: ["vip"] },
  cuts,
  now: NOW,
});
const clausesOf = (part: Explained): unknown[] =>
  part.kind === "clause" ? [[part.field, part.actual, part.holds]] : part.of.flatMap(clausesOf);
const segment = (name: string) => seen.segments.find((one) => one.name === name);

describe("a person's segments", () => {
  it("are explained by segments, lists and quantiles, each with its value", () => {
    const best = segment("best");
    expect(best?.in).toBe(true);
    expect(best && clausesOf(best.why)).toEqual([
      ["segments", ["best", "buyer"], true],
      ["lists", ["vip"], true],
      ["rfm.recency", 5, true],
    ]);
  });

  it("say by what value one is out", () => {
    const left = segment("left_cart");
    expect(left?.in).toBe(false);
    expect(left && clausesOf(left.why)).toEqual([["cart", null, false]]);
  });

  it("come with the cuts between the quantiles, and with the time at which each value changes by itself", () => {
    const feature = (name: string) => seen.features.find((one) => one.name === name);
    expect(feature("rfm")).toMatchObject({ value: { code: "512" }, cuts: cuts.rfm });
    expect(feature("n")).toMatchObject({ value: 1, cuts: null, changes_at: "2026-11-27T00:00:00.000Z" });
    expect(feature("since")).toMatchObject({ value: 2, changes_at: "2026-11-20T16:00:00.000Z" });
    expect(feature("spent")).toMatchObject({ changes_at: null });
    // Three hours after the cart.
    expect(seen.changes_at).toBe("2026-11-20T17:00:00.000Z");
  });
});
