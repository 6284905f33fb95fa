/** Features at the edge: of the snapshot and the cookie together they are what they are of all events. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import type { Purpose } from "#contracts/taxonomy";
import { addEvents, type Session, startSession } from "#door/session";
import { readSession, writeSession } from "#door/session-cookie";
import { attributesNow } from "#segments/attributes";
import { compileFeatures } from "#segments/compile";
import { type FactEvent, type FactState, featureValues, foldEvent } from "#segments/features";
import { recentFields, recentValues } from "#segments/recent";
import { gotOf } from "#segments/since";
import { buildSnapshot, type EdgeSnapshot } from "#segments/snapshot";
import { readSnapshotText, writeSnapshotText } from "#segments/snapshot-text";
import { inFull } from "../../setup/in-full.ts";
import { cuts, DAY, document, features, HOUR, MINUTE, TOPICS } from "./every-kind.ts";

const NOON = Date.UTC(2026, 10, 20, 12);
const PERSONAL: Purpose[] = ["personalization"];
const read = recentFields(document);

/** A visitor's event, so many seconds after noon. */
interface Act {
  seconds: number;
  name: "purchase" | "add_to_cart";
  value: number | null;
  topic: string;
}
const LAST: Act = { seconds: 1_501, name: "add_to_cart", value: null, topic: "winter" };
const acts = fc
  .uniqueArray(
    fc.record<Act>({
      seconds: fc.oneof(fc.integer({ min: -90_000, max: 0 }), fc.integer({ min: 0, max: 1_500 })),
      name: fc.constantFrom("purchase", "purchase", "add_to_cart"),
      value: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(null)),
      topic: fc.constantFrom(...TOPICS),
    }),
    { maxLength: 30, selector: ({ seconds }) => seconds },
  )
  // The session that goes on has an event at least: without one, the newest is the one before.
  .map((all) => [...all, LAST].sort((a, b) => a.seconds - b.seconds));

const at = ({ seconds }: Act): number => NOON + seconds * 1_000;
/** The session began at noon; whatever was before was in another. */
const eventOf = (act: Act): FactEvent => ({
  name: act.name,
  occurredAt: at(act),
  properties: { topic: act.topic, ...(act.value !== null && { value: act.value }) },
  context: {
    session: act.seconds < 0 ? { id: "old", startedAt: NOON - 2 * DAY } : { id: "now", startedAt: NOON },
  },
});

/** What the cookie says after these: read back, as the next request gets it. */
function cookieOf(some: readonly Act[]): Session {
  const session = startSession("now", NOON, undefined, false);
  for (const act of some)
    addEvents(session, [
      {
        at: at(act),
        name: act.name,
        fields: recentValues(read[act.name] ?? [], eventOf(act).properties),
      },
    ]);
  session.lastAt = Math.max(NOON, ...some.map(at));
  return readSession(writeSession(session));
}

function snapshotOf(some: readonly Act[], more: Partial<EdgeSnapshot> = {}): EdgeSnapshot {
  const asOf = Math.max(...some.map(at));
  const facts = some.map(eventOf).reduce<FactState>((all, one) => foldEvent(all, one, features, asOf), {});
  const built = buildSnapshot({
    facts,
    features,
    segments: [],
    version: 1,
    asOf,
    release: 1,
    state: "anonymous",
    granted: PERSONAL,
    got: gotOf(some.map(at)),
  });
  return { ...JSON.parse(JSON.stringify(built)), ...more };
}

const request = { device: "mobile" as const };
const edge = (now: number, published: EdgeSnapshot | undefined, session: Session | undefined) => {
  // By way of KV.
  const snapshot = published && readSnapshotText(writeSnapshotText(published));
  return attributesNow({ document, granted: PERSONAL, now, snapshot, session, cuts, request });
};

/** Of all events, with null where a feature has no value. */
function truth(some: readonly Act[], now: number): Record<string, unknown> {
  const facts = some.map(eventOf).reduce<FactState>((all, one) => foldEvent(all, one, features, now), {});
  const values = featureValues(facts, features, now, cuts);
  return Object.fromEntries(
    Object.keys(document.features).map((name) => [name, asAttribute(name, values[name])]),
  );
}

const asAttribute = (name: string, value: unknown) => value ?? (name === "rfm" ? {} : null);
/** Null where a feature has no value. */
const plain = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value ?? null, (key, one) =>
      one === undefined && Object.hasOwn(document.features, key) ? null : one,
    ),
  );

