/** Decisions: who wins, and the exact reason of everybody else. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import type { Session } from "#door/session";
import { type DecideInput, type Decision, decide, decideNothing } from "#slots/decide";
import { withDetails } from "#slots/decide/details";

const NOW = Date.UTC(2026, 10, 20, 12);
const DAY = Math.floor(NOW / 86_400_000);

type Offers = NonNullable<ReleaseInput["offers"]>;
type Caps = Offers[string]["caps"];

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

const ASKED = { slots: ["hero"], attributes: {}, now: NOW, personal: true };

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
          { offer: "low", reason: "outranked:high" },
          { offer: "early", reason: "not_started" },
          { offer: "late", reason: "ended" },
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

  it("are held by what the page shows already, and by nothing that the release does not have", () => {
    const [hero] = ask(offers, { onPage: ["side-sale", "nobody", "__proto__"] });
    expect(hero?.losers).toContainEqual({ offer: "hero-sale", reason: "exclusion_group:sale" });
    expect(ask(offers, { onPage: ["nobody"] })[0]?.offer).toBe("hero-sale");
  });

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

  it("of all slots holds the same visitors in every slot, others than any slot's own", () => {
    const both = releaseSchema.parse({
      ...document,
      decisioning: { holdout: 0.1 },
    });
    const of = (slot: string, unit: string) =>
      decide({ ...ASKED, document: both, slots: [slot], unit })[0]?.losers[0]?.reason;
    const first = release({ a: offer(), b: offer({ slot: "side" }) }, both.slots);
    const pair = { ...first, decisioning: both.decisioning };
    const reasons = visitors.map((unit) =>
      decide({ ...ASKED, document: pair, slots: ["hero", "side"], unit }).map((d) => d.losers[0]?.reason),
    );
    const global = reasons.filter(([hero]) => hero === "holdout_global");
    expect(global.length / visitors.length).toBeCloseTo(0.1, 1);
    for (const [, side] of global) expect(side).toBe("holdout_global");
    const own = reasons.filter(([hero]) => hero === "holdout");
    expect(own.length / (visitors.length - global.length)).toBeCloseTo(0.2, 1);
    expect(visitors.map((unit) => of("hero", unit))).toEqual(reasons.map(([hero]) => hero));
    // Previews hold out nobody unless they are asked to.
    expect(
      decide({ ...ASKED, document: pair, slots: ["hero"], unit: visitors[0], withoutHoldouts: true })[0]
        ?.offer,
    ).toBe("a");
  });

  it("holds nobody who has no id or has not consented", () => {
    expect(visitors.some((visitor) => held("hero", visitor, false)?.holdout)).toBe(false);
    expect(held("hero", undefined)?.holdout).toBe(false);
  });
});

describe("the order of offers", () => {
  const scored = {
    a: offer({ score: "taste.winter", priority: 5 }),
    b: offer({ score: "taste.summer", priority: 5 }),
    c: offer({ priority: 5 }),
    top: offer({ priority: 6, audience: { country: "SK" } }),
  };
  const by = (attributes: Record<string, unknown>) => ask(scored, { attributes });

  it("goes by priority, then by the score of an attribute, of which none counts lowest, then by key", () => {
    expect(by({ taste: { winter: 0.2, summer: 0.7 }, country: "SK" })[0]?.offer).toBe("top");
    expect(by({ taste: { winter: 0.2, summer: 0.7 } })[0]).toMatchObject({
      offer: "b",
      losers: [
        { offer: "top", reason: "audience" },
        { offer: "a", reason: "outranked:b" },
        { offer: "c", reason: "outranked:b" },
      ],
    });
    expect(by({ taste: { winter: -1 } })[0]?.offer).toBe("a");
    for (const none of [
      {},
      { taste: { winter: "9", summer: null } },
      { taste: { winter: Number.NaN } },
      { taste: 3 },
    ])
      expect(by(none)[0]?.offer).toBe("a");
  });

  it("goes by how offers perform where the slot says so, and only after the score", () => {
    const offers = { a: offer(), b: offer(), c: offer({ score: "n" }) };
    const document = release(offers, { hero: { rankBy: "clicks" } });
    const best = (rates: Record<string, number> | undefined, attributes = {}) =>
      decide({ document, slots: ["hero"], attributes, now: NOW, personal: true, rates })[0]?.offer;
    expect(best(undefined)).toBe("a");
    expect(best({ a: 0.01, b: 0.05, c: 0.02 })).toBe("b");
    expect(best({ a: 0.01, b: 0.05, c: 0.02 }, { n: 0 })).toBe("c");
    expect(best({ b: 0 })).toBe("b");
    const unranked = decide({ ...ASKED, document: release(offers), rates: { a: 0.01, b: 0.05 } });
    expect(unranked[0]?.offer).toBe("a");
  });

  it("is that of the keys where all offers are equal, whatever the order of slots and definitions", () => {
    const keys = Array.from({ length: 50 }, (_, n) => `o${n}`);
    fc.assert(
      fc.property(fc.shuffledSubarray(keys, { minLength: 50 }), fc.boolean(), (order, turned) => {
        const offers = Object.fromEntries(
          order.map((key) => [
            key,
            offer({ slot: key.endsWith("1") ? "side" : "hero", exclusionGroup: "one" }),
          ]),
        );
        const slots = turned ? ["side", "hero"] : ["hero", "side"];
        const won = decide({ ...ASKED, document: release(offers), slots }).flatMap((d) => d.offer ?? []);
        expect(won).toEqual(["o0"]);
      }),
      { numRuns: 20 },
    );
  });
});

describe("content that is not there", () => {
  it("keeps its offer from winning, and nothing else from it", () => {
    const offers = {
      a: offer({ priority: 9, content: "gone", exclusionGroup: "x" }),
      b: offer({ exclusionGroup: "x" }),
    };
    const [decision] = ask(offers, { hasContent: (key) => key !== "gone" });
    expect(decision).toMatchObject({ offer: "b", losers: [{ offer: "a", reason: "content_missing" }] });
  });
});

describe("why offers lost", () => {
  const offers: Offers = {
    winner: offer({ priority: 5 }),
    early: offer({ priority: 9, schedule: { from: "2026-12-01T08:00", timezone: "Europe/Bratislava" } }),
    night: offer({ priority: 9, schedule: { hours: { from: "22:00", to: "06:00" } } }),
    over: offer({ priority: 9, schedule: { to: "2026-11-01T00:00:00Z" } }),
    vip: offer({
      priority: 9,
      audience: { visits: { $gte: 3, $lt: 9 }, $or: [{ city: "Nitra" }, { $not: { plan: "free" } }] },
    }),
    seen: offer({ priority: 9, caps: [{ count: 2, per: "session" }] }),
    given: offer({ priority: 9, caps: [{ count: 1, per: "week", exact: true }] }),
    low: offer({ priority: 4 }),
    tie: offer({ priority: 5 }),
  };
  const input: DecideInput = {
    document: release({ ...offers, winner: offer({ priority: 5, score: "n" }) }),
    slots: ["hero"],
    attributes: { visits: 2, plan: "free", n: 7 },
    now: NOW,
    personal: true,
    unit: "u",
    session: session({ seen: { session: 2, day: DAY, today: 2 } }),
    refused: new Map([["given", "cap_exact:week"]]),
  };
  const full = new Map([["given", { per: "week" as const, count: 1, used: 1 }]]);
  const [decision] = withDetails(decide(input), input, full);
  const detail = Object.fromEntries(
    decision?.losers.map((one) => [one.offer, [one.reason, one.detail]]) ?? [],
  );

  it.each([
    ["early", "not_started", { starts_at: "2026-12-01T07:00:00.000Z" }],
    ["night", "not_now", { starts_at: "2026-11-20T22:00:00.000Z" }],
    ["over", "ended", { ended_at: "2026-11-01T00:00:00Z", timezone: "UTC" }],
    ["seen", "cap_session", { per: "session", used: 2, of: 2, exact: false }],
    ["given", "cap_exact:week", { per: "week", used: 1, of: 1, exact: true }],
    ["low", "outranked:winner", { by: "priority", winner: 5, own: 4 }],
    ["tie", "outranked:winner", { by: "score", winner: 7, own: null }],
  ])("is said in detail: %s", (key, reason, expected) => expect(detail[key]).toEqual([reason, expected]));

  it("names the clauses of an audience that failed, and what was there instead", () => {
    expect(detail.vip).toEqual([
      "audience",
      {
        failed: [
          { field: "visits", operator: "$gte", expected: 3, actual: 2, must_hold: true },
          { field: "city", operator: "is", expected: "Nitra", actual: null, must_hold: true },
          { field: "plan", operator: "is", expected: "free", actual: "free", must_hold: false },
        ],
      },
    ]);
  });
});

describe("any page", () => {
  it("has one decision per known slot, accounts for every offer once, and shows one offer per group", () => {
    const key = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h");
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
      { numRuns: 200 },
    );
  });

  it("shows the same where nobody asks why the others lost", () => {
    const anOffer = fc.record(
      {
        slot: fc.constantFrom("hero", "side"),
        priority: fc.nat(2),
        score: fc.constantFrom("n", "m"),
        exclusionGroup: fc.constantFrom("x", "y"),
        audience: fc.constantFrom({}, { n: 1 }, { n: 2 }),
        caps: fc.constantFrom<Caps>([], [{ count: 1, per: "session" }]),
        content: fc.constantFrom("a", "gone"),
      },
      { requiredKeys: ["slot", "content"] },
    );
    const key = fc.constantFrom(..."abcdefgh");
    const slots = fc.subarray(["hero", "side"], { minLength: 1 });
    fc.assert(
      fc.property(
        fc.dictionary(key, anOffer),
        slots,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (offers, asked, holdout) => {
          const document = release(offers as Offers, { hero: { holdout, rankBy: "clicks" }, side: {} });
          const input: DecideInput = {
            ...ASKED,
            document,
            slots: asked,
            attributes: { n: 1 },
            unit: "u",
            rates: { a: 1, b: 2 },
            hasContent: (content) => content === "a",
            session: session({ c: { session: 1, day: DAY, today: 1 } }),
          };
          const won = (decisions: Decision[]) => decisions.map(({ losers: _, ...rest }) => rest);
          expect(won(decide({ ...input, winnersOnly: true }))).toEqual(won(decide(input)));
        },
      ),
      { numRuns: 200 },
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
