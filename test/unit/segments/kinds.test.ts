/** Features of every kind are what one would count by hand from all events, in whatever order and portions those came. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FactEvent, type FactState, featureValues, mergeFacts } from "#segments/features";
import {
  AGGREGATES,
  asEvent,
  cuts,
  DAY,
  document,
  features,
  fold,
  HOUR,
  MINUTE,
  NOW,
  sketch,
} from "./every-kind.ts";

const shuffledParts = fc
  .array(sketch(), { maxLength: 40 })
  .chain((sketches) =>
    fc.tuple(
      fc.constant(sketches.map(asEvent)),
      fc.shuffledSubarray(sketches.map(asEvent), { minLength: sketches.length }),
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: sketches.length, maxLength: sketches.length }),
    ),
  );
const valuesOf = (facts: FactState, now = NOW) => featureValues(facts, features, now, cuts);

/** By hand: no buckets but those that the window says, no state. */
function naive(
  { agg, window, where, field }: (typeof AGGREGATES)[number],
  events: readonly FactEvent[],
  now: number,
) {
  const at = (event: FactEvent) => Math.min(event.occurredAt, NOW);
  const sessions = events.flatMap(({ context }) => context?.session ?? []);
  const newest = Math.max(...sessions.map(({ startedAt }) => startedAt));
  const isIn = (event: FactEvent): boolean => {
    if (window === "lifetime") return true;
    if (window === "session") return event.context?.session?.startedAt === newest;
    const bucket = window === "7d" ? DAY : window === "3h" ? 5 * MINUTE : HOUR;
    const length = window === "7d" ? 7 * DAY : window === "3h" ? 3 * HOUR : 30 * HOUR;
    return Math.floor(at(event) / bucket) > Math.floor(now / bucket) - length / bucket;
  };
  const counted = events
    .filter((event) => event.name === "purchase" && isIn(event))
    .filter(({ properties: { value } }) => !where || (typeof value === "number" && value >= 20))
    .sort(
      (a, b) =>
        at(a) - at(b) ||
        (JSON.stringify(a.properties[field ?? ""]) < JSON.stringify(b.properties[field ?? ""]) ? -1 : 1),
    );
  const values = counted.flatMap(({ properties }) => {
    const value = field === undefined ? undefined : properties[field];
    return value === undefined ? [] : [value as string | number];
  });
  const numbers = values.filter((value) => typeof value === "number");
  switch (agg) {
    case "count":
      return counted.length;
    case "sum":
      return numbers.reduce((sum, value) => sum + value, 0);
    case "min":
      return numbers.length > 0 ? Math.min(...numbers) : undefined;
    case "max":
      return numbers.length > 0 ? Math.max(...numbers) : undefined;
    case "first":
      return values[0];
    case "last":
      return values.at(-1);
    case "distinct":
      return new Set(values).size;
    case "top": {
      const count = (one: unknown) => values.filter((value) => value === one).length;
      return [...new Set(values)].sort((a, b) => count(b) - count(a) || (a < b ? -1 : 1))[0];
    }
    case "recency": {
      const last = counted.at(-1);
      return last && Math.floor((now - at(last)) / HOUR);
    }
  }
}

