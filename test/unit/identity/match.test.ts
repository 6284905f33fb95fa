/** What match rules derive of people's traits: the same of those who agree, something else of all others. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { comparedText, type MatchTraits, matchesOf, matchRules } from "#identity/match";

const documentOf = (match: unknown) =>
  releaseSchema.parse({
    policy: { regimes: { gdpr: { countries: ["SK"], default: "denied" } }, otherwise: "gdpr" },
    identity: { match },
  });
const RULES = matchRules(
  documentOf({
    name_and_phone: { traits: ["phone", "last_name", "first_name"] },
    colleague: { traits: ["company", "last_name"] },
  }),
);

const valuesOf = (traits: MatchTraits) =>
  Object.fromEntries(matchesOf(RULES, traits).map(({ namespace, value }) => [namespace, value]));
const names = (first: string, last: string, company?: string): MatchTraits => {
  const compared: MatchTraits = {};
  const of = (trait: "first_name" | "last_name" | "company", text: string | undefined) => {
    const value = text === undefined ? undefined : comparedText(trait, text);
    if (value !== undefined) compared[trait] = value;
  };
  of("first_name", first);
  of("last_name", last);
  of("company", company);
  return compared;
};

describe("a match rule", () => {
  it("derives nothing where a trait is missing, and nothing of a release without rules", () => {
    expect(valuesOf({ phone: "+421905123456", last_name: "berg" })).toEqual({});
    expect(Object.keys(valuesOf(names("Ida", "Berg", "Berg & Co.")))).toEqual(["match-colleague"]);
    expect(matchRules(documentOf({}))).toEqual([]);
  });

  it("compares the same traits in whatever order it names them", () => {
    const [one] = matchRules(documentOf({ same: { traits: ["phone", "last_name"] } }));
    const [other] = matchRules(documentOf({ same: { traits: ["last_name", "phone"] } }));
    expect(one).toEqual(other);
  });

  it("shares nothing with a rule of its name that compares other traits", () => {
    const of = (traits: string[]) => matchRules(documentOf({ same: { traits } }));
    const person: MatchTraits = { first_name: "ida", last_name: "ida" };
    expect(matchesOf(of(["first_name"]), person)).not.toEqual(matchesOf(of(["last_name"]), person));
  });

  it("is of equal people equal, and of others not: no value runs into the next", () => {
    const person = fc.record({
      phone: fc.constantFrom("+421905123456", "+421905123457"),
      first_name: fc.string({ unit: fc.constantFrom("a", '"', ",", "]"), minLength: 1, maxLength: 4 }),
      last_name: fc.string({ unit: fc.constantFrom("a", '"', ",", "]"), minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(person, person, (one, other) => {
        const isSame = (["phone", "first_name", "last_name"] as const).every(
          (name) => one[name] === other[name],
        );
        const [a] = matchesOf(RULES, one);
        const [b] = matchesOf(RULES, other);
        expect(a?.value === b?.value).toBe(isSame);
      }),
    );
  });
});

describe("a name", () => {
  it.each([
    ["first_name", " Ida ", "ida"],
    ["first_name", "IDA  Marie\tLou", "ida marie lou"],
    ["last_name", "A\u030astro\u0308m", "åström"],
    ["last_name", "Ber\u200bg\u00a0", "berg"],
    ["last_name", "O'Neil", "o'neil"],
    ["company", "Berg & Co.", "berg & co"],
    ["company", "Berg, s. r. o.", "berg sro"],
    ["company", "BERG s.r.o", "berg sro"],
    ["company", "„Berg“ s. r. o.", "berg sro"],
    ["company", "A. B. Trading (Europe)", "ab trading europe"],
  ] as const)("%s %j is compared as %j", (trait, text, compared) => {
    const once = comparedText(trait, text);
    expect(once).toBe(compared);
    expect(comparedText(trait, compared)).toBe(compared);
  });

  it("keeps its accents: they tell people apart", () => {
    expect(comparedText("last_name", "Kovač")).not.toBe(comparedText("last_name", "Kovac"));
  });

  it.each(["undefined", "N/A", "-", "{{first_name}}", " ", "null"])("%j is none", (text) => {
    for (const trait of ["first_name", "last_name", "company"] as const)
      expect(comparedText(trait, text)).toBeUndefined();
  });
});
