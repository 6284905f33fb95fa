/** Rates of consent: added up by regime, country and source; what was counted anonymously is among them. */
import { describe, expect, it } from "vitest";
import { type Rate, ratesOf } from "../../../src/console/consent-rates.ts";

const tally = (regime: string, country: string, source: string, granted: string, events: number) => ({
  regime,
  country,
  source,
  granted,
  events,
});
const regimeOf = (country: string | undefined) => (country === "US" ? "us" : "gdpr");
const line = ({ key, events, counted, granted: { analytics, marketing, personalization } }: Rate) =>
  `${key} ${events} (${counted}): ${analytics} ${marketing} ${personalization}`;

describe("rates", () => {
  const tallies = [
    tally("gdpr", "SK", "web", "amp", 30),
    tally("gdpr", "SK", "web", "", 10),
    tally("gdpr", "CZ", "app", "a", 5),
    tally("us", "US", "web", "ap", 40),
    tally("gdpr", "unknown", "server", "m", 1),
  ];

  it("are added up by regime, country and source, the largest first", () => {
    const rates = ratesOf(tallies, [], regimeOf);
    expect(line(rates.total)).toBe("all 86 (0): 75 31 70");
    expect(rates.regimes.map(line)).toEqual(["gdpr 46 (0): 35 31 30", "us 40 (0): 40 0 40"]);
    expect(rates.countries.map(line)).toEqual([
      "SK 40 (0): 30 30 30",
      "US 40 (0): 40 0 40",
      "CZ 5 (0): 5 0 0",
      "unknown 1 (0): 0 1 0",
    ]);
    expect(rates.sources.map(line)).toEqual([
      "web 80 (0): 70 30 70",
      "app 5 (0): 5 0 0",
      "server 1 (0): 0 1 0",
    ]);
  });

  it("know of those whose events were but counted", () => {
    const group = { name: "page_view", content: null };
    const counted = [
      { ...group, source: "web", country: "SK", events: 60 },
      { ...group, source: "web", country: "", events: 20 },
      { ...group, source: null, country: null, events: 25 },
    ];
    const rates = ratesOf(tallies, counted, regimeOf);
    expect(line(rates.total)).toBe("all 191 (105): 75 31 70");
    expect(rates.regimes.map(line)).toEqual([
      "gdpr 126 (80): 35 31 30",
      "us 40 (0): 40 0 40",
      "other 25 (25): 0 0 0",
    ]);
    expect(rates.countries.map(line).slice(0, 2)).toEqual(["SK 100 (60): 30 30 30", "US 40 (0): 40 0 40"]);
    expect(rates.countries.map(({ key, counted: n }) => `${key} ${n}`)).toContain("unknown 20");
    expect(rates.sources.map(({ key, counted: n }) => `${key} ${n}`)).toContain("other 25");
  });

  it("of nothing are nothing, and a share of nothing is none", () => {
    const rates = ratesOf([], [], regimeOf);
    expect(rates).toMatchObject({ regimes: [], countries: [], sources: [] });
    expect(rates.total.shares).toEqual({ analytics: 0, marketing: 0, personalization: 0 });
  });

  it("a share is of all events of its group", () => {
    const tallied = [tally("gdpr", "SK", "web", "a", 2), tally("gdpr", "SK", "web", "", 1)];
    const { total, regimes } = ratesOf(tallied, [], regimeOf);
    expect(total.shares).toEqual({ analytics: 0.6667, marketing: 0, personalization: 0 });
    expect(regimes[0]?.shares).toEqual(total.shares);
  });
});
