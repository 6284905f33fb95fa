/** When something changes without an event is never missed: against looking every few minutes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { compileFeatures } from "#segments/compile";
import { type FactEvent, type FactState, featureValues, foldEvent } from "#segments/features";
import { compileSegments, segmentsOf } from "#segments/membership";
import { nextChangeAt } from "#segments/next-change";
import { profileAttributes } from "#segments/profile-attributes";
import { buildSnapshot, type EdgeSnapshot, sameSnapshot } from "#segments/snapshot";
import { valuesChangeAt } from "#segments/value-changes";
import { fastest } from "../../setup/fastest.ts";
import { asEvent, cuts, DAY, document, features, fold, HOUR, MINUTE, NOW, sketch } from "./every-kind.ts";

const STATE = "anonymous";
const segmentsAt = (facts: FactState, at: number, release = document, compiled = features) =>
  segmentsOf(
    profileAttributes(release, {
      values: featureValues(facts, compiled, at, cuts),
      state: STATE,
      lists: [],
      purpose: "personalization",
    }),
    compileSegments(release),
    ["personalization"],
  );
const snapshotAt = (facts: FactState, at: number): EdgeSnapshot =>
  buildSnapshot({
    facts,
    features,
    segments: segmentsAt(facts, at),
    version: 1,
    asOf: at,
    release: 1,
    state: STATE,
    granted: ["personalization"],
  });

describe("the next change", () => {
  it("is never later than the first moment at which segments differ, over days", () => {
    fc.assert(
      fc.property(fc.array(sketch(8), { maxLength: 8 }), (sketches) => {
        const facts = fold(sketches.map(asEvent));
        const answer = nextChangeAt({ document, facts, state: STATE, now: NOW, cuts });
        const until = Math.min(answer ?? Number.POSITIVE_INFINITY, NOW + 3 * DAY);
        const before = segmentsAt(facts, NOW).join();
        for (let at = NOW; at < until; at += 7 * MINUTE)
          if (segmentsAt(facts, at).join() !== before) expect(answer).toBeLessThanOrEqual(at);
        if (answer !== undefined) {
          expect(answer).toBeGreaterThan(NOW);
          expect(answer).toBeLessThanOrEqual(NOW + 400 * DAY);
        }
      }),
      { numRuns: 12 },
    );
  });

  it("is never later than the first hour at which a snapshot would have to be another", () => {
    fc.assert(
      fc.property(fc.array(sketch(8), { maxLength: 8 }), (sketches) => {
        const facts = fold(sketches.map(asEvent));
        const answer = nextChangeAt({ document, facts, state: STATE, now: NOW, cuts });
        const until = Math.min(answer ?? Number.POSITIVE_INFINITY, NOW + 8 * DAY);
        const published = snapshotAt(facts, NOW);
        for (let at = NOW; at < until; at += 47 * MINUTE) {
          // What is to differ in ten minutes is written before: that is the answer, or comes after it.
          if (at + 10 * MINUTE >= until) break;
          expect(
            sameSnapshot({ ...published, asOf: at }, { ...snapshotAt(facts, at), asOf: at }, document, cuts),
          ).toBe(true);
        }
      }),
      { numRuns: 12 },
    );
  });

  const one = (features: ReleaseInput["features"], when: Record<string, unknown>) =>
    releaseSchema.parse({
      features,
      segments: { one: { when } },
      policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
    });
  const next = (release: ReturnType<typeof one>, events: readonly FactEvent[], now = NOW) => {
    const compiled = compileFeatures(release);
    const facts = events.reduce<FactState>((all, event) => foldEvent(all, event, compiled, NOW), {});
    return nextChangeAt({ document: release, facts, state: STATE, now });
  };
  const bought = (msAgo: number): FactEvent => ({
    name: "purchase",
    occurredAt: NOW - msAgo,
    properties: {},
  });

  it("is the midnight at which an active person's last day leaves the window", () => {
    const active = one({ n: { event: "purchase", agg: "count", window: "30d" } }, { n: { $gte: 1 } });
    expect(next(active, [bought(3 * DAY), bought(5 * DAY)])).toBe(Date.UTC(2026, 11, 17));
    expect(next(active, [])).toBeUndefined();
  });

  it("is the hour at which a recency passes its threshold", () => {
    const cold = one({ since: { event: "purchase", agg: "recency" } }, { since: { $gt: 48 } });
    expect(next(cold, [bought(10 * HOUR)])).toBe(NOW + 39 * HOUR);
    expect(next(cold, [bought(60 * HOUR)])).toBeUndefined();
  });

  it("is the moment at which what should have come has not", () => {
    const sequence = [{ event: "add_to_cart" }, { event: "purchase", within: "3h", absent: true }];
    const abandoned = one({ cart: { sequence, window: "7d" } }, { cart: true });
    const added: FactEvent = { name: "add_to_cart", occurredAt: NOW - HOUR, properties: {} };
    expect(next(abandoned, [added])).toBe(NOW + 2 * HOUR);
    expect(next(abandoned, [added], NOW + 2 * HOUR)).toBe(Date.UTC(2026, 10, 27));
    expect(next(abandoned, [added, bought(0)])).toBeUndefined();
  });

  it("is none where no condition asks about time", () => {
    const ever = one({ n: { event: "purchase", agg: "count" } }, { n: { $gte: 1 } });
    expect(next(ever, [bought(0)])).toBeUndefined();
  });

  it("comes before the edge's own snapshot would go wrong, though the facts stay as they are", () => {
    const active = one({ n: { event: "purchase", agg: "count", window: "7d" } }, { n: { $gte: 1 } });
    const compiled = compileFeatures(active);
    const old = foldEvent({}, bought(5 * DAY), compiled, NOW);
    const facts = foldEvent(old, bought(0), compiled, NOW);
    const snapshot = buildSnapshot({
      facts: old,
      features: compiled,
      segments: ["one"],
      version: 1,
      asOf: NOW - 5 * DAY,
      release: 1,
      state: STATE,
      granted: [],
    });
    const at = nextChangeAt({ document: active, facts, state: STATE, now: NOW, snapshots: [snapshot] });
    expect(at).toBe(Date.UTC(2026, 10, 22) - 5 * MINUTE);
    // And then it is written anew.
    const fresh = buildSnapshot({ ...snapshot, facts, features: compiled, asOf: at ?? 0, granted: [] });
    expect(sameSnapshot(snapshot, { ...fresh, segments: ["one"] }, active)).toBe(false);
  });

  it("is not when the edge finds out by itself, and not what nothing turns on", () => {
    const definitions = {
      n: { event: "purchase", agg: "count", window: "7d" },
      all: { event: "purchase", agg: "count", window: "56d" },
    } as const;
    const nextUnder = (when: Record<string, unknown>) => {
      const release = one(definitions, when);
      const compiled = compileFeatures(release);
      const [older, newer] = [bought(5 * DAY), bought(0)];
      const old = foldEvent({}, older, compiled, NOW);
      const given = { facts: old, features: compiled, segments: [], version: 1, release: 1, granted: [] };
      const snapshot = buildSnapshot({ ...given, state: STATE, asOf: NOW - 5 * DAY });
      const own = foldEvent(old, newer, compiled, NOW);
      return nextChangeAt({ document: release, facts: own, state: STATE, now: NOW, snapshots: [snapshot] });
    };
    const wrong = Date.UTC(2026, 10, 22) - 5 * MINUTE;
    expect(nextUnder({ n: { $gte: 1 } })).toBe(wrong);
    // With two purchases nobody has twenty, nor with the next one.
    expect(nextUnder({ n: { $gte: 1 }, all: { $gte: 20 } })).toBeUndefined();
    expect(nextUnder({ $or: [{ all: { $gte: 20 } }, { n: { $gte: 1 } }] })).toBe(wrong);
    expect(nextUnder({ $not: { n: { $gte: 1 } }, all: { $lt: 20 } })).toBe(wrong);
    expect(nextUnder({ $nor: [{ n: { $gte: 1 } }, { all: { $lt: 20 } }] })).toBeUndefined();
  });

  it("comes before an outcome that is right meets one at the edge that has long been wrong", () => {
    const definitions = {
      n: { event: "purchase", agg: "count", window: "7d" },
      since: { event: "purchase", agg: "recency" },
    } as const;
    const quiet = one(definitions, { n: { $gte: 5 }, since: { $gte: 48 } });
    const compiled = compileFeatures(quiet);
    const events = [bought(6 * DAY), bought(6 * DAY), bought(6 * DAY), bought(6 * DAY), bought(0)];
    const facts = events.reduce<FactState>((all, event) => foldEvent(all, event, compiled, NOW), {});
    const given = { facts, features: compiled, segments: [], version: 1, release: 1, granted: [] };
    const snapshot = buildSnapshot({ ...given, state: STATE, asOf: NOW });
    // At midnight four purchases leave, of which the snapshot says nothing; after two days the edge would let the person in.
    const at = nextChangeAt({ document: quiet, facts, state: STATE, now: NOW, snapshots: [snapshot] });
    expect(at).toBe(NOW + 48 * HOUR);
  });

  it("is found in little time, however many days somebody was active", () => {
    const events = Array.from({ length: 1_000 }, (_, n) => bought(n * 20 * MINUTE));
    const facts = fold(events);
    expect(fastest(() => nextChangeAt({ document, facts, state: STATE, now: NOW, cuts }), 10)).toBeLessThan(
      200,
    );
  });
});

describe("when a value changes", () => {
  it("is said for each feature: until then it stays, and then it is another", () => {
    fc.assert(
      fc.property(fc.array(sketch(8), { maxLength: 6 }), (sketches) => {
        const facts = fold(sketches.map(asEvent));
        const changes = valuesChangeAt(facts, features, NOW, cuts);
        const at = (time: number) => featureValues(facts, features, time, cuts);
        const before = at(NOW);
        for (const [name, time] of changes) expect([name, at(time)[name]]).not.toEqual([name, before[name]]);
        for (let time = NOW; time < NOW + 2 * DAY; time += 29 * MINUTE) {
          const then = at(time);
          const stay = features
            .map(({ name }) => name)
            .filter((name) => time < (changes.get(name) ?? Number.POSITIVE_INFINITY));
          expect(stay.map((name) => [name, then[name]])).toEqual(stay.map((name) => [name, before[name]]));
        }
      }),
      { numRuns: 8 },
    );
  });
});
