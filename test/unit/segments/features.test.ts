/** Facts: any order of events, in any distribution over identifiers, makes the same facts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { compileFeatures } from "#segments/compile";
import { type FactEvent, type FactState, featureValues, foldEvent, mergeFacts } from "#segments/features";
import { recentFields } from "#segments/recent";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 20, 15);

const release = (features: ReleaseInput["features"]) =>
  releaseSchema.parse({ features, policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" } });

const all = release({
  reads: { event: "page_view", agg: "count" },
  reads_7d: { event: "page_view", agg: "count", window: "7d" },
  spent: { event: "purchase", agg: "sum", field: "value" },
  spent_30d: { event: "purchase", agg: "sum", field: "value", window: "30d" },
  first_topic: { event: "page_view", agg: "first", field: "content.topic" },
  first_topic_7d: { event: "page_view", agg: "first", field: "content.topic", window: "7d" },
  last_topic: { event: "page_view", agg: "last", field: "content.topic" },
  last_topic_7d: { event: "page_view", agg: "last", field: "content.topic", window: "7d" },
  topics: { event: "page_view", agg: "distinct", field: "content.topic" },
  topics_7d: { event: "page_view", agg: "distinct", field: "content.topic", window: "7d" },
  top_topic: { event: "page_view", agg: "top", field: "content.topic" },
  top_topic_30d: { event: "page_view", agg: "top", field: "content.topic", window: "30d" },
});
const features = compileFeatures(all);

const fold = (events: readonly FactEvent[], start: FactState = {}): FactState =>
  events.reduce((facts, event) => foldEvent(facts, event, features, NOW), start);
const valuesOf = (events: readonly FactEvent[], now = NOW) => featureValues(fold(events), features, now);
const read = (topic: unknown, daysAgo = 0): FactEvent => ({
  name: "page_view",
  properties: { content: { topic } },
  occurredAt: NOW - daysAgo * DAY,
});
const buy = (value: unknown, daysAgo = 0): FactEvent => ({
  name: "purchase",
  properties: { value },
  occurredAt: NOW - daysAgo * DAY,
});

// Enough topics and days to pass every bound: values a day, values in all, days of the windows.
const topic = fc.oneof(
  fc.integer({ min: 0, max: 130 }).map((n) => `topic-${n}`),
  fc.constantFrom("__proto__", "constructor", "winter", "", 7, null, true, ["a"]),
);
const daysAgo = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.constant(0),
  fc.double({ min: -1, max: 8, noNaN: true }),
);
const someEvents = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.tuple(topic, daysAgo).map(([t, d]) => read(t, d)) },
    fc.tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), daysAgo).map(([v, d]) => buy(v, d)),
    fc
      .tuple(
        fc.anything().filter((value) => typeof value !== "number"),
        daysAgo,
      )
      .map(([v, d]) => buy(v, d)),
  ),
  { maxLength: 400, size: "max" },
);

describe("facts", () => {
  it("do not depend on the order of the events", () => {
    fc.assert(
      fc.property(
        someEvents.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        ([events, shuffled]) => {
          expect(JSON.stringify(sorted(fold(shuffled)))).toBe(JSON.stringify(sorted(fold(events))));
        },
      ),
      { numRuns: 20 },
    );
  });

  it("merged from several identifiers are those of one that had all events", () => {
    fc.assert(
      fc.property(fc.array(someEvents, { maxLength: 4 }), (identifiers) => {
        const merged = mergeFacts(identifiers.map((events) => fold(events)));
        const reversed = mergeFacts(identifiers.map((events) => fold(events)).reverse());
        const [first = {}, ...rest] = identifiers.map((events) => fold(events));
        expect(sorted(merged)).toEqual(sorted(fold(identifiers.flat())));
        expect(sorted(reversed)).toEqual(sorted(merged));
        expect(sorted(mergeFacts([first, mergeFacts(rest)]))).toEqual(sorted(merged));
      }),
      { numRuns: 10 },
    );
  });

  it("survive JSON as they are", () => {
    fc.assert(
      fc.property(someEvents, (events) => {
        const facts = fold(events);
        expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
      }),
      { numRuns: 10 },
    );
  });

  it("stay small, however much happens", () => {
    const events = Array.from({ length: 3_000 }, (_, i) => read(`${"long topic ".repeat(20)}${i}`, i % 45));
    const many = Array.from({ length: 3_000 }, (_, i) => read(`topic ${i}`, i % 45));
    expect(JSON.stringify(fold(events)).length).toBeLessThan(60_000);
    expect(JSON.stringify(fold(many)).length).toBeLessThan(20_000);
  });

  it("are the same object after an event that concerns no feature", () => {
    const facts = fold([read("winter")]);
    expect(foldEvent(facts, { name: "scroll", properties: {}, occurredAt: NOW }, features, NOW)).toBe(facts);
    expect(foldEvent(facts, buy("not a number"), features, NOW)).toBe(facts);
  });

  it("are not changed in place", () => {
    const facts = fold([read("winter"), buy(5)]);
    const before = JSON.stringify(facts);
    fold([read("winter"), read("summer", 3), buy(5)], facts);
    expect(JSON.stringify(facts)).toBe(before);
  });
});

describe("values", () => {
  it("count, add up, and name the first, the last and the top", () => {
    const events = [read("winter", 2), read("summer", 1), read("winter", 3), buy(0.1), buy(0.2, 40)];
    expect(valuesOf(events)).toEqual({
      reads: 3,
      reads_7d: 3,
      spent: 0.3,
      spent_30d: 0.1,
      first_topic: "winter",
      first_topic_7d: "winter",
      last_topic: "summer",
      last_topic_7d: "summer",
      topics: 2,
      topics_7d: 2,
      top_topic: "winter",
      top_topic_30d: "winter",
    });
  });

  it("have defaults where nothing is known", () => {
    expect(valuesOf([])).toEqual({ reads: 0, reads_7d: 0, spent: 0, spent_30d: 0, topics: 0, topics_7d: 0 });
  });

  it("leave the window with their day", () => {
    const events = [read("winter", 6)];
    expect(valuesOf(events)).toMatchObject({ reads_7d: 1, topics_7d: 1, first_topic_7d: "winter" });
    const later = valuesOf(events, NOW + DAY);
    expect(later).toMatchObject({ reads: 1, reads_7d: 0, topics_7d: 0, last_topic: "winter" });
    expect(later).not.toHaveProperty("first_topic_7d");
    expect(later).not.toHaveProperty("last_topic_7d");
  });

  it("do not let an event from the future stay the last one", () => {
    const facts = foldEvent({}, read("future", -3000), features, NOW);
    const next = foldEvent(facts, read("now", -1), features, NOW + DAY);
    expect(featureValues(next, features, NOW + DAY).last_topic).toBe("now");
  });

  it("count a hundred distinct values exactly, and no more than that", () => {
    const topics = (n: number) => Array.from({ length: n }, (_, i) => read(`t${i}`, i % 5));
    expect(valuesOf(topics(100)).topics_7d).toBe(100);
    expect(valuesOf(topics(300)).topics_7d).toBe(100);
  });
});

describe("definitions", () => {
  it("are known by their content: a redefined feature starts empty, a renamed one does not", () => {
    const before = compileFeatures(release({ a: { event: "purchase", agg: "count", window: "30d" } }));
    const redefined = compileFeatures(release({ a: { event: "purchase", agg: "count", window: "7d" } }));
    const renamed = compileFeatures(release({ b: { event: "purchase", agg: "count", window: "30d" } }));
    const facts = foldEvent({}, buy(1), before, NOW);
    expect(featureValues(facts, before, NOW)).toEqual({ a: 1 });
    expect(featureValues(facts, redefined, NOW)).toEqual({ a: 0 });
    expect(featureValues(facts, renamed, NOW)).toEqual({ b: 1 });
  });

  it("of the same content share their facts, and count each event once", () => {
    const twice = compileFeatures(
      release({ a: { event: "x", agg: "count" }, b: { event: "x", agg: "count" } }),
    );
    const event = { name: "x", properties: {}, occurredAt: NOW };
    const facts = foldEvent(foldEvent({}, event, twice, NOW), event, twice, NOW);
    expect(featureValues(facts, twice, NOW)).toEqual({ a: 2, b: 2 });
  });

  it("are compiled once per document", () => {
    expect(compileFeatures(all)).toBe(features);
    expect(recentFields(all)).toBe(recentFields(all));
  });

  it("say which fields the session has to remember", () => {
    expect({ ...recentFields(all) }).toEqual({
      page_view: [{ field: "content.topic", path: ["content", "topic"] }],
      purchase: [{ field: "value", path: ["value"] }],
    });
    expect(recentFields(all).constructor).toBeUndefined();
  });
});

/** Without the order in which features were first seen, which means nothing. */
const sorted = (facts: FactState) =>
  Object.fromEntries(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)));
