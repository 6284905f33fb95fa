/** The edge snapshot together with the session: what a decision sees, and when KV has to be written. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import type { Purpose } from "#contracts/taxonomy";
import type { RecentEvent, Session } from "#door/session";
import { attributeTypes } from "#release/attribute-types";
import { attributesNow } from "#segments/attributes";
import { compileFeatures } from "#segments/compile";
import { type FactEvent, type FactState, featureValues, foldEvent } from "#segments/features";
import { compileSegments, segmentsOf } from "#segments/membership";
import { buildSnapshot, type EdgeSnapshot, mattersAtEdge, sameSnapshot } from "#segments/snapshot";
import { parseSnapshot, readSnapshotText, writeSnapshotText } from "#segments/snapshot-text";
import { inFull } from "../../setup/in-full.ts";
import { remembering } from "../../setup/remembering.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 20, 12);
const PERSONAL: Purpose[] = ["analytics", "personalization"];

const input: ReleaseInput = {
  features: {
    reads: { event: "page_view", agg: "count", window: "30d" },
    spent: { event: "purchase", agg: "sum", field: "value" },
    top_topic: { event: "page_view", agg: "top", field: "content.topic", window: "30d" },
    last_topic: { event: "page_view", agg: "last", field: "content.topic" },
    first_topic: { event: "page_view", agg: "first", field: "content.topic" },
    topics: { event: "page_view", agg: "distinct", field: "content.topic" },
    unused: { event: "page_view", agg: "count" },
  },
  segments: {
    reader: { when: { reads: { $gte: 3 } } },
    winter: { when: { top_topic: "winter" } },
    buyer: { when: { spent: { $gt: 0 } }, purpose: "marketing" },
  },
  slots: { hero: {} },
  offers: {
    rich: { slot: "hero", audience: { $or: [{ country: "SK", spent: { $gte: 500 } }] }, content: "a" },
  },
  content: { a: { html: "a" } },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
};
const document = releaseSchema.parse(input);
const features = compileFeatures(document);

const asFact = ({ at, name, fields }: RecentEvent): FactEvent => ({
  name,
  occurredAt: at,
  properties: { content: { topic: fields["content.topic"] }, value: fields.value },
});
const read = (at: number, topic: string): RecentEvent => ({
  at,
  name: "page_view",
  fields: { "content.topic": topic },
});
const buy = (at: number, value: number): RecentEvent => ({ at, name: "purchase", fields: { value } });
const factsOf = (events: readonly RecentEvent[]): FactState =>
  events.reduce((facts: FactState, event) => foldEvent(facts, asFact(event), features, NOW + DAY), {});

function snapshotOf(events: readonly RecentEvent[], changes: Partial<EdgeSnapshot> = {}): EdgeSnapshot {
  const facts = factsOf(events);
  const asOf = events.reduce((newest, { at }) => Math.max(newest, at), 0);
  const segments = segmentsOf(featureValues(facts, features, asOf), compileSegments(document), PERSONAL);
  const state = "anonymous";
  const snapshot = buildSnapshot({
    facts,
    features,
    segments,
    version: 1,
    asOf,
    release: 1,
    state,
    granted: PERSONAL,
  });
  return { ...snapshot, ...changes };
}
const sessionOf = (recent: RecentEvent[], startedAt = NOW - 60_000): Session =>
  remembering(
    { id: "s", number: 2, startedAt, lastAt: startedAt, recent: [], impressions: {}, first: false },
    recent,
  );
const request = { device: "mobile" as const, country: "SK" };
/** As KV gives it back. */
const published = (snapshot: EdgeSnapshot) => readSnapshotText(writeSnapshotText(snapshot));
const attributes = (snapshot?: EdgeSnapshot, session?: Session, now = NOW) => {
  const given = { document, granted: PERSONAL, now, session, request };
  return inFull(attributesNow({ ...given, snapshot: snapshot && published(snapshot) }));
};