describe("at the edge a feature of any kind", () => {
  it("is the same whether its events are in the snapshot or still in the cookie", () => {
    fc.assert(
      fc.property(acts, fc.nat(30), (all, cut) => {
        const known = all.slice(0, cut);
        const snapshot = known.length > 0 ? snapshotOf(known) : undefined;
        // The cookie has what was not ingested, and may have more.
        const session = cookieOf(all.slice(Math.max(0, cut - 3)));
        const now = NOON + 1_502_000;
        expect(plain(inFull(edge(now, snapshot, session)))).toMatchObject(plain(truth(all, now)));
      }),
      { numRuns: 120 },
    );
  });

  it("is right as time passes after the snapshot, where it is over hours or all time", () => {
    const overTime = Object.keys(document.features).filter(
      (name) => /_(3h|30h|lifetime)/.test(name) || ["cart", "twice", "rfm", "affinity"].includes(name),
    );
    fc.assert(
      fc.property(acts, fc.integer({ min: 0, max: 40 * 60 }), (all, minutes) => {
        const now = NOON + 1_502_000 + minutes * MINUTE;
        const expected = truth(all, now);
        const found = edge(now, snapshotOf(all), undefined);
        for (const name of overTime)
          expect([name, plain(found[name])]).toEqual([name, plain(expected[name])]);
      }),
      { numRuns: 120 },
    );
  });

  it("counts a request that was overtaken in the queue, and none that is in the snapshot", () => {
    const one: Act = { seconds: 10, name: "purchase", value: 5, topic: "winter" };
    const two: Act = { ...one, seconds: 20, value: 7 };
    // The later of the two was ingested first.
    const found = edge(NOON + 30_000, snapshotOf([two]), cookieOf([one, two]));
    expect(found).toMatchObject({ count_lifetime: 2, sum_lifetime: 12, count_3h: 2, count_session: 2 });
    const both = edge(NOON + 30_000, snapshotOf([one, two]), cookieOf([one, two]));
    expect(both).toMatchObject({ count_lifetime: 2, sum_lifetime: 12, count_3h: 2, count_session: 2 });
  });

  it("knows a session only while it goes on", () => {
    const act: Act = { seconds: 10, name: "purchase", value: 5, topic: "winter" };
    const session = cookieOf([act]);
    expect(edge(NOON + MINUTE, snapshotOf([act]), session).count_session).toBe(1);
    expect(edge(NOON + HOUR, snapshotOf([act]), session).count_session).toBe(0);
    expect(edge(NOON + HOUR, snapshotOf([act]), session).count_lifetime).toBe(1);
    const next = startSession("next", NOON + HOUR, session, false);
    expect(edge(NOON + HOUR, snapshotOf([act]), next).count_session).toBe(0);
  });

  it("sees the whole event where a condition reads what the cookie has no room for", () => {
    const reading = releaseSchema.parse({
      features: {
        tagged: {
          event: "page_view",
          agg: "count",
          where: { "content.taxonomy": { $all: ["snow"] }, "content.content_id": { $regex: "a{70}" } },
        },
      },
      policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
    });
    const properties = { content: { content_id: "a".repeat(100), taxonomy: ["snow", "ice"] } };
    const fields = recentValues(recentFields(reading).page_view ?? [], properties);
    expect(JSON.stringify(fields).length).toBeLessThan(20);
    const session = startSession("now", NOON, undefined, false);
    addEvents(session, [{ at: NOON, name: "page_view", fields }]);
    addEvents(session, [{ at: NOON, name: "page_view", fields: {} }]);
    const attributes = attributesNow({
      document: reading,
      granted: PERSONAL,
      now: NOON,
      session,
      request: { device: "other" },
    });
    expect(attributes.tagged).toBe(1);
  });
});

describe("the first request after a burst of events knows them all before ingest does", () => {
  const burst = (count: number, of: (n: number) => Partial<Act>): Act[] =>
    Array.from({ length: count }, (_, n) => ({
      seconds: 5,
      name: "purchase",
      value: null,
      topic: "winter",
      ...of(n),
    }));

  it.each([
    ["sixty at once", burst(60, () => ({})), 60],
    ["sixty within two minutes", burst(60, (n) => ({ seconds: 2 * n })), 60],
    [
      "fifty of two kinds in turn",
      burst(50, (n) => ({ seconds: n, name: n % 2 ? "purchase" : "add_to_cart" })),
      25,
    ],
    ["twenty with an amount of its own each", burst(20, (n) => ({ seconds: n, value: 7 + n })), 20],
  ])("%s", (_, all, purchases) => {
    expect(inFull(edge(NOON + 3 * MINUTE, undefined, cookieOf(all)))).toMatchObject({
      count_lifetime: purchases,
      count_3h: purchases,
      sum_lifetime: all.reduce((sum, { value }) => sum + (value ?? 0), 0),
    });
  });

  it("also where an older purchase was in the session before, and nothing was written since", () => {
    const before: Act = { seconds: -80_000, name: "purchase", value: 40, topic: "winter" };
    const last = cookieOf([before]);
    const session = startSession("now", NOON, last, false);
    const old = snapshotOf([{ ...before, seconds: -85_000, value: 3 }]);
    expect(edge(NOON, old, readSession(writeSession(session))).sum_lifetime).toBe(43);
  });
});

describe("what a decision does not ask for", () => {
  it("is not computed, and what it asks for is computed once", () => {
    const one = compileFeatures(document).find(({ name }) => name === "count_lifetime");
    const snapshot = snapshotOf([{ seconds: 1, name: "purchase", value: 1, topic: "winter" }]);
    let reads = 0;
    const features = {
      get(hash: string) {
        if (hash !== one?.hash) return snapshot.features[hash];
        reads++;
        return 7;
      },
    };
    const given = { document, granted: PERSONAL, now: NOON + MINUTE, snapshot: { ...snapshot, features } };
    const found = attributesNow({ ...given, request });
    expect(found.count_30h).toBe(1);
    expect(reads).toBe(0);
    expect([found.count_lifetime, found.count_lifetime]).toEqual([7, 7]);
    expect(reads).toBe(1);
  });

  it("is there all the same for whoever looks, and nothing else is", () => {
    const found = edge(NOON, undefined, undefined);
    expect("count_lifetime" in found).toBe(true);
    expect("constructor" in found).toBe(false);
    expect(inFull(found)).toMatchObject({
      count_lifetime: 0,
      segments: [],
      lists: [],
      lifecycle_stage: null,
    });
  });
});
