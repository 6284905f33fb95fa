/** The rules that hold without any of one's own, and what a release makes of them. */
import { describe, expect, it } from "vitest";
import { identitySchema } from "#contracts/definitions/identity";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { DEFAULT_RULES, identityRules, isMatch, matchNamespace } from "#identity/rules";

const rulesOf = (identity: object) =>
  identityRules({ identity: identitySchema.parse(identity) } as unknown as ReleaseDocument); // all that is read of it

describe("rules of identity", () => {
  it("without any of one's own keep users and customers apart, and the best known name first", () => {
    expect(["user_id", "customer_id", "email", "phone"].filter(DEFAULT_RULES.isUnique)).toEqual([
      "user_id",
      "customer_id",
    ]);
    expect(DEFAULT_RULES.priority[0]).toBe("user_id");
    expect(DEFAULT_RULES.maxMembers).toBe(50);
    expect(DEFAULT_RULES.mergesBy("match-name")).toBe(false);
    expect(identityRules({} as ReleaseDocument)).toBe(DEFAULT_RULES);
  });

  it("are a release's own where it has some, and else the defaults", () => {
    const rules = rulesOf({
      namespaces: {
        customer_id: { unique: false },
        "person-card": { unique: true, maxPartners: 3 },
        email: { maxPerProfile: 4 },
      },
      priority: ["person-card", "email"],
      maxMembers: 20,
      match: {
        name: { traits: ["first_name", "phone"], action: "merge" },
        guess: { traits: ["phone"], action: "propose" },
      },
    });
    expect(rules.isUnique("customer_id")).toBe(false);
    expect(rules.isUnique("user_id")).toBe(true);
    expect(rules.isUnique("person-card")).toBe(true);
    expect(rules.maxPartners("person-card")).toBe(3);
    expect(rules.maxPartners("email")).toBe(50);
    expect(rules.maxPartners("visitor_id")).toBe(500);
    expect(rules.maxPerProfile("email")).toBe(4);
    expect(rules.maxPerProfile("visitor_id")).toBe(20);
    expect(rules.priority.slice(0, 3)).toEqual(["person-card", "email", "user_id"]);
    expect(rules.mergesBy(matchNamespace("name"))).toBe(true);
    expect(rules.mergesBy(matchNamespace("guess"))).toBe(false);
  });

  it("read at least as many links as the largest number of partners, or a crowd would not be seen", () => {
    expect(DEFAULT_RULES.maxPartnersOfAny).toBe(500);
    const many = rulesOf({ namespaces: { email: { maxPartners: 900 } } });
    for (const namespace of ["email", "visitor_id", "anonymous_id", "user_id"])
      expect(many.maxPartnersOfAny).toBeGreaterThanOrEqual(many.maxPartners(namespace));
    const few = rulesOf({ namespaces: { anonymous_id: { maxPartners: 2 } } });
    for (const namespace of ["email", "visitor_id", "anonymous_id", "user_id"])
      expect(few.maxPartnersOfAny).toBeGreaterThanOrEqual(few.maxPartners(namespace));
  });

  it("know what a match rule derived from all else", () => {
    expect(isMatch(matchNamespace("name"))).toBe(true);
    expect(isMatch("match-name:1.abc")).toBe(true);
    expect(isMatch("email:1.match-name")).toBe(false);
  });
});