describe("attributes", () => {
  it("are the same whether an event is in the snapshot or still in the session", () => {
    const event = fc.oneof(
      fc
        .tuple(fc.integer({ min: 0, max: 600 }), fc.constantFrom("winter", "summer", "bikes"))
        .map(([s, topic]) => read(NOW + s * 100, topic)),
      fc
        .tuple(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 1, max: 999 }))
        .map(([s, cents]) => buy(NOW + s * 100, cents / 100)),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(event, { maxLength: 24, selector: ({ at }) => at }),
        fc.nat(24),
        (events, cut) => {
          const ordered = [...events].sort((a, b) => a.at - b.at);
          const until = ordered[cut]?.at ?? Number.POSITIVE_INFINITY;
          const folded = ordered.filter(({ at }) => at < until);
          const whole = attributes(undefined, sessionOf(ordered, NOW), NOW + DAY);
          expect(
            attributes(
              folded.length > 0 ? snapshotOf(folded) : undefined,
              sessionOf(ordered, NOW),
              NOW + DAY,
            ),
          ).toEqual(whole);
          expect(whole).toMatchObject(featureValues(factsOf(ordered), features, NOW + DAY));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("reflect an event on the page right after it, without any snapshot", () => {
    const session = sessionOf([read(NOW, "winter"), read(NOW, "winter"), read(NOW, "bikes")]);
    expect(attributes(undefined, session)).toEqual({
      reads: 3,
      spent: 0,
      top_topic: "winter",
      last_topic: "bikes",
      first_topic: "winter",
      topics: 2,
      unused: 3,
      identity_state: "anonymous",
      device: "mobile",
      country: "SK",
      session_number: 2,
      lists: [],
      lifecycle_stage: null,
      segments: ["reader", "winter"],
    });
  });

  it("count no event twice that the cookie has rounded past the snapshot's time", () => {
    const snapshot = snapshotOf([read(NOW + 50, "winter")]);
    // The cookie keeps tenths of a second: 50 ms became 100 ms.
    expect(attributes(snapshot, sessionOf([read(NOW + 100, "winter")], NOW)).reads).toBe(1);
    expect(attributes(snapshot, sessionOf([read(NOW + 200, "winter")], NOW)).reads).toBe(2);
  });

  it("forget what has left its window since the snapshot was made", () => {
    const snapshot = snapshotOf([read(NOW, "winter"), buy(NOW, 5)]);
    const later = attributes(snapshot, undefined, NOW + 30 * DAY);
    expect(later).toMatchObject({ reads: 0, spent: 5, unused: 1 });
    expect(later.top_topic).toBeUndefined();
  });

  it("add all of the session to a person's history that this browser has no part in yet", () => {
    const snapshot = published(snapshotOf([buy(NOW, 5), buy(NOW + 60_000, 5)]));
    const session = sessionOf([read(NOW + 100, "winter"), read(NOW + 200, "winter")], NOW);
    const ask = (since: number) =>
      inFull(attributesNow({ document, granted: PERSONAL, now: NOW, snapshot, since, session, request }));
    expect(ask(0)).toMatchObject({ reads: 2, spent: 10 });
    expect(ask(NOW + 100)).toMatchObject({ reads: 1, spent: 10 });
  });

  it("do not mix a redefined feature with the old one", () => {
    const redefined = releaseSchema.parse({
      ...input,
      features: { ...input.features, reads: { event: "purchase", agg: "count" } },
    });
    const snapshot = published(snapshotOf([read(NOW, "winter")]));
    expect(attributesNow({ document: redefined, granted: PERSONAL, now: NOW, snapshot, request }).reads).toBe(
      0,
    );
  });

  it("are none at all without consent to personalization", () => {
    const session = sessionOf([read(NOW, "winter")]);
    const granted: Purpose[] = ["analytics", "marketing"];
    const snapshot = published(snapshotOf([buy(NOW, 1)]));
    expect(attributesNow({ document, granted, now: NOW, snapshot, session, request })).toEqual({});
  });

  it("name only segments whose purpose is granted", () => {
    const session = sessionOf([buy(NOW, 5)]);
    const ask = (granted: Purpose[]) =>
      attributesNow({ document, granted, now: NOW, session, request }).segments;
    expect(ask(["personalization"])).toEqual([]);
    expect(ask(["personalization", "marketing"])).toEqual(["buyer"]);
  });

  it("besides the features are those that a release may refer to", () => {
    const session = { ...sessionOf([]), campaign: { source: "a", medium: "b", campaign: "c" } };
    const all = attributesNow({
      document,
      granted: PERSONAL,
      now: NOW,
      session,
      request: { ...request, region: "BL" },
    });
    expect(Object.keys(inFull(all)).sort()).toEqual([...attributeTypes(document).keys()].sort());
  });

  it("take the campaign of the request before that of the session", () => {
    const session = { ...sessionOf([]), campaign: { source: "mail", medium: "email", campaign: "autumn" } };
    expect(attributes(undefined, session)).toMatchObject({
      utm_source: "mail",
      utm_medium: "email",
      utm_campaign: "autumn",
    });
    const utm = { source: "ads" };
    const now = attributesNow({
      document,
      granted: PERSONAL,
      now: NOW,
      session,
      request: { device: "desktop", utm },
    });
    expect(now).toMatchObject({ utm_source: "ads" });
    expect(now).not.toHaveProperty("utm_medium");
  });
});

describe("a snapshot has to be stored anew", () => {
  const reads = (n: number, topic = "winter") =>
    Array.from({ length: n }, (_, i) => read(NOW + i * 1000, topic));
  const differs = (before: RecentEvent[], after: RecentEvent[]) =>
    !sameSnapshot(snapshotOf(before), snapshotOf(after), document);

  it("when a segment is entered", () => expect(differs(reads(2), reads(3))).toBe(true));
  it("when a count is one event before a threshold", () => expect(differs(reads(1), reads(2))).toBe(true));
  it("not when nothing changes that a decision reads", () => {
    expect(differs(reads(3), reads(4))).toBe(false);
    expect(differs(reads(4), reads(40))).toBe(false);
    expect(differs(reads(4), [...reads(4), read(NOW, "bikes")])).toBe(false);
    expect(differs([buy(NOW, 5)], [buy(NOW, 100)])).toBe(false);
  });
  it("when a clause flips, even beside one on the request's country", () => {
    expect(differs([buy(NOW, 5)], [buy(NOW, 500)])).toBe(true);
  });
  it("when the top value changes", () =>
    expect(differs(reads(4), [...reads(4), ...reads(9, "bikes")])).toBe(true));
  it("when the state or the consent changes", () => {
    const one = snapshotOf(reads(5));
    expect(sameSnapshot(one, { ...one, version: 9, asOf: one.asOf + 1, release: 7 }, document)).toBe(true);
    expect(sameSnapshot(one, { ...one, state: "authenticated" }, document)).toBe(false);
    expect(sameSnapshot(one, { ...one, granted: "analytics" }, document)).toBe(false);
    expect(sameSnapshot(one, { ...one, units: [[NOW, "another"]] }, document)).toBe(false);
  });
  it("every 30 days, so that windows do not go stale", () => {
    const one = snapshotOf(reads(5));
    expect(sameSnapshot(one, { ...one, asOf: one.asOf + 30 * DAY }, document)).toBe(false);
  });
});

describe("a snapshot is worth a write to KV", () => {
  const matters = (events: RecentEvent[], changes: Partial<EdgeSnapshot> = {}) =>
    mattersAtEdge(snapshotOf(events, changes), document);

  it("when the visitor is in a segment", () => {
    expect(matters([read(NOW, "winter")])).toBe(true);
    expect(matters([read(NOW, "bikes"), read(NOW + 1, "summer")])).toBe(false);
  });
  it("when an audience itself asks about what was done, not one event before", () => {
    expect(matters([buy(NOW, 499)])).toBe(false);
    expect(matters([buy(NOW, 500)])).toBe(true);
  });
  it("when a person was proved", () => {
    expect(matters([], { state: "authenticated" })).toBe(true);
    expect(matters([], { state: "pseudonymous" })).toBe(false);
  });
  it("when an audience asks how far the visitor is known", () => {
    const known = {
      ...input.offers?.rich,
      slot: "hero",
      audience: { identity_state: "pseudonymous" },
      content: "a",
    };
    const asking = releaseSchema.parse({ ...input, offers: { known } });
    expect(mattersAtEdge(snapshotOf([], { state: "pseudonymous" }), asking)).toBe(true);
    expect(mattersAtEdge(snapshotOf([]), asking)).toBe(false);
  });
});

describe("a stored snapshot", () => {
  it("is small, and read back as it was", () => {
    const many = Array.from({ length: 500 }, (_, i) => read(NOW + i, `a topic with a long name ${i % 90}`));
    const text = JSON.stringify(snapshotOf(many));
    expect(text.length).toBeLessThan(1_500);
    expect(parseSnapshot(text)).toEqual(snapshotOf(many));
  });
  it.each([
    "",
    "{",
    "null",
    "[]",
    "7",
    '{"v":2}',
    '{"v":1,"version":1,"asOf":1,"state":"anonymous","segments":{},"features":{}}',
    '{"v":1,"version":1,"asOf":1,"state":"anonymous","segments":[],"features":null}',
  ])("that reads %j is none", (text) => {
    expect(parseSnapshot(text)).toBeUndefined();
    expect(readSnapshotText(text)).toBeUndefined();
  });
});

describe("a published snapshot", () => {
  const HEAD = '{"v":1,"version":1,"asOf":1,"release":1,"state":"anonymous","segments":[],"granted":""}';

  it("gives back every feature, whatever a visitor has made it say, and of others nothing", () => {
    const value = fc.oneof(
      fc.integer(),
      fc.string({ unit: "binary" }),
      fc.tuple(fc.tuple(fc.string(), fc.nat())),
      fc.record({ n: fc.nat(), v: fc.array(fc.constantFrom("\n0b 7", "0b", "\u2028", '\n"0a": 1', "é")) }),
    );
    const features = fc.dictionary(fc.constantFrom("0a", "0b", "0a0b", "~0a4", "0", "__proto"), value);
    fc.assert(
      fc.property(features, (own) => {
        const snapshot = { ...snapshotOf([]), features: own };
        const read = published(snapshot);
        for (const hash of ["0a", "0b", "0a0b", "~0a4", "0", "__proto", "a0b", "", "constructor"])
          expect(read?.features.get(hash), hash).toEqual(Object.hasOwn(own, hash) ? own[hash] : undefined);
        expect({ ...read, features: {} }).toEqual({ ...snapshot, features: {} });
      }),
    );
  });

  it("of an earlier release is read as well", () => {
    const snapshot = snapshotOf([read(NOW, "winter"), buy(NOW, 5)]);
    const old = readSnapshotText(JSON.stringify(snapshot));
    expect(Object.keys(snapshot.features).length).toBeGreaterThan(1);
    for (const [hash, value] of Object.entries(snapshot.features))
      expect(old?.features.get(hash)).toEqual(value);
    expect(old?.features.get("constructor")).toBeUndefined();
  });

  it("that was cut off says what it still can", () => {
    const cut = readSnapshotText(`${HEAD}\n0a 7\n0b {"n":1,`);
    expect([cut?.features.get("0a"), cut?.features.get("0b")]).toEqual([7, undefined]);
    expect(readSnapshotText(`${HEAD.slice(0, -2)}\n0a 7`)).toBeUndefined();
  });
});
