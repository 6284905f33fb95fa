/** Which regime holds where, and policies that are refused. */
import { describe, expect, it } from "vitest";
import { regimeOf, validityDays } from "#consent/policy";
import { policySchema } from "#contracts/definitions/policy";

const policy = policySchema.parse({
  regimes: {
    gdpr: { countries: ["SK"], default: "denied" },
    us: { countries: ["US"], default: "granted" },
    ca: { regions: ["US-CA"], default: "granted", validityDays: 180 },
    co: {
      regions: ["US-CO"],
      default: { analytics: "granted", marketing: "denied", personalization: "granted" },
    },
    qc: { regions: ["CA-QC"], default: "denied", validityDays: 90 },
  },
  otherwise: "gdpr",
});

describe("the regime of a place", () => {
  it.each([
    ["a listed country", "SK", undefined, "gdpr"],
    ["a region before its country", "US", "CA", "ca"],
    ["another region of the country: the country's", "US", "NY", "us"],
    ["an unknown region of a country with regions: the strictest of its parts", "US", undefined, "co"],
    ["a region of a country that is not listed: its own", "CA", "QC", "qc"],
    ["another region of it: otherwise", "CA", "ON", "gdpr"],
    ["an unknown region of it: the strictest, by how long a decision is good", "CA", undefined, "qc"],
    ["an unlisted country: otherwise", "BR", undefined, "gdpr"],
    ["a region of a country without listed regions", "SK", "BL", "gdpr"],
    ["an unknown country, whatever the region", undefined, "CA", "gdpr"],
  ])("%s", (_title, country, region, key) => {
    expect(regimeOf(policy, country, region).key).toBe(key);
  });
  it("has its own validity, or the policy's", () => {
    expect(validityDays(policy, regimeOf(policy, "US", "CA").regime)).toBe(180);
    expect(validityDays(policy, regimeOf(policy, "US", "NY").regime)).toBe(365);
  });
});

describe("a policy is refused", () => {
  const gdpr = { countries: ["SK"], default: "denied" };
  const us = { countries: ["US"], default: "granted" };
  const issues = (document: unknown) => {
    const { error } = policySchema.safeParse(document);
    return error?.issues.map(({ path, message }) => `${path.join(".")} ${message}`) ?? [];
  };
  it.each([
    ["without regimes", { otherwise: "gdpr" }, /^regimes Invalid input: expected record/],
    ["with no regime at all", { regimes: {}, otherwise: "gdpr" }, /^otherwise names no regime$/],
    ["whose `otherwise` is missing", { regimes: { gdpr } }, /^otherwise Invalid input: expected string/],
    [
      "whose `otherwise` names no regime",
      { regimes: { gdpr }, otherwise: "eu" },
      /^otherwise names no regime$/,
    ],
    [
      "whose `otherwise` is inherited",
      { regimes: { gdpr }, otherwise: "constructor" },
      /^otherwise names no regime$/,
    ],
    [
      "where `otherwise` is less strict than another regime",
      { regimes: { gdpr, us }, otherwise: "us" },
      /^otherwise must name the strictest regime.*"gdpr" denies analytics$/,
    ],
    [
      "where `otherwise` is less strict for one purpose alone",
      {
        regimes: {
          gdpr: { default: { analytics: "granted", marketing: "denied", personalization: "granted" } },
          other: {
            countries: ["CH"],
            default: { analytics: "granted", marketing: "denied", personalization: "denied" },
          },
        },
        otherwise: "gdpr",
      },
      /^otherwise must name the strictest regime.*"other" denies personalization$/,
    ],
    [
      "where two regimes have one country",
      { regimes: { gdpr, strict: gdpr }, otherwise: "gdpr" },
      /^regimes\.strict\.countries SK is in the regime "gdpr" already$/,
    ],
    [
      "where two regimes have one region",
      {
        regimes: {
          gdpr,
          a: { regions: ["US-CA"], default: "denied" },
          b: { regions: ["US-CA"], default: "denied" },
        },
        otherwise: "gdpr",
      },
      /^regimes\.b\.regions US-CA is in the regime "a" already$/,
    ],
    [
      "with a country in lower case",
      { regimes: { gdpr: { ...gdpr, countries: ["sk"] } }, otherwise: "gdpr" },
      /must be a country like DE/,
    ],
    [
      "with a region without its country",
      { regimes: { gdpr: { ...gdpr, regions: ["CA"] } }, otherwise: "gdpr" },
      /must be a region like US-CA/,
    ],
    [
      "with a default for two of the purposes",
      { regimes: { gdpr: { default: { analytics: "denied", marketing: "denied" } } }, otherwise: "gdpr" },
      /^regimes\.gdpr\.default must be "denied", "granted", or one of them for each/,
    ],
    [
      "with a default that is no answer",
      { regimes: { gdpr: { default: "maybe" } }, otherwise: "gdpr" },
      /^regimes\.gdpr\.default must be/,
    ],
    [
      "with a signal that nobody knows",
      { regimes: { gdpr: { ...gdpr, honours: ["dnt"] } }, otherwise: "gdpr" },
      /^regimes\.gdpr\.honours\.0 Invalid option/,
    ],
    [
      "with decisions that are good for no day",
      { regimes: { gdpr }, otherwise: "gdpr", validityDays: 0 },
      /^validityDays Too small/,
    ],
    [
      "with a setting that does not exist",
      { regimes: { gdpr: { ...gdpr, honors: [] } }, otherwise: "gdpr" },
      /^regimes\.gdpr Unrecognized key: "honors"$/,
    ],
  ])("%s", (_title, document, message) => {
    expect(issues(document).join("\n")).toMatch(message);
  });
  it("not where a regime of few places is stricter in nothing than `otherwise`", () => {
    expect(issues({ regimes: { gdpr, us }, otherwise: "gdpr" })).toEqual([]);
  });
});
