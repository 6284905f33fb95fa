/** Decisions: who wins, and the exact reason of everybody else. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import type { Session } from "#door/session";
import { type DecideInput, decide, decideNothing } from "#slots/decide";

const NOW = Date.UTC(2026, 10, 20, 12);
const DAY = Math.floor(NOW / 86_400_000);

type Offers = NonNullable<ReleaseInput["offers"]>;

const release = (
  offers: Offers,
  slots: ReleaseInput["slots"] = { hero: { fallback: "default" }, side: {} },
) =>
  releaseSchema.parse({
    offers,
    slots,
    content: { default: { html: "d" }, a: { html: "a" } },
    policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
  });

const ask = (offers: Offers, changes: Partial<DecideInput> = {}) =>
  decide({
    document: release(offers),
    slots: ["hero"],
    attributes: {},
    now: NOW,
    personal: true,
    unit: "1abc.2def",
    ...changes,
  });

const session = (impressions: Session["impressions"], changes: Partial<Session> = {}): Session => ({
  id: "s",
  number: 1,
  startedAt: NOW - 1000,
  lastAt: NOW - 1000,
  recent: [],
  impressions,
  first: false,
  ...changes,
});

const offer = (changes: Partial<Offers[string]> = {}): Offers[string] => ({
  slot: "hero",
  content: "a",
  ...changes,
});

describe("a slot", () => {
  it("shows the offer with the highest priority, and says why the others lost", () => {
    const offers = {
      low: offer({ priority: 1 }),
      high: offer({ priority: 9 }),
      vip: offer({ priority: 90, audience: { segments: { $in: ["vip"] } } }),
      early: offer({ schedule: { from: "2026-12-01T00:00:00Z" } }),
      late: offer({ schedule: { to: "2026-11-20T12:00:00Z" } }),
    };
    expect(ask(offers)).toEqual([
      {
        slot: "hero",
        outcome: "offer",
        offer: "high",
        content: "a",
        holdout: false,
        losers: [
          { offer: "vip", reason: "audience" },
          { offer: "early", reason: "not_started" },
          { offer: "late", reason: "ended" },
          { offer: "low", reason: "outranked" },
        ],
      },
    ]);
  });

  it("shows the fallback where nothing wins", () => {
    expect(ask({})).toMatchObject([{ outcome: "fallback", content: "default", losers: [] }]);
    expect(ask({ a: offer({ audience: { x: 1 } }) })).toMatchObject([
      { outcome: "fallback", content: "default" },
    ]);
  });

  it("breaks ties by key, whatever the order of definition", () => {
    expect(ask({ b: offer(), a: offer() })[0]?.offer).toBe("a");
    expect(ask({ a: offer(), b: offer() })[0]?.offer).toBe("a");
  });

  it("is on schedule from the first instant, and off at the last", () => {
    const schedule = { from: "2026-11-20T13:00:00+01:00", to: "2026-11-20T13:00:01+01:00" };
    const at = (now: number) => ask({ a: offer({ schedule }) }, { now })[0];
    expect(at(NOW - 1)?.losers).toEqual([{ offer: "a", reason: "not_started" }]);
    expect(at(NOW)?.offer).toBe("a");
    expect(at(NOW + 1000)?.losers).toEqual([{ offer: "a", reason: "ended" }]);
  });

  it("is only for everybody without consent", () => {
    const offers = { mine: offer({ priority: 9, audience: { country: "SK" } }), all: offer() };
    const [decision] = ask(offers, { personal: false, attributes: { country: "SK" } });
    expect(decision).toMatchObject({ offer: "all", losers: [{ offer: "mine", reason: "no_consent" }] });
  });
});

describe("caps", () => {
  const offers = {
    a: offer({
      caps: [
        { count: 3, per: "session" },
        { count: 5, per: "day" },
      ],
    }),
  };
  const reason = (impressions: Session["impressions"], changes: Partial<Session> = {}) =>
    ask(offers, { session: session(impressions, changes) })[0]?.losers[0]?.reason;

  it.each([
    [undefined, {}],
    [undefined, { a: { session: 2, day: DAY, today: 4 } }],
    ["cap_session", { a: { session: 3, day: DAY, today: 3 } }],
    ["cap_day", { a: { session: 0, day: DAY, today: 5 } }],
    [undefined, { a: { session: 0, day: DAY - 1, today: 50 } }],
    [undefined, { b: { session: 9, day: DAY, today: 9 } }],
  ])("give %s after %j", (expected, impressions) => expect(reason(impressions)).toBe(expected));

  it("of a session end with it", () => {
    expect(reason({ a: { session: 3, day: DAY, today: 3 } }, { lastAt: NOW - 36 * 60_000 })).toBeUndefined();
  });
});

describe("exclusion groups", () => {
  const offers = {
    "hero-sale": offer({ priority: 5, exclusionGroup: "sale" }),
    "hero-other": offer({ priority: 1 }),
    "side-sale": offer({ slot: "side", priority: 8, exclusionGroup: "sale" }),
  };

  it("show one of them on a page: the most important, whatever the order of the slots", () => {
    for (const slots of [
      ["hero", "side"],
      ["side", "hero"],
    ]) {
      const decisions = ask(offers, { slots });
      expect(decisions.map(({ slot }) => slot)).toEqual(slots);
      expect(decisions.find(({ slot }) => slot === "side")?.offer).toBe("side-sale");
      expect(decisions.find(({ slot }) => slot === "hero")).toMatchObject({
        offer: "hero-other",
        losers: [{ offer: "hero-sale", reason: "exclusion_group:sale" }],
      });
    }
  });

  it("do not bind slots that are not asked for", () => {
    expect(ask(offers)[0]?.offer).toBe("hero-sale");
  });
});

describe("the holdout", () => {
  const document = release(
    { a: offer() },
    { hero: { fallback: "default", holdout: 0.2 }, side: { holdout: 0.2 } },
  );
  const held = (slot: string, unit: string | undefined, personal = true) =>
    decide({ document, slots: [slot], attributes: {}, now: NOW, personal, unit })[0];
  const visitors = Array.from({ length: 5_000 }, (_, i) => `visitor_id:1.${i}`);

  it("holds its share of visitors, always the same ones, and others in another slot", () => {
    const inHero = visitors.filter((visitor) => held("hero", visitor)?.holdout);
    const inBoth = inHero.filter((visitor) => held("side", visitor)?.holdout);
    expect(inHero.length / visitors.length).toBeCloseTo(0.2, 1);
    expect(inBoth.length / inHero.length).toBeCloseTo(0.2, 1);
    expect(visitors.filter((visitor) => held("hero", visitor)?.holdout)).toEqual(inHero);
    expect(held("hero", inHero[0])).toMatchObject({
      outcome: "fallback",
      content: "default",
      losers: [{ offer: "a", reason: "holdout" }],
    });
  });

  it("holds nobody who has no id or has not consented", () => {
    expect(visitors.some((visitor) => held("hero", visitor, false)?.holdout)).toBe(false);
    expect(held("hero", undefined)?.holdout).toBe(false);
  });
});

describe("any page", () => {
  it("has one decision per known slot, accounts for every offer once, and shows one offer per group", () => {
    const key = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "constructor");
    const anOffer = fc.record(
      {
        slot: fc.constantFrom("hero", "side"),
        priority: fc.nat(3),
        exclusionGroup: fc.constantFrom("x", "y"),
        audience: fc.constantFrom({}, { n: 1 }, { n: { $gte: 5 } }, { n: { $nope: 1 } }),
        content: fc.constant("a"),
      },
      { requiredKeys: ["slot", "content"] },
    );
    fc.assert(
      fc.property(
        fc.dictionary(key, anOffer),
        fc.array(fc.constantFrom("hero", "side", "nope", "constructor"), { maxLength: 5 }),
        fc.boolean(),
        (offers, slots, personal) => {
          const document = release(offers as Offers);
          const decisions = decide({ document, slots, attributes: { n: 1 }, now: NOW, personal });
          const known = [...new Set(slots)].filter((slot) => slot === "hero" || slot === "side");
          expect(decisions.map(({ slot }) => slot)).toEqual(known);
          const groups: string[] = [];
          for (const { slot, offer: winner, losers } of decisions) {
            const named = [...losers.map((loser) => loser.offer), ...(winner ? [winner] : [])].sort();
            expect(named).toEqual(
              Object.keys(document.offers)
                .filter((k) => document.offers[k]?.slot === slot)
                .sort(),
            );
            const group = winner && document.offers[winner]?.exclusionGroup;
            if (group) groups.push(group);
          }
          expect(new Set(groups).size).toBe(groups.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("falls back as a whole where nothing can be decided", () => {
    const document = release({ a: offer() });
    expect(decideNothing(document, ["hero", "hero", "nope"], "budget")).toEqual([
      {
        slot: "hero",
        outcome: "fallback",
        content: "default",
        holdout: false,
        losers: [{ offer: "a", reason: "budget" }],
      },
    ]);
  });
});
