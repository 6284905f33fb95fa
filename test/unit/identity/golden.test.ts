/** Which value of a trait counts, and which of them a row keeps: the same for the same events, in whatever order. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TRAIT_PREFERENCES, type TraitRule } from "#contracts/definitions/identity";
import { best, type Candidate, DEFAULT_RULE, ranked, ruleOf } from "#identity/golden/choose";
import { MAX_SOURCES, type Origin, withNewest } from "#identity/golden/sealed";

type Valued = Candidate & { value: string };

const of = (value: string, more: Partial<Candidate> = {}): Valued => ({
  value,
  source: "web",
  event: "e1",
  at: 1,
  verified: false,
  key: "visitor_id:1.v",
  ...more,
});
const rule = (...prefer: TraitRule["prefer"]): TraitRule => ({ prefer, sources: [] });

/** As record.ts does where every value opens. */
const chosen = (candidates: readonly Valued[], by: TraitRule): string | undefined =>
  best(ranked(candidates, by)[0] ?? [], by)?.value;

describe("the value of a field", () => {
  const crm = { source: "crm", verified: true, key: "email:1.ida" };
  const values = [
    of("typed last", { at: 9 }),
    of("of the CRM", { ...crm, at: 3 }),
    of("of the shop, proved and long", { source: "shop", verified: true, key: "user_id:1.u", at: 5 }),
    of("typed first", { at: 1, key: "visitor_id:1.w" }),
  ];

  it.each<[TraitRule, string]>([
    [DEFAULT_RULE, "of the shop, proved and long"],
    [rule("newest"), "typed last"],
    [rule("oldest"), "typed first"],
    [rule("longest"), "of the shop, proved and long"],
    [rule("verified", "oldest"), "of the CRM"],
    [{ prefer: ["source"], sources: ["crm", "shop"] }, "of the CRM"],
    [{ prefer: ["source", "oldest"], sources: ["web"] }, "typed first"],
    [{ prefer: ["source", "newest"], sources: ["unheard"] }, "typed last"],
    [{ prefer: ["verified", "source"], sources: ["web", "crm"] }, "of the CRM"],
  ])("by %j is %s", (by, value) => {
    expect(chosen(values, by)).toBe(value);
  });

  it("is by default the proved one before the claimed, and only then the newer", () => {
    expect(chosen([of("claimed", { at: 9 }), of("proved", { verified: true })], ruleOf({}, "email"))).toBe(
      "proved",
    );
    expect(chosen([of("claimed", { at: 9 }), of("older", { at: 8 })], ruleOf({}, "email"))).toBe("claimed");
  });

  it("of a name that every object has follows no rule but the default", () => {
    expect(ruleOf({}, "constructor")).toBe(DEFAULT_RULE);
  });

  it("is the longest in characters, as a reader counts them", () => {
    expect(chosen([of("Ján"), of("🙂🙂", { at: 9 })], rule("longest"))).toBe("Ján");
  });

  it("needs no value to be opened but of those that nothing else tells apart from the best", () => {
    const groups = (by: TraitRule) => ranked(values, by).map((group) => group.length);
    expect(groups(DEFAULT_RULE)).toEqual([1, 1, 1, 1]);
    expect(groups(rule("verified", "longest"))).toEqual([2, 2]);
    expect(groups(rule("newest", "longest"))).toEqual([1, 1, 1, 1]);
    expect(groups(rule("longest"))).toEqual([4]);
  });
});

const candidate = fc
  .record({
    value: fc.constantFrom("a", "bb", "cc", "ddd"),
    source: fc.constantFrom("", "web", "crm", "shop"),
    event: fc.constantFrom("", "e1", "e2", "e3"),
    at: fc.integer({ min: 1, max: 4 }),
    key: fc.constantFrom("email:1.a", "user_id:1.u", "visitor_id:1.v|email:1.a"),
  })
  // A row is a proved person's or not: its key says so.
  .map((one) => ({ ...one, verified: !one.key.includes("|") }));
// One source tells a row one value by one event.
const candidates = fc.uniqueArray(candidate, {
  maxLength: 12,
  selector: ({ source, event, at, key }) => JSON.stringify([source, event, at, key]),
});
const anyRule = fc.record({
  prefer: fc.uniqueArray(fc.constantFrom(...TRAIT_PREFERENCES), { minLength: 1 }),
  sources: fc.uniqueArray(fc.constantFrom("web", "crm", "shop")),
});

/** A permutation of a list. */
const shuffled = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length });

describe("whatever the rule", () => {
  it("the same values in any order give the same one", () => {
    const cases = fc
      .tuple(candidates, anyRule)
      .chain(([list, by]) => fc.tuple(fc.constant(list), shuffled(list), fc.constant(by)));
    fc.assert(
      fc.property(cases, ([list, other, by]) => {
        expect(best(ranked(other, by)[0] ?? [], by)).toEqual(best(ranked(list, by)[0] ?? [], by));
        expect(ranked(other, by).map((group) => group.length)).toEqual(
          ranked(list, by).map((group) => group.length),
        );
      }),
    );
  });

  it("the first group holds what would be chosen if every value had been opened", () => {
    fc.assert(
      fc.property(candidates, anyRule, (list, by) => {
        expect(best(ranked(list, by)[0] ?? [], by)).toEqual(best(list, by));
      }),
    );
  });
});

describe("what a row keeps of a field", () => {
  const origin = fc.record({
    at: fc.integer({ min: 1, max: 6 }),
    source: fc.constantFrom(..."abcdefghijkl"),
    event: fc.uuid(),
  });
  const kept = (events: readonly Origin[]): Origin[] =>
    events.reduce<Origin[]>((known, event) => [...withNewest(known, event)], []);

  it("is a function of the events, in whatever order and however often they come", () => {
    const cases = fc
      .array(origin, { maxLength: 40 })
      .chain((list) => fc.tuple(fc.constant(list), shuffled([...list, ...list.slice(0, 5)])));
    fc.assert(
      fc.property(cases, ([list, other]) => {
        expect(kept(other)).toEqual(kept(list));
      }),
    );
  });

  it("is the newest of each source, and of sources those that spoke last", () => {
    const spoke = (source: string, at: number): Origin => ({ source, at, event: `${source}${at}` });
    expect(kept([spoke("a", 1), spoke("b", 2), spoke("a", 3)])).toEqual([spoke("a", 3), spoke("b", 2)]);
    const many = Array.from({ length: MAX_SOURCES + 2 }, (_, n) => spoke(`s${n}`, n + 1));
    expect(kept(many).map(({ source }) => source)).toEqual(
      many
        .slice(2)
        .map(({ source }) => source)
        .reverse(),
    );
  });

  it("does not change by an event that is no news: nothing is sealed for it", () => {
    const known = [{ source: "a", at: 5, event: "e5" }];
    expect(withNewest(known, { source: "a", at: 4, event: "e9" })).toBe(known);
    expect(withNewest(known, { source: "a", at: 5, event: "e5" })).toBe(known);
    expect(withNewest(known, { source: "a", at: 5, event: "e6" })).toEqual([
      { source: "a", at: 5, event: "e6" },
    ]);
    const full = Array.from({ length: MAX_SOURCES }, (_, n) => ({ source: `s${n}`, at: 9, event: "e" }));
    expect(withNewest(full, { source: "late", at: 1, event: "e" })).toBe(full);
  });
});
