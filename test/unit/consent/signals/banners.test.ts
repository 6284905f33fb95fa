/** Cookies of consent banners as signals: real values, the site's own tables, and what hostile ones are taken for. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bannerCookieNames, readBanners } from "#consent/signals/banner";
import type { Says, Signal } from "#consent/signals/signal";
import { BANNER_NAMES, type BannerName, type Policy, policySchema } from "#contracts/definitions/policy";
import { PURPOSES } from "#contracts/taxonomy";
import vectors from "../../../vectors/banner-cookies.json" with { type: "json" };

interface Vector {
  banner: BannerName;
  title: string;
  cookies: Readonly<Record<string, string>>;
  says: Says | null;
  table?: Record<string, (typeof PURPOSES)[number]>;
  givenAt?: number;
  expiresAt?: number;
  version?: string;
}
// JSON cannot say which texts are names of banners and purposes; a wrong one fails its own test.
const VECTORS = vectors.values as unknown as Vector[];
const DENIED = { analytics: "denied", marketing: "denied", personalization: "denied" };

const policyOf = (banners?: unknown): Policy =>
  policySchema.parse({ regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr", banners });

const USUAL = policyOf();

const readAll = (cookies: Readonly<Record<string, string>>, policy = USUAL): readonly Signal[] =>
  readBanners(
    bannerCookieNames(policy).map((name) => (Object.hasOwn(cookies, name) ? cookies[name] : undefined)),
    policy,
  );

const readOne = (cookies: Readonly<Record<string, string>>, policy = USUAL): Signal | undefined => {
  const signals = readAll(cookies, policy);
  expect(signals.length).toBeLessThan(2);
  return signals[0];
};

describe("real values", () => {
  it.each(VECTORS.map((vector) => [`${vector.banner}: ${vector.title}`, vector] as const))(
    "%s",
    (_, vector) => {
      const { banner, cookies, says, table } = vector;
      const signal = readOne(cookies, table ? policyOf({ [banner]: table }) : USUAL);
      if (says === null) {
        expect(signal).toBeUndefined();
        return;
      }
      expect(signal).toMatchObject({ kind: "banner", name: banner, says, givenAt: vector.givenAt });
      expect(Object.keys(signal?.says ?? {}).sort()).toEqual(Object.keys(says).sort());
      expect(signal?.expiresAt).toBe(vector.expiresAt);
      expect(signal?.invalid).toBeUndefined();
      expect(signal?.evidence).toMatch(/sha256:[0-9a-f]{32}$/);
      if (vector.version !== undefined) expect(signal?.evidence).toContain(`${banner}@${vector.version} `);
    },
  );

  it("every banner has values that grant, values that refuse, and values of visitors who have not decided", () => {
    for (const banner of BANNER_NAMES.filter((name) => name !== "vanilla-cookieconsent")) {
      const of = VECTORS.filter((vector) => vector.banner === banner);
      expect(
        of.some(({ says }) => says?.analytics === "granted"),
        banner,
      ).toBe(true);
      expect(
        of.some(({ says }) => Object.values(says ?? {}).includes("denied")),
        banner,
      ).toBe(true);
      expect(
        of.some(({ says }) => says === null),
        banner,
      ).toBe(true);
    }
  });
});

describe("which banners and categories", () => {
  const onetrust = {
    OptanonConsent: "datestamp=x&groups=C0001:1,C0002:1,C0004:0",
    OptanonAlertBoxClosed: "2026-01-02T03:04:05.678Z",
  };
  const cookiebot = {
    CookieConsent:
      "{necessary:true,preferences:true,statistics:false,marketing:true,method:'explicit',utc:1700000000000}",
  };

  it("without a table of banners all of them are read, each with its usual categories", () => {
    expect(bannerCookieNames(USUAL)).toEqual([
      "OptanonConsent",
      "OptanonAlertBoxClosed",
      "CookieConsent",
      "ucData",
      "uc_settings",
      "didomi_token",
      "didomi_dcs",
      "cc_cookie",
    ]);
    expect(readAll({ ...onetrust, ...cookiebot }).map(({ name, says }) => [name, says])).toEqual([
      ["onetrust", { analytics: "granted", marketing: "denied" }],
      ["cookiebot", { analytics: "denied", marketing: "granted", personalization: "granted" }],
    ]);
  });

  it("with one, only those that it lists; an empty table means the usual categories", () => {
    const policy = policyOf({ cookiebot: {} });
    expect(bannerCookieNames(policy)).toEqual(["CookieConsent"]);
    expect(readAll({ ...onetrust, ...cookiebot }, policy).map(({ name }) => name)).toEqual(["cookiebot"]);
    expect(bannerCookieNames(policyOf({}))).toEqual([]);
    expect(readBanners([], policyOf({}))).toEqual([]);
  });

  it("several categories of one purpose must all be granted, and one that the cookie passes over was not", () => {
    const said = (groups: string) =>
      readOne(
        { ...onetrust, OptanonConsent: `groups=${groups}` },
        policyOf({ onetrust: { A: "marketing", B: "marketing" } }),
      )?.says;
    expect(said("A:1,B:1")).toEqual({ marketing: "granted" });
    expect(said("A:1,B:0")).toEqual({ marketing: "denied" });
    expect(said("A:1")).toEqual({ marketing: "denied" });
  });

  it("a category that the table does not have grants nothing, and a purpose without one is left out", () => {
    const policy = policyOf({ onetrust: { C0002: "analytics" } });
    expect(readOne(onetrust, policy)?.says).toEqual({ analytics: "granted" });
    expect(readOne({ ...onetrust, OptanonConsent: "groups=C0004:1" }, policy)).toBeUndefined();
  });

  it("where a cookie lists only grants, a purpose of which it has no category was refused", () => {
    const cookie = (categories: string[]) => ({
      cc_cookie: encodeURIComponent(
        JSON.stringify({
          categories,
          level: categories,
          revision: 0,
          consent_date: "2023-05-01T00:00:00.000Z",
          consent_uuid: "u",
        }),
      ),
    });
    expect(readOne(cookie(["necessary"]))?.says).toEqual(DENIED);
    expect(readOne(cookie(["necessary", "analytics"]))?.says).toEqual({ ...DENIED, analytics: "granted" });
  });

  it("a decision has the same evidence on each page, and another one another", () => {
    const page = (stamp: string, groups: string) =>
      readOne({ ...onetrust, OptanonConsent: `datestamp=${stamp}&groups=${groups}` })?.evidence;
    expect(page("Mon", "C0002:1")).toBe(page("Tue", "C0002:1"));
    expect(page("Mon", "C0002:1")).not.toBe(page("Mon", "C0002:0"));
  });
});

describe("no cookie, and known ones", () => {
  it("without a cookie the answer is one shared list, and an empty cookie is none", () => {
    const none = readAll({});
    expect(none).toEqual([]);
    expect(readAll({})).toBe(none);
    expect(readAll({ CookieConsent: "", OptanonConsent: "" })).toBe(none);
    expect(readBanners([], USUAL)).toBe(none);
  });

  it("a text that was read before is not read again, and the same text in another cookie is another", () => {
    const cookies = { CookieConsent: "0" };
    expect(readAll(cookies)).toBe(readAll(cookies));
    expect(readOne(cookies)?.says).toEqual(DENIED);
    expect(readOne({ cc_cookie: "0" })?.invalid).toBe("malformed");
    expect(readAll(cookies, policyOf())).not.toBe(readAll(cookies));
  });

  it("a thousand texts are remembered, and the oldest makes room", () => {
    const policy = policyOf({ onetrust: {} });
    const at = (n: number) => ({ OptanonConsent: `groups=C0002:0,X${n}:0&interactionCount=1` });
    const [first, last] = [readAll(at(0), policy), readAll(at(1), policy)];
    for (let n = 2; n <= 1_000; n++) readAll(at(n), policy);
    expect(readAll(at(1), policy)).toBe(last);
    expect(readAll(at(0), policy)).not.toBe(first);
    expect(readAll(at(0), policy)).toEqual(first);
  });
});

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
const closed = { OptanonAlertBoxClosed: "2026-01-02T03:04:05.678Z" };
const token = (value: unknown) => ({ didomi_token: btoa(JSON.stringify(value)) });
const cc = (value: unknown) => ({ cc_cookie: encodeURIComponent(JSON.stringify(value)) });

describe("hostile and broken values deny everything", () => {
  it.each<[string, Record<string, string>, string]>([
    ["onetrust: an escape that is broken", { OptanonConsent: "groups=%E0%A4%A", ...closed }, "malformed"],
    ["onetrust: groups without a value", { OptanonConsent: "groups=C0002,C0004", ...closed }, "malformed"],
    ["onetrust: another text", { OptanonConsent: "yes", ...closed }, "malformed"],
    [
      "onetrust: a moment that is none",
      { OptanonConsent: "groups=C0002:1", OptanonAlertBoxClosed: "true" },
      "malformed",
    ],
    [
      "onetrust: a million groups",
      { OptanonConsent: `groups=${"C0002:1,".repeat(1_000_000)}`, ...closed },
      "too_long",
    ],
    ["cookiebot: cut short", { CookieConsent: "{stamp:'x',necessary:true,statistics:tr" }, "malformed"],
    [
      "cookiebot: something behind it",
      { CookieConsent: "{necessary:true,method:'explicit'},statistics:true}" },
      "malformed",
    ],
    [
      "cookiebot: code",
      { CookieConsent: "{necessary:true,statistics:alert(1),method:'explicit'}" },
      "malformed",
    ],
    ["cookiebot: nested", { CookieConsent: "{necessary:{a:true}}" }, "malformed"],
    ["cookiebot: a text for a switch", { CookieConsent: "{necessary:'true',statistics:true}" }, "malformed"],
    ["cookiebot: spaces alone", { CookieConsent: `{${" ".repeat(8_000)}` }, "malformed"],
    ["cookiebot: an escape that is broken", { CookieConsent: "%7Bnecessary:true%" }, "malformed"],
    ["usercentrics: a list", { ucData: "[]" }, "malformed"],
    ["usercentrics: services that are none", { uc_settings: '{"services":"all"}' }, "malformed"],
    ["didomi: no base64", { didomi_token: "***" }, "malformed"],
    ["didomi: no JSON", { didomi_token: btoa("{enabled}") }, "malformed"],
    ["didomi: a consent string cut short", { didomi_dcs: "CGaz" }, "malformed"],
    ["didomi: a consent string with other letters", { didomi_dcs: "C!az" }, "malformed"],
    ["vanilla-cookieconsent: cut short", { cc_cookie: "%7Bnot-json" }, "malformed"],
    ["vanilla-cookieconsent: categories as a text", cc({ categories: "all" }), "malformed"],
    [
      "vanilla-cookieconsent: 4,000 levels deep",
      { cc_cookie: `${"[".repeat(4_000)}${"]".repeat(4_000)}` },
      "malformed",
    ],
    ["vanilla-cookieconsent: 1,300 objects deep", { cc_cookie: deep(1_300) }, "malformed"],
    ["vanilla-cookieconsent: 100,000 objects deep", { cc_cookie: deep(100_000) }, "too_long"],
    [
      "vanilla-cookieconsent: longer than any",
      cc({ categories: Array(2_000).fill("analytics") }),
      "too_long",
    ],
  ])("%s", (_, cookies, invalid) => {
    expect(readOne(cookies)).toMatchObject({ says: DENIED, givenAt: 0, invalid });
  });

  it("a consent string in a form that cannot be read denies where the site has a table for it, and is passed over where not", () => {
    const ranges = { didomi_dcs: `${"C".padEnd(37, "A")}I${"A".repeat(60)}` };
    expect(readOne(ranges, policyOf({ didomi: { "16816": "analytics" } }))).toMatchObject({
      says: DENIED,
      invalid: "unsupported",
    });
    expect(readOne(ranges)).toBeUndefined();
  });
});

describe("hostile values grant no more than they say", () => {
  it("of a category that is told twice, the refusal counts", () => {
    for (const groups of ["C0002:1,C0002:0", "C0002:0,C0002:1"])
      expect(readOne({ OptanonConsent: `groups=${groups}`, ...closed })?.says).toEqual({
        analytics: "denied",
      });
    for (const twice of ["statistics:true,statistics:false", "statistics:false,statistics:true"])
      expect(readOne({ CookieConsent: `{necessary:true,${twice},method:'explicit'}` })?.says).toEqual({
        analytics: "denied",
      });
    const both = token({
      updated: "2026-01-01T00:00:00.000Z",
      purposes: { enabled: ["analytics"], disabled: ["analytics"] },
    });
    expect(readOne(both)?.says).toEqual({ analytics: "denied" });
  });

  it("an objection to legitimate interest is a refusal, and its absence no consent", () => {
    const said = (purposes_li: unknown, enabled: string[]) =>
      readOne(token({ purposes: { enabled }, purposes_li }))?.says;
    expect(said({ disabled: ["analytics"] }, ["analytics"])).toEqual({ analytics: "denied" });
    expect(said({ enabled: ["analytics"] }, [])).toBeUndefined();
  });

  it("names of an object's own are categories like any other", () => {
    const policy = policyOf({
      onetrust: { constructor: "marketing" },
      "vanilla-cookieconsent": { toString: "analytics" },
    });
    expect(readOne({ OptanonConsent: "groups=C0002:1,__proto__:1", ...closed }, policy)).toBeUndefined();
    expect(readOne({ OptanonConsent: "groups=constructor:1", ...closed }, policy)?.says).toEqual({
      marketing: "granted",
    });
    const cookie =
      '{"categories":["__proto__"],"services":{"__proto__":[],"constructor":[]},"lastConsentTimestamp":"2026-01-01T00:00:00.000Z"}';
    expect(readOne({ cc_cookie: encodeURIComponent(cookie) }, policy)).toBeUndefined();
    expect({}).not.toHaveProperty("categories");
  });

  it("numbers and words are no grants", () => {
    for (const value of ["2", "true", "-1", "01"])
      expect(readOne({ OptanonConsent: `groups=C0002:${value}`, ...closed })?.says).toEqual({
        analytics: "denied",
      });
    for (const value of ["1", "'true'", '"yes"'])
      expect(
        readOne({ CookieConsent: `{necessary:true,statistics:${value},method:'explicit'}` })?.says,
      ).toEqual({ analytics: "denied" });
    const services = { ga: { name: "GA", consent: "true" }, ads: { name: "Ads", consent: 1 } };
    const policy = policyOf({ usercentrics: { GA: "analytics", ads: "marketing" } });
    expect(readOne({ ucData: JSON.stringify({ consent: { services } }) }, policy)?.says).toEqual({
      analytics: "denied",
      marketing: "denied",
    });
    const now = "2026-01-01T00:00:00.000Z";
    expect(
      readOne(
        cc({ categories: [1, null, ["analytics"]], services: { analytics: [] }, lastConsentTimestamp: now }),
      )?.says,
    ).toEqual({ analytics: "denied" });
  });

  it("moments that are none are not known", () => {
    const at = (utc: string) =>
      readOne({ CookieConsent: `{necessary:true,statistics:true,method:'explicit',utc:${utc}}` })?.givenAt;
    expect([at("1700000000000"), at("-5"), at("999999999999999"), at("'x'")]).toEqual([
      1700000000000, 0, 999999999999999, 0,
    ]);
    const expires = (expirationTime: unknown) =>
      readOne(
        cc({
          categories: ["analytics"],
          services: { analytics: [] },
          expirationTime,
          lastConsentTimestamp: "2026-01-01T00:00:00.000Z",
        }),
      )?.expiresAt;
    expect([expires("1"), expires(-1), expires(1e300), expires(1.5)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(readOne(token({ updated: "yesterday", purposes: { enabled: ["analytics"] } }))?.givenAt).toBe(0);
  });
});

describe("any text", () => {
  const names = bannerCookieNames(USUAL);
  const own = policyOf({
    didomi: { "1": "analytics" },
    usercentrics: { a: "marketing" },
    onetrust: {},
    cookiebot: {},
    "vanilla-cookieconsent": {},
  });
  const samples = VECTORS.flatMap(({ cookies }) => Object.values(cookies));

  it("never throws, and an invalid signal never grants", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.json({ maxDepth: 6 }),
      fc.json({ maxDepth: 6 }).map((json) => encodeURIComponent(json)),
      fc.json({ maxDepth: 4 }).map((json) => btoa(encodeURIComponent(json))),
      // Real ones, cut and with something else inside.
      fc
        .tuple(fc.constantFrom(...samples), fc.nat(600), fc.string({ maxLength: 8 }))
        .map(([sample, at, inside]) => sample.slice(0, at) + inside + sample.slice(at + inside.length)),
    );
    fc.assert(
      fc.property(
        fc.array(fc.option(text, { nil: undefined }), { minLength: names.length, maxLength: names.length }),
        (values) => {
          for (const policy of [USUAL, own]) {
            for (const { says, invalid, givenAt, evidence } of readBanners(values, policy)) {
              if (invalid !== undefined) expect(says).toEqual(DENIED);
              expect(givenAt).toBeGreaterThanOrEqual(0);
              expect(evidence).toMatch(/^(?:[\w-]+@[\w.-]{1,32} )?sha256:[0-9a-f]{32}$/);
              for (const purpose of Object.keys(says)) expect(PURPOSES).toContain(purpose);
            }
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("the time grows with the length, not its square", () => {
    const policies = [USUAL, own];
    const worst = [
      `{${" ".repeat(8_000)}`,
      `{${"a:'".repeat(2_600)}`,
      "C".repeat(8_000),
      `groups=${"a:1,".repeat(2_000)}`,
      "%25".repeat(2_600),
      deep(1_300),
    ];
    const before = performance.now();
    for (const policy of policies)
      for (const text of worst)
        for (let at = 0; at < names.length; at++)
          readBanners(
            names.map((_, n) => (n === at ? text : undefined)),
            policy,
          );
    // Some 100 texts of 8 KB: a square of it would be seconds.
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});