describe("aggregates", () => {
  it("are what one counts by hand, in any order, over any identifiers, and as time passes", () => {
    fc.assert(
      fc.property(
        shuffledParts,
        fc.integer({ min: 0, max: 3 * 24 * 60 }),
        ([events, shuffled, parts], minutes) => {
          const identifiers = [0, 1, 2].map((part) => fold(shuffled.filter((_, n) => parts[n] === part)));
          const now = NOW + minutes * MINUTE;
          const values = valuesOf(mergeFacts(identifiers), now);
          for (const one of AGGREGATES)
            expect([one.name, values[one.name]]).toEqual([one.name, naive(one, events, now)]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("and all that is made of them are the same in any order and over any identifiers, and survive JSON", () => {
    fc.assert(
      fc.property(
        shuffledParts,
        fc.integer({ min: 0, max: 3 * 24 * 60 }),
        ([events, shuffled, parts], minutes) => {
          const now = NOW + minutes * MINUTE;
          const identifiers = [0, 1, 2].map((part) => fold(shuffled.filter((_, n) => parts[n] === part)));
          const merged = mergeFacts(identifiers.reverse());
          expect(valuesOf(merged, now)).toEqual(valuesOf(fold(events), now));
          expect(sorted(merged)).toEqual(sorted(fold(events)));
          expect(JSON.parse(JSON.stringify(merged))).toEqual(merged);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("keep the hash of definitions from before: their facts are found", () => {
    const hashes = (defs: object) =>
      features.filter(({ name }) => Object.hasOwn(defs, name)).map(({ hash }) => hash);
    expect(hashes({ count_7d: 1, sum_lifetime: 1 })).toEqual(["1ux0cu3189yl9f", "0rj34bd1kqap8h"]);
  });

  it("leave a window of hours within one bucket: five minutes up to a day, an hour beyond", () => {
    const event: FactEvent = { name: "purchase", occurredAt: NOW, properties: { value: 1 } };
    const at = (ms: number) => valuesOf(fold([event]), NOW + ms);
    expect(at(3 * HOUR - 5 * MINUTE).count_3h).toBe(1);
    expect(at(3 * HOUR).count_3h).toBe(0);
    expect(at(29 * HOUR).count_30h).toBe(1);
    expect(at(30 * HOUR).count_30h).toBe(0);
  });
});

describe("a sequence", () => {
  const at = (name: string, minutesAgo: number, value = 1): FactEvent => ({
    name,
    occurredAt: NOW - minutesAgo * MINUTE,
    properties: { value },
  });
  const holds = (events: readonly FactEvent[], now = NOW) => valuesOf(fold(events), now);

  it("of something that did not come holds when its time has run out, and no longer when it comes after all", () => {
    const added = [at("add_to_cart", 200)];
    expect(holds(added).cart).toBe(true);
    expect(holds(added, NOW - 21 * MINUTE).cart).toBeUndefined();
    expect(holds(added, NOW - 20 * MINUTE).cart).toBe(true);
    expect(holds([...added, at("purchase", 100)]).cart).toBeUndefined();
    expect(holds([...added, at("purchase", 5)]).cart).toBeUndefined();
    expect(holds([...added, at("purchase", 201)]).cart).toBe(true);
  });

  it("begins anew with the newest beginning, and leaves its window", () => {
    expect(holds([at("add_to_cart", 500), at("purchase", 400), at("add_to_cart", 100)]).cart).toBeUndefined();
    expect(holds([at("add_to_cart", 500), at("purchase", 400), at("add_to_cart", 200)]).cart).toBe(true);
    expect(holds([at("add_to_cart", 200)], NOW + 7 * DAY).cart).toBeUndefined();
  });

  it("of steps holds where each came within its time after the one before", () => {
    expect(holds([at("add_to_cart", 90), at("purchase", 31)]).bought_viewed).toBe(true);
    expect(holds([at("add_to_cart", 90), at("purchase", 29)]).bought_viewed).toBeUndefined();
    expect(holds([at("purchase", 90), at("add_to_cart", 31)]).bought_viewed).toBeUndefined();
  });

  it("of one event twice needs two of them, and sees its condition", () => {
    expect(holds([at("purchase", 10, 30)]).twice).toBeUndefined();
    expect(holds([at("purchase", 20), at("purchase", 10, 30)]).twice).toBe(true);
    expect(holds([at("purchase", 20, 30), at("purchase", 10)]).twice).toBeUndefined();
  });
});

describe("features that are made of others", () => {
  const buys = (daysAgo: readonly number[], topic = "winter", value = 10): FactEvent[] =>
    daysAgo.map((days) => ({ name: "purchase", occurredAt: NOW - days * DAY, properties: { value, topic } }));
  const values = (events: readonly FactEvent[], now = NOW) => valuesOf(fold(events), now);

  it("compare what is done a day with a person's own average", () => {
    // Ten in thirty days, of which one in seven.
    expect(values(buys([1, 10, 11, 12, 13, 14, 15, 16, 17, 29])).slump).toBeCloseTo(1 / 7 / (10 / 30), 5);
    expect(values([]).slump).toBeUndefined();
  });

  it("count a short history from its first event", () => {
    // Known for ten days: five in ten days, of which two in the last seven.
    expect(values(buys([9, 8, 7, 1, 0])).slump).toBeCloseTo(2 / 7 / (5 / 10), 5);
    expect(values(buys([2, 1])).slump).toBe(1);
    // The first is long out of every window, and still says since when.
    expect(values(buys([100, 9, 8, 7, 1, 0])).slump).toBeCloseTo(2 / 7 / (5 / 30), 5);
  });

  it("share out what was done among its values", () => {
    const events = [...buys([0, 1, 2]), ...buys([3], "bikes")];
    expect({ ...(values(events).affinity as object) }).toEqual({ winter: 0.75, bikes: 0.25 });
    expect(values([]).affinity).toBeUndefined();
  });

  it("halve a day's weight after each half-life", () => {
    const events = [...buys([0], "bikes"), ...buys([2]), ...buys([4])];
    expect({ ...(values(events).fading as object) }).toEqual({ bikes: 0.571, winter: 0.429 });
  });

  it("score a person among all by cuts, and not at all without", () => {
    const events = buys([0, 0.1, 0.2], "winter", 40);
    expect(values(events).rfm).toEqual({ recency: 5, frequency: 3, monetary: 4, code: "534" });
    expect(featureValues(fold(events), features, NOW).rfm).toBeUndefined();
    expect(values([]).rfm).toBeUndefined();
  });

  it("add up points, of what has a value but no number 1 each, up to the most", () => {
    // 2 × 3 for counts, 5 for the ratio of 1, 2 for the quantiles.
    expect(values(buys([2, 1])).engaged).toBe(13);
    expect(values(buys(Array.from({ length: 40 }, () => 0))).engaged).toBe(50);
    expect(values([]).engaged).toBe(0);
  });

  it("are compiled after what they are made of, whatever the order of the document", () => {
    const names = features.map(({ name }) => name);
    expect(names.indexOf("engaged")).toBeGreaterThan(names.indexOf("rfm"));
    expect(Object.keys(document.features).every((name) => names.includes(name))).toBe(true);
  });
});

const sorted = (facts: FactState) =>
  Object.fromEntries(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)));
