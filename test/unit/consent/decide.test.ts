/** What a decision says besides its answers, which the truth table has: receipt, times, place, opt-out and record. */
import { describe, expect, it } from "vitest";
import type { ConsentChoice } from "#consent/cookie";
import { type ConsentSignals, decideConsent, recordOf } from "#consent/decide";
import { DENIES_ALL, type Says, SIGNAL_KINDS, type Signal } from "#consent/signals/signal";
import { policySchema } from "#contracts/definitions/policy";
import { PURPOSES } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";

const policy = policySchema.parse({
  regimes: {
    gdpr: { countries: ["SK"], default: "denied" },
    us: { countries: ["US"], default: "granted", honours: ["gpc"] },
  },
  otherwise: "gdpr",
});
const now = Date.UTC(2026, 10, 22);
const GRANTS_ALL: Says = { analytics: "granted", marketing: "granted", personalization: "granted" };

const choice = (more: Partial<ConsentChoice> = {}): ConsentChoice => ({
  receipt: "r1",
  granted: [...PURPOSES],
  regime: "gdpr",
  givenAt: now - DAY_MS,
  expiresAt: now + DAY_MS,
  despiteGpc: false,
  ...more,
});
const tcf = (more: Partial<Signal> = {}): Signal => ({
  kind: "tcf",
  name: "",
  says: GRANTS_ALL,
  givenAt: now - 3 * DAY_MS,
  evidence: "sha256:1",
  ...more,
});
const inSlovakia = (more: Partial<ConsentSignals>) =>
  decideConsent(policy, { now, country: "SK", gpc: false, ...more });

describe("a decision", () => {
  it("names the regime, the place and the ground of each purpose", () => {
    const { grounds, regime, place } = decideConsent(policy, { now, country: "US", region: "NY", gpc: true });
    expect({ regime, place }).toEqual({ regime: "us", place: "US" });
    expect(grounds).toEqual({ analytics: "default", marketing: "gpc", personalization: "default" });
  });
  it("names a region only of a country whose regions the policy tells apart", () => {
    const california = policySchema.parse({
      regimes: {
        us: { countries: ["US"], default: "granted" },
        ca: { regions: ["US-CA"], default: "granted" },
      },
      otherwise: "us",
    });
    const placeOf = (country: string, region?: string) =>
      decideConsent(california, { now, gpc: false, country, region }).place;
    expect([placeOf("US", "NY"), placeOf("US"), placeOf("DE", "BE")]).toEqual(["US-NY", "US", "DE"]);
  });
  it("of an unknown place names none", () => {
    expect(decideConsent(policy, { now, gpc: false }).place).toBeUndefined();
  });
  it("where nobody has decided has the regime's receipt, and is older than any decision", () => {
    expect(inSlovakia({})).toMatchObject({ receipt: "default:gdpr", decidedAt: 0 });
    expect(inSlovakia({}).expiresAt).toBeUndefined();
  });
  it("names all that it rests on, one of each kind", () => {
    const newer = tcf({ givenAt: now - DAY_MS, evidence: "sha256:2" });
    const { receipt } = inSlovakia({
      choice: choice(),
      signals: [tcf(), newer],
      statement: { analytics: "granted", marketing: "denied" },
    });
    expect(receipt).toBe("r1+tcf:sha256:2+statement:a+m-");
  });
  it("on the same signals has the same receipt", () => {
    const twice = [1, 2].map(() => inSlovakia({ signals: [tcf()] }).receipt);
    expect(twice).toEqual(["tcf:sha256:1", "tcf:sha256:1"]);
  });
  it("is as old as the oldest of its grants", () => {
    const partial = tcf({ says: { analytics: "granted" }, givenAt: now - 9 * DAY_MS });
    const banner: Signal = { ...tcf(), kind: "banner", name: "onetrust", evidence: "v1" };
    expect(inSlovakia({ signals: [partial, banner] }).decidedAt).toBe(now - 9 * DAY_MS);
  });
  it("of which one grant is not known when it was made is older than any other", () => {
    expect(inSlovakia({ statement: { analytics: "granted" } }).decidedAt).toBe(0);
  });
  it("by a clock that is ahead is older than any other: its time says nothing", () => {
    const minutes = 60_000;
    const banner = (givenAt: number) => inSlovakia({ signals: [tcf({ givenAt })] });
    expect(banner(now + 20 * 60 * minutes)).toMatchObject({ granted: [...PURPOSES], decidedAt: 0 });
    expect(banner(now + 4 * minutes).decidedAt).toBe(now + 4 * minutes);
  });
  it("ends when the first of its grants does, by the signal or by the regime", () => {
    expect(inSlovakia({ choice: choice() }).expiresAt).toBe(now + DAY_MS);
    expect(inSlovakia({ signals: [tcf()] }).expiresAt).toBe(now + 362 * DAY_MS);
    expect(inSlovakia({ signals: [tcf({ expiresAt: now + 5 })] }).expiresAt).toBe(now + 5);
  });
  it("that only repeats a default does not end", () => {
    expect(
      decideConsent(policy, { now, country: "US", gpc: false, choice: choice() }).expiresAt,
    ).toBeUndefined();
  });
});

