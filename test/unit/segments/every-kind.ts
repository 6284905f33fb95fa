/** A release with a feature of every kind over every window, and events that they are about. */
import fc from "fast-check";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { compileFeatures } from "#segments/compile";
import { type FactEvent, type FactState, foldEvent } from "#segments/features";
import type { Cuts } from "#segments/rfm";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const NOW = Date.UTC(2026, 10, 20, 15, 2, 30);

const AGGS = ["count", "sum", "min", "max", "first", "last", "distinct", "top", "recency"] as const;
const WINDOWS = ["session", "3h", "30h", "7d", "lifetime"] as const;
const big = { value: { $gte: 20 } };

export const AGGREGATES = AGGS.flatMap((agg) =>
  WINDOWS.flatMap((window) =>
    [undefined, big].map((where) => ({
      name: `${agg}_${window}${where ? "_big" : ""}`,
      agg,
      window,
      where,
      field:
        agg === "count" || agg === "recency"
          ? undefined
          : agg === "top" || agg === "distinct"
            ? "topic"
            : "value",
    })),
  ),
);

const aggregates: ReleaseInput["features"] = Object.fromEntries(
  AGGREGATES.map(({ name, agg, window, where, field }) => [
    name,
    { event: "purchase", agg, window, ...(where && { where }), ...(field && { field }) },
  ]),
);

export const input: ReleaseInput = {
  features: {
    ...aggregates,
    month: { event: "purchase", agg: "count", window: "30d" },
    cart: {
      sequence: [{ event: "add_to_cart" }, { event: "purchase", within: "3h", absent: true }],
      window: "7d",
    },
    bought_viewed: {
      sequence: [{ event: "add_to_cart" }, { event: "purchase", within: "1h" }],
      window: "30d",
    },
    twice: { sequence: [{ event: "purchase" }, { event: "purchase", where: big, within: "2h" }] },
    slump: { ratio: { of: "count_7d", to: "month" } },
    affinity: { affinity: { of: "top_lifetime" } },
    fading: { affinity: { of: "top_7d", halfLifeDays: 2 } },
    rfm: { rfm: { recency: "recency_lifetime", frequency: "count_lifetime", monetary: "sum_lifetime" } },
    engaged: { score: { points: { count_7d: 3, cart: 10, slump: 5, rfm: 2 }, max: 50 } },
  },
  segments: {
    slumping: { when: { slump: { $lt: 0.5 } } },
    abandoned: { when: { cart: true } },
    active: { when: { count_7d: { $gte: 2 } } },
    hot: { when: { count_3h: { $gte: 2 }, "affinity.winter": { $gte: 0.5 } } },
    fresh: { when: { recency_lifetime: { $lt: 20 } } },
    best: { when: { "rfm.recency": 5, engaged: { $gte: 12 } } },
    both: { when: { segments: { $all: ["active", "abandoned"] } } },
    quiet: { when: { segments: { $nin: ["active"] }, count_lifetime: { $gte: 1 } } },
    fading: { when: { "fading.winter": { $gte: 0.4 } }, purpose: "personalization" },
    in_session: { when: { recency_session: { $lt: 2 } } },
    spender: { when: { sum_30h: { $gt: 50 } } },
  },
  slots: { hero: {} },
  offers: {
    a: { slot: "hero", audience: { count_30h: { $gte: 3 }, country: "SK" }, content: "a" },
    b: { slot: "hero", audience: { recency_7d: { $gte: 30 } }, content: "a", score: "affinity.winter" },
  },
  content: { a: { html: "a" } },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
};

export const document = releaseSchema.parse(input);
export const features = compileFeatures(document);
export const cuts: Cuts = {
  rfm: { recency: [5, 24, 72, 240], frequency: [1, 2, 4, 8], monetary: [10, 50, 100, 500] },
};

export const TOPICS = ["winter", "summer", "bikes"] as const;

/** What an event says, so many minutes before `NOW`. */
export interface Sketch {
  name: "purchase" | "add_to_cart";
  minutesAgo: number;
  value: number | null;
  topic: (typeof TOPICS)[number];
  session: number;
}

export const sketch = (maxDays = 9): fc.Arbitrary<Sketch> =>
  fc.record({
    name: fc.constantFrom("purchase", "purchase", "add_to_cart"),
    minutesAgo: fc.oneof(
      fc.integer({ min: -3, max: 200 }),
      fc.integer({ min: 0, max: 40 * 60 }),
      fc.integer({ min: 0, max: maxDays * 24 * 60 }),
    ),
    value: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(null)),
    topic: fc.constantFrom(...TOPICS),
    session: fc.integer({ min: 0, max: 3 }),
  });

/** Sessions begin a day apart; 0: an event without one. */
export const asEvent = ({ name, minutesAgo, value, topic, session }: Sketch): FactEvent => ({
  name,
  occurredAt: NOW - minutesAgo * MINUTE,
  properties: { topic, ...(value !== null && { value }) },
  ...(session > 0 && { context: { session: { id: `s${session}`, startedAt: NOW - (4 - session) * DAY } } }),
});

export const fold = (events: readonly FactEvent[], start: FactState = {}, now = NOW): FactState =>
  events.reduce((facts, event) => foldEvent(facts, event, features, now), start);
