/** What a release may not say of its slots and offers, and what it is warned of. */
import { describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { attributeTypes } from "#release/attribute-types";
import { offerIssues, offerWarnings } from "#release/offer-issues";
import { slotIssues } from "#release/slot-issues";

type Offers = NonNullable<ReleaseInput["offers"]>;
type Given = Partial<Offers[string]>;

const releaseOf = (offers: Record<string, Given>, more: Partial<ReleaseInput> = {}) =>
  releaseSchema.parse({
    features: {
      spent: { event: "purchase", agg: "sum", field: "value" },
      top_topic: { event: "page_view", agg: "top", field: "content.topic" },
      taste: { affinity: { of: "top_topic" } },
    },
    segments: {
      loyal: { when: { spent: { $gte: 1 } } },
      ads: { when: { spent: { $gte: 1 } }, purpose: "marketing" },
    },
    slots: { hero: {}, side: {}, note: { kind: "message" } },
    content: { a: { html: "a" }, data: { data: {} } },
    offers: Object.fromEntries(
      Object.entries(offers).map(([key, offer]) => [key, { slot: "hero", content: "a", ...offer }]),
    ),
    policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
    ...more,
  });
const issuesOf = (offer: Given) => {
  const document = releaseOf({ o: offer });
  return offerIssues(document, attributeTypes(document)).map(({ path, message }) => `${path} ${message}`);
};

describe("an offer", () => {
  it.each<[string, Given]>([
    ["of everything", { score: "taste.winter", caps: [{ count: 1, per: "week", exact: true }] }],
    ["with a score that is a feature", { score: "spent" }],
    [
      "over a change of the clock",
      { schedule: { from: "2026-10-25T02:59", to: "2026-10-25T03:00", timezone: "Europe/Bratislava" } },
    ],
  ])("%s may be published", (_, offer) => expect(issuesOf(offer)).toEqual([]));

  it.each<[string, Given]>([
    ['offers.o.slot there is no slot "nope"', { slot: "nope" }],
    ['offers.o.slot there is no slot "constructor"', { slot: "constructor" }],
    ['offers.o.content there is no content "nope"', { content: "nope" }],
    ['offers.o.content there is no cms "blog"', { content: "cms:blog/post-1" }],
    [
      'offers.o.content the content "data" has no html, which a message needs',
      { slot: "note", content: "data" },
    ],
    [
      'offers.o.schedule.timezone there is no time zone "Europe/Atlantis"',
      { schedule: { timezone: "Europe/Atlantis" } },
    ],
    ['offers.o.schedule.timezone there is no time zone "+01:00"', { schedule: { timezone: "+01:00" } }],
    [
      "offers.o.schedule ends before it begins",
      { schedule: { from: "2026-12-02T00:00:00Z", to: "2026-12-01T00:00:00Z" } },
    ],
    // 10:00 in Kathmandu is 04:15 in UTC.
    [
      "offers.o.schedule ends before it begins",
      { schedule: { from: "2026-12-01T05:00:00Z", to: "2026-12-01T10:00", timezone: "Asia/Kathmandu" } },
    ],
    // Of the hour that there is twice the first counts, and in the gap all moves forward.
    [
      "offers.o.schedule ends before it begins",
      { schedule: { from: "2026-10-25T01:30:00Z", to: "2026-10-25T02:30", timezone: "Europe/Bratislava" } },
    ],
    [
      "offers.o.schedule ends before it begins",
      { schedule: { from: "2026-03-29T02:30", to: "2026-03-29T03:30", timezone: "Europe/Bratislava" } },
    ],
    [
      'offers.o.caps.0 a cap per week needs "exact": true, since the session cookie does not last that long',
      { caps: [{ count: 1, per: "week" }] },
    ],
    [
      "offers.o.caps.1 there is another cap per day",
      {
        caps: [
          { count: 1, per: "day" },
          { count: 2, per: "day", exact: true },
        ],
      },
    ],
    [
      'offers.o.audience there is no segment "gone"',
      { audience: { $or: [{ country: "SK" }, { $not: { segments: { $all: ["loyal", "gone"] } } }] } },
    ],
    [
      'offers.o.audience there is no segment "gone"',
      { audience: { segments: { $elemMatch: { $eq: "gone" } } } },
    ],
    [
      'offers.o.audience the segment "ads" does not serve personalization',
      { audience: { $nor: [{ segments: { $in: ["ads"] } }] } },
    ],
    ['offers.o.audience there is no list "vips"', { audience: { lists: { $in: ["vips"] } } }],
    ['offers.o.score there is no attribute "nope"', { score: "nope" }],
    ['offers.o.score there is no attribute "spent.more"', { score: "spent.more" }],
    ["offers.o.score is text, and a score must be a number", { score: "top_topic" }],
    ["offers.o.score is an object, and a score must be a number", { score: "taste" }],
  ])("is refused: %s", (issue, offer) => expect(issuesOf(offer)).toEqual([issue]));

  it("may not ask about what there is not", () => {
    expect(issuesOf({ audience: { spnt: 1 } })).toHaveLength(1);
  });
});

describe("a slot", () => {
  it("falls back to what it can show", () => {
    const slots = {
      hero: { fallback: "a" },
      note: { kind: "message", fallback: "data" },
      side: { fallback: "x" },
    } as const;
    expect(slotIssues(releaseOf({}, { slots }))).toEqual([
      { path: "slots.note.fallback", message: 'the content "data" has no html, which a message needs' },
      { path: "slots.side.fallback", message: 'there is no content "x"' },
    ]);
  });
});

describe("a warning", () => {
  const warned = (offers: Record<string, Given>) => offerWarnings(releaseOf(offers)).map(({ path }) => path);

  it("is of a group that keeps nothing apart", () => {
    expect(warned({ a: { exclusionGroup: "sale" }, b: { exclusionGroup: "sale" } })).toEqual([
      "offers.a.exclusionGroup",
      "offers.b.exclusionGroup",
    ]);
    expect(warned({ a: { exclusionGroup: "sale" }, b: { exclusionGroup: "sale", slot: "side" } })).toEqual(
      [],
    );
  });

  it("is of offers behind one that everybody gets at any time", () => {
    const behind = { audience: { country: "SK" } };
    expect(warned({ all: { priority: 5 }, low: behind, high: { ...behind, priority: 9 } })).toEqual([
      "offers.low",
    ]);
    for (const may of [
      { audience: { country: "SK" } },
      { schedule: {} },
      { caps: [{ count: 1, per: "day" as const }] },
      { content: "cms:blog/a" },
      { slot: "side" },
    ])
      expect(warned({ all: { priority: 5, ...may }, low: behind })).toEqual([]);
  });

  it("is of a tie that goes by the key, and not of one that a score decides", () => {
    expect(warned({ a: {}, b: {} })).toEqual(["offers.b"]);
    expect(warned({ a: {}, b: { score: "spent" } })).toEqual([]);
  });
});