describe("Global Privacy Control is an opt-out", () => {
  it("of the profile, also where marketing was denied anyway", () => {
    expect(inSlovakia({ gpc: true, choice: choice({ granted: ["analytics"] }) }).gpc).toBe(true);
    expect(inSlovakia({ gpc: true, choice: choice() }).gpc).toBe(true);
  });
  it("unless the visitor granted marketing while it was on, and that holds", () => {
    expect(inSlovakia({ gpc: true, choice: choice({ despiteGpc: true }) }).gpc).toBeUndefined();
    const over = choice({ despiteGpc: true, expiresAt: now - 1 });
    expect(inSlovakia({ gpc: true, choice: over }).gpc).toBe(true);
  });
  it("and no part of what the visitor decided", () => {
    const record = recordOf(policy, { now, country: "SK", gpc: true, choice: choice() }, "visitor_id:1.a");
    expect(record?.granted).toEqual([...PURPOSES]);
  });
});

describe("a visitor's record", () => {
  const record = (more: Partial<ConsentSignals>) =>
    recordOf(policy, { now, country: "SK", gpc: false, ...more }, "visitor_id:1.a");
  it("is none where nobody has decided", () => {
    expect(record({})).toBeUndefined();
    expect(record({ statement: {} })).toBeUndefined();
  });
  it("is none where all has lapsed: that is nothing that anybody said, and no withdrawal", () => {
    const over = { expiresAt: now - 1 };
    expect(record({ choice: choice(over), signals: [tcf(over)] })).toBeUndefined();
    const denial = tcf({ ...over, says: { ...GRANTS_ALL, marketing: "denied" } });
    expect(record({ choice: choice(over), signals: [denial] })).toMatchObject({ granted: [] });
  });
  it("of the visitor's own decision alone is dated by it, also where no grant is left of it", () => {
    const denial = choice({ granted: ["analytics"], regime: "us", expiresAt: now - 1 });
    expect(record({ country: "US", choice: denial })).toMatchObject({
      granted: ["analytics"],
      givenAt: now - DAY_MS,
    });
  });
  it("has the receipt that events which rest on the same carry", () => {
    const signals = { signals: [tcf()], statement: { marketing: "denied" } } as const;
    expect(record(signals)?.id).toBe(inSlovakia(signals).receipt);
  });
  it("says which signals, and what proves each", () => {
    const banner: Signal = { ...tcf(), kind: "banner", name: "onetrust", evidence: "202410.1.0" };
    expect(record({ choice: choice(), signals: [banner, tcf()] })).toMatchObject({
      subject: "visitor_id:1.a",
      source: "choice+tcf+banner:onetrust",
      evidence: "r1+sha256:1+202410.1.0",
      granted: [...PURPOSES],
    });
  });
});

describe("bad input", () => {
  it("a signal that is not valid denies everything, beside any number of grants", () => {
    const invalid = tcf({ says: DENIES_ALL, invalid: "malformed", givenAt: 0, evidence: "sha256:bad" });
    const many = Array.from({ length: 50 }, (_, n) => tcf({ evidence: `sha256:${n}`, givenAt: now - n }));
    expect(inSlovakia({ signals: [...many, invalid], choice: choice() }).granted).toEqual([]);
    expect(inSlovakia({ signals: [invalid, ...many], choice: choice() }).granted).toEqual([]);
  });
  it("ten thousand signals are decided on in less than a second, as two are", () => {
    const signals = Array.from({ length: 10_000 }, (_, n) =>
      tcf({
        kind: SIGNAL_KINDS[1 + (n % 4)] ?? "tcf",
        name: `banner-${n % 7}`,
        says: n === 9_998 ? { marketing: "denied" } : GRANTS_ALL,
        givenAt: n === 9_998 ? 0 : now - n,
        evidence: `sha256:${n}`,
      }),
    );
    const begun = performance.now();
    const { granted } = inSlovakia({ signals });
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(granted).toEqual(["analytics", "personalization"]);
  });
  it("contradictory signals in any order are decided alike, and denied", () => {
    const says: Says[] = [GRANTS_ALL, DENIES_ALL, { analytics: "granted", marketing: "denied" }];
    const signals = says.map((one, n) => tcf({ says: one, evidence: `sha256:${n}` }));
    for (const order of [signals, signals.toReversed(), [1, 2, 0].flatMap((n) => signals[n] ?? [])])
      expect(inSlovakia({ signals: order }).granted).toEqual([]);
  });
  it("a decision of an unknown or inherited regime name grants nothing in an opt-in regime", () => {
    for (const regime of ["gone", "", "constructor", "__proto__", "toString"])
      expect(inSlovakia({ choice: choice({ regime }) }).granted).toEqual([]);
  });
  it("times that are no numbers of our days grant nothing", () => {
    for (const givenAt of [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, now + DAY_MS])
      expect(inSlovakia({ choice: choice({ givenAt, expiresAt: givenAt + 1 }) }).granted).toEqual([]);
    for (const givenAt of [Number.NaN, Number.NEGATIVE_INFINITY, -1, 0]) {
      const granted = inSlovakia({ choice: choice({ givenAt, expiresAt: Number.NaN }) }).granted;
      expect([givenAt, granted]).toEqual([givenAt, []]);
    }
  });
});
