import { describe, expect, it } from "vitest";
import type { ConsentChoice } from "#consent/cookie";
import { decideConsent, stillGranted } from "#consent/decide";
import type { Policy } from "#contracts/definitions/policy";
import { DAY_MS } from "#core/clock";

const policy: Policy = {
  regimes: {
    gdpr: { countries: ["SK"], default: "denied", honours: [] },
    us: { countries: ["US"], default: "granted", honours: ["gpc"] },
  },
  otherwise: "gdpr",
  validityDays: 365,
};
const now = Date.UTC(2026, 10, 22);
const choice = (granted: ConsentChoice["granted"], more: Partial<ConsentChoice> = {}): ConsentChoice => ({
  receipt: "r1",
  granted,
  regime: "gdpr",
  givenAt: now - DAY_MS,
  expiresAt: now + DAY_MS,
  despiteGpc: false,
  ...more,
});
const all = ["analytics", "marketing", "personalization"] as const;

describe("decideConsent", () => {
  it.each([
    ["nothing said, opt-in regime", { country: "SK", gpc: false }, []],
    ["nothing said, unknown place: the strictest", { gpc: false }, []],
    ["nothing said, opt-out regime", { country: "US", gpc: false }, [...all]],
    [
      "GPC in an opt-out regime takes marketing",
      { country: "US", gpc: true },
      ["analytics", "personalization"],
    ],
    ["the cookie grants", { country: "SK", gpc: false, choice: choice(["analytics"]) }, ["analytics"]],
    ["the cookie denies in an opt-out regime", { country: "US", gpc: false, choice: choice([]) }, []],
    [
      "an expired cookie is a denial",
      { country: "SK", gpc: false, choice: choice([...all], { expiresAt: now - 1 }) },
      [],
    ],
    [
      "a cookie older than the policy allows",
      {
        country: "SK",
        gpc: false,
        choice: choice([...all], { givenAt: now - 400 * DAY_MS, expiresAt: now + 900 * DAY_MS }),
      },
      [],
    ],
    [
      "a cookie from the future",
      { country: "SK", gpc: false, choice: choice([...all], { givenAt: now + DAY_MS }) },
      [],
    ],
    [
      "GPC beside a granted cookie takes marketing",
      { country: "SK", gpc: true, choice: choice([...all]) },
      ["analytics", "personalization"],
    ],
    [
      "an explicit grant made while GPC was on overrides it",
      { country: "SK", gpc: true, choice: choice([...all], { despiteGpc: true }) },
      [...all],
    ],
    [
      "an event's grant without a cookie",
      { country: "SK", gpc: false, statement: { analytics: "granted" } },
      ["analytics"],
    ],
    [
      "an event's grant never widens the cookie",
      { country: "SK", gpc: false, choice: choice(["analytics"]), statement: { marketing: "granted" } },
      ["analytics"],
    ],
    [
      "an event's denial restricts the cookie",
      { country: "SK", gpc: false, choice: choice([...all]), statement: { analytics: "denied" } },
      ["marketing", "personalization"],
    ],
    ["GPC beats an event's own grant", { country: "SK", gpc: true, statement: { marketing: "granted" } }, []],
  ] as const)("%s", (_title, signals, granted) => {
    expect(decideConsent(policy, { now, ...signals }).granted).toEqual(granted);
  });

  it("names the ground of each purpose", () => {
    const { grounds, regime } = decideConsent(policy, { now, country: "US", gpc: true });
    expect(regime).toBe("us");
    expect(grounds).toEqual({ analytics: "default", marketing: "gpc", personalization: "default" });
  });
});

describe("stillGranted", () => {
  const event = { granted: [...all], decidedAt: 100 };
  it("a later withdrawal of any identifier takes away, and a later grant adds nothing", () => {
    expect(stillGranted(event, [{ granted: ["analytics"], decidedAt: 101, suppressed: false }])).toEqual([
      "analytics",
    ]);
    expect(
      stillGranted({ granted: ["analytics"], decidedAt: 100 }, [
        { granted: [...all], decidedAt: 200, suppressed: false },
      ]),
    ).toEqual(["analytics"]);
  });
  it("an older decision says nothing any more", () => {
    expect(stillGranted(event, [{ granted: [], decidedAt: 99, suppressed: false }])).toEqual(all);
  });
  it("suppression takes everything", () => {
    expect(stillGranted(event, [{ granted: [...all], decidedAt: 1, suppressed: true }])).toEqual([]);
  });
});
