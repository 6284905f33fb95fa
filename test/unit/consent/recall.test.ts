import fc from "fast-check";
import { expect, it } from "vitest";
import type { ConsentChoice } from "#consent/cookie";
import { decideConsent } from "#consent/decide";
import { recallConsent } from "#consent/recall";
import { policySchema } from "#contracts/definitions/policy";
import { PURPOSES } from "#contracts/taxonomy";

const NOW = Date.UTC(2026, 10, 22);
const DAY = 86_400_000;
const policy = policySchema.parse({
  regimes: {
    gdpr: { countries: ["SK"], default: "denied" },
    us: { countries: ["US"], default: "granted", honours: ["gpc"] },
    california: {
      regions: ["US-CA"],
      default: { analytics: "granted", marketing: "denied", personalization: "granted" },
      honours: ["gpc"],
      validityDays: 2,
    },
  },
  otherwise: "gdpr",
});

it("a decision that is recalled is the one that would be made now, however requests of a visitor come", () => {
  const choice = fc.record({
    receipt: fc.constant("r"),
    granted: fc.subarray([...PURPOSES]),
    regime: fc.constantFrom("gdpr", "us", "gone"),
    givenAt: fc.integer({ min: NOW - 400 * DAY, max: NOW + DAY }),
    expiresAt: fc.integer({ min: NOW - DAY, max: NOW + 3 * DAY }),
    despiteGpc: fc.boolean(),
  });
  const request = fc.record({
    now: fc.integer({ min: NOW - 2 * DAY, max: NOW + 4 * DAY }),
    country: fc.constantFrom(undefined, "SK", "US", "JP"),
    region: fc.constantFrom(undefined, "CA", "BL"),
    gpc: fc.boolean(),
  });
  fc.assert(
    fc.property(
      choice,
      fc.array(request, { minLength: 2, maxLength: 12 }),
      (one: ConsentChoice, requests) => {
        for (const each of requests) {
          const given = { ...each, choice: one, signals: [] };
          expect(recallConsent(policy, given)).toEqual(decideConsent(policy, given));
        }
      },
    ),
    { numRuns: 500 },
  );
});

it("is made anew where anybody else says something", () => {
  const choice: ConsentChoice = {
    receipt: "r",
    granted: [...PURPOSES],
    regime: "gdpr",
    givenAt: NOW - DAY,
    expiresAt: NOW + DAY,
    despiteGpc: false,
  };
  const given = { now: NOW, country: "SK", gpc: false, choice };
  expect(recallConsent(policy, given).granted).toEqual(PURPOSES);
  const statement = { marketing: "denied" } as const;
  expect(recallConsent(policy, { ...given, statement }).granted).not.toContain("marketing");
  expect(recallConsent(policy, { ...given, gpc: true }).granted).not.toContain("marketing");
  expect(recallConsent(policy, given)).toBe(recallConsent(policy, given));
});
