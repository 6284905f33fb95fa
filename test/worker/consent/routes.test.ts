/** `GET /consent` and `PUT /consent` of a visitor: what holds, whether to ask, and what a decision changes. */

import { GppModel } from "@iabgpp/cmpapi";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { marksOf } from "#door/consent/told";
import { bindConsent } from "#identity/consent-store";
import { IDENTITY } from "../ingest/envelopes.ts";
import { ALL, Browser, event, publishRelease, request } from "../product.ts";
import {
  bannerCookie,
  CONSENT_RELEASE,
  consentCookieOf,
  daysAgo,
  ledger,
  rows,
  type State,
  stateIn,
  TCF_ALL,
  TCF_ANALYTICS,
  tcfOf,
} from "./visitors.ts";

beforeAll(async () => void (await publishRelease(CONSENT_RELEASE)));

/** A GPP string of California. @param sale 1 opted out, 2 did not */
function usca(sale: 1 | 2): string {
  const model = new GppModel();
  model.setFieldValue("usca", "SaleOptOut", sale);
  return model.encode();
}

const get = async (browser: Browser): Promise<State> => stateIn(await browser.fetch("/consent"));
const put = (browser: Browser, body: unknown) =>
  browser.fetch("/consent", { method: "PUT", body: JSON.stringify(body) });
const grantedOf = ({ purposes }: State) =>
  Object.entries(purposes)
    .filter(([, value]) => value === "granted")
    .map(([purpose]) => purpose);
const ownCookies = (browser: Browser) =>
  [...browser.cookies.keys()].filter((name) => name !== "ds_dev_country" && name !== "cc_cookie").sort();

describe("whether a banner should ask", () => {
  it("a visitor who has not decided is asked", async () => {
    expect(await get(new Browser("SK"))).toMatchObject({
      explicit: false,
      ask: true,
      given_at: null,
      expires_at: null,
      receipt: "default:gdpr",
      source: null,
    });
  });

  it("one who has decided is not, and learns when, until when, and under which receipt", async () => {
    const browser = new Browser("SK");
    const put = await stateIn(await browser.consent({ analytics: "granted" }));
    const state = await get(browser);
    expect(state).toEqual(put);
    expect(state).toMatchObject({ explicit: true, ask: false, source: "choice" });
    expect(Date.now() - Date.parse(state.given_at ?? "")).toBeLessThan(60_000);
    const validMs = Date.parse(state.expires_at ?? "") - Date.parse(state.given_at ?? "");
    expect(Math.ceil(validMs / 1000)).toBe(365 * 86_400);
    expect(state.receipt).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each<[string, string[], number, boolean, boolean]>([
    ["denied something 29 days ago: not yet", ["analytics"], 29, true, false],
    ["denied something 31 days ago: again", ["analytics"], 31, true, true],
    ["granted everything 300 days ago: not", ["analytics", "marketing", "personalization"], 300, true, false],
    [
      "granted everything 366 days ago: it has lapsed",
      ["analytics", "marketing", "personalization"],
      366,
      false,
      true,
    ],
  ])("%s", async (_title, granted, days, explicit, ask) => {
    const browser = new Browser("SK");
    browser.cookies.set("ds_consent", await consentCookieOf(granted as never, days));
    expect(await get(browser)).toMatchObject({ explicit, ask });
  });

  it("what an opt-out regime took for consent is asked for where it is none", async () => {
    const browser = new Browser("SK");
    const choice = await consentCookieOf(["analytics", "personalization"], 1, { regime: "us" });
    browser.cookies.set("ds_consent", choice);
    expect(await get(browser)).toMatchObject({ ask: true, purposes: { analytics: "denied" } });
  });

  it("a consent manager's cookie alone is a decision", async () => {
    const browser = new Browser("SK");
    browser.cookies.set("cc_cookie", bannerCookie(["analytics"]));
    const state = await get(browser);
    expect(state).toMatchObject({
      explicit: true,
      ask: false,
      purposes: { analytics: "granted", marketing: "denied", personalization: "denied" },
      source: "banner:vanilla-cookieconsent",
    });
    // It is this visitor's first contact with consent: the next request is already theirs.
    expect(ownCookies(browser)).toEqual(["ds_id", "ds_session"]);
  });

  it("a broken one is nobody's decision", async () => {
    const browser = new Browser("SK");
    browser.cookies.set("cc_cookie", "%7Bbroken");
    expect(await get(browser)).toMatchObject({
      explicit: false,
      ask: true,
      purposes: { analytics: "denied" },
    });
  });
});

describe("an answer", () => {
  it.each(["GET", "PUT"])("of %s is for nobody else", async (method) => {
    const response = await new Browser("SK").fetch("/consent", {
      method,
      ...(method === "PUT" && { body: JSON.stringify({ purposes: ALL }) }),
    });
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(response.headers.get("vary")).toContain("Cookie");
  });
});

describe("a withdrawal in a consent manager", () => {
  it("that leaves something granted is not dated anew: it undoes nothing that another browser withdrew since", async () => {
    const browser = new Browser("SK");
    browser.cookies.set("cc_cookie", bannerCookie(["analytics", "marketing"], daysAgo(3)));
    const before = await rows();
    await browser.send([event("page_view")]);
    const key = await vi.waitFor(
      async () => {
        const [fresh] = [...(await rows()).keys()].filter((name) => !before.has(name));
        expect(fresh).toMatch(/^visitor_id:/);
        return fresh ?? "";
      },
      { timeout: 10_000 },
    );
    browser.cookies.set("cc_cookie", bannerCookie(["marketing"], daysAgo(2)));
    const givenAt = Date.now();
    const choice = {
      receipt: "put",
      granted: [],
      regime: "gdpr",
      givenAt,
      expiresAt: 1e15,
      despiteGpc: false,
    };
    await bindConsent(IDENTITY, key, choice);
    await get(browser);
    expect((await rows()).get(key)).toMatchObject({ g: "" });
  });

  it("takes our cookies with the next answer, is in the ledger, and binds the visitor's row", async () => {
    const browser = new Browser("SK");
    browser.cookies.set("cc_cookie", bannerCookie(["analytics", "marketing"]));
    await get(browser);
    await browser.send([event("page_view")]);
    expect(ownCookies(browser)).toEqual(["ds_id", "ds_session"]);
    const before = (await ledger()).length;

    browser.cookies.set("cc_cookie", bannerCookie([]));
    expect(grantedOf(await get(browser))).toEqual([]);
    expect(ownCookies(browser)).toEqual([]);
    const [entry, ...others] = await ledger();
    expect(others).toHaveLength(before);
    expect(entry).toMatchObject({ granted: [], source: "banner:vanilla-cookieconsent" });
    expect(entry?.evidence).toMatch(/^vanilla-cookieconsent@3 sha256:[0-9a-f]{32}$/);
    expect((await rows()).get(entry?.subject ?? "")).toMatchObject({ g: "", r: entry?.id });

    await get(browser);
    expect((await ledger()).length).toBe(before + 1);
  });

  it.each(["GET /slots/hero", "POST /slots"])(
    "is carried out by %s, where that is the next answer",
    async (asked) => {
      const [method = "", path = ""] = asked.split(" ");
      const browser = new Browser("SK");
      browser.cookies.set("cc_cookie", bannerCookie(["analytics", "personalization"]));
      await get(browser);
      const before = (await ledger()).length;
      browser.cookies.set("cc_cookie", bannerCookie([]));
      const body = method === "POST" ? JSON.stringify({ slots: ["hero"] }) : null;
      expect((await browser.fetch(path, { method, body })).ok).toBe(true);
      expect(ownCookies(browser)).toEqual([]);
      const [entry, ...others] = await ledger();
      expect(others).toHaveLength(before);
      expect(entry).toMatchObject({ granted: [], source: "banner:vanilla-cookieconsent" });
    },
  );

  it("of all but marketing takes the session alone", async () => {
    const browser = new Browser("SK");
    browser.cookies.set("cc_cookie", bannerCookie(["analytics", "marketing"]));
    await get(browser);
    browser.cookies.set("cc_cookie", bannerCookie(["marketing"]));
    await get(browser);
    expect(ownCookies(browser)).toEqual(["ds_id"]);
  });

  it("goes before what was granted here, and a grant here does not undo it", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    browser.cookies.set("cc_cookie", bannerCookie(["analytics"]));
    const state = await stateIn(await browser.consent({ marketing: "granted", personalization: "granted" }));
    expect(grantedOf(state)).toEqual(["analytics"]);
    expect(state.grounds.marketing).toBe("banner:vanilla-cookieconsent");
    const [entry] = await ledger();
    expect((await rows()).get(entry?.subject ?? "")).toMatchObject({ g: "a" });
  });
});

describe("a plain choice", () => {
  it("leaves what it does not name as it was", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    expect(grantedOf(await stateIn(await browser.consent({ marketing: "denied" })))).toEqual([
      "analytics",
      "personalization",
    ]);
  });

  it("does not make an opt-out regime's silence a grant elsewhere", async () => {
    const browser = new Browser("US");
    await browser.consent({ marketing: "denied" });
    browser.cookies.set("ds_dev_country", "SK");
    expect(grantedOf(await stateIn(await browser.consent({ personalization: "granted" })))).toEqual([
      "personalization",
    ]);
  });

  it.each([{}, { purposes: null }])(
    "of a page that does not know yet what holds names only what was chosen: %j",
    async (unknown) => {
      const browser = new Browser("US");
      const state = await stateIn(
        await put(browser, { ...unknown, choices: { personalization: false, marketing: "yes" } }),
      );
      expect(grantedOf(state)).toEqual(["analytics"]);
    },
  );

  it.each([
    ["the banner's version", { banner: "v12" }, "banner:v12"],
    ["the route, where no banner is named", undefined, "PUT /consent"],
  ])("has for evidence %s", async (_title, evidence, written) => {
    const browser = new Browser("SK");
    const { receipt } = await stateIn(await put(browser, { purposes: ALL, evidence }));
    const entry = (await ledger()).find(({ id }) => id === receipt);
    expect(entry).toMatchObject({ source: "choice", evidence: written, regime: "gdpr" });
  });

  it("binds without any id: nothing of one who declines at once is stored", async () => {
    const before = (await ledger()).length;
    const browser = new Browser("SK");
    await browser.consent({ analytics: "denied", marketing: "denied", personalization: "denied" });
    expect((await ledger()).length).toBe(before);
    expect(ownCookies(browser)).toEqual(["ds_consent"]);
  });

  it("keeps its cookie longer than its grants, so that what it denies outlives them", async () => {
    const response = await new Browser("SK").consent(ALL);
    const cookie = response.headers.getSetCookie().find((line) => line.startsWith("ds_consent="));
    expect(cookie).toContain("Max-Age=34128000"); // 395 days
  });
});

describe("Global Privacy Control", () => {
  const GPC = { "sec-gpc": "1" };

  it("denies marketing until the visitor grants it in so many words, and that lasts", async () => {
    const browser = new Browser("US", GPC);
    expect((await get(browser)).grounds.marketing).toBe("gpc");
    expect(grantedOf(await stateIn(await browser.consent({ analytics: "granted" })))).not.toContain(
      "marketing",
    );
    expect(grantedOf(await stateIn(await browser.consent({ marketing: "granted" })))).toContain("marketing");
    expect(grantedOf(await stateIn(await browser.consent({ analytics: "denied" })))).toEqual([
      "marketing",
      "personalization",
    ]);
  });

  it("is not overridden by what a page repeats of marketing: only by what the visitor was asked about", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    Object.assign(browser.headers, GPC);
    const repeated = { purposes: { ...ALL, analytics: "denied" }, choices: { analytics: false } };
    expect(grantedOf(await stateIn(await put(browser, repeated)))).toEqual(["personalization"]);
    const asked = { purposes: ALL, choices: { marketing: true } };
    expect(grantedOf(await stateIn(await put(browser, asked)))).toContain("marketing");
  });

  it("is not overridden by a string of a consent manager", async () => {
    const browser = new Browser("SK", GPC);
    const state = await stateIn(await put(browser, { tcf: tcfOf(TCF_ALL) }));
    expect(grantedOf(state)).toEqual(["analytics", "personalization"]);
    expect(state.grounds.marketing).toBe("gpc");
  });

  it("that was switched on later goes before what was granted without it", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    Object.assign(browser.headers, GPC);
    expect((await get(browser)).grounds.marketing).toBe("gpc");
  });
});

describe("a consent string", () => {
  it("is read at the door, and becomes the decision with its fingerprint for evidence", async () => {
    const browser = new Browser("SK");
    const state = await stateIn(await put(browser, { tcf: tcfOf(TCF_ANALYTICS) }));
    expect(grantedOf(state)).toEqual(["analytics"]);
    expect(state).toMatchObject({ explicit: true, ask: false });
    const entry = (await ledger()).find(({ id }) => id === state.receipt);
    expect(entry).toMatchObject({ source: "tcf", granted: ["analytics"] });
    expect(entry?.evidence).toMatch(/^sha256:[0-9a-f]{32}$/);
  });

  it("counts with a plain choice as the most restrictive of both, either way", async () => {
    const fromBoth = async (body: unknown) => grantedOf(await stateIn(await put(new Browser("SK"), body)));
    expect(await fromBoth({ purposes: ALL, tcf: tcfOf(TCF_ANALYTICS) })).toEqual(["analytics"]);
    expect(await fromBoth({ purposes: { analytics: "denied" }, tcf: tcfOf(TCF_ALL) })).toEqual([
      "marketing",
      "personalization",
    ]);
    expect(await fromBoth({ tcf: tcfOf(TCF_ALL), consent_mode: { ad_storage: "denied" } })).toEqual([
      "analytics",
      "personalization",
    ]);
  });

  it.each([
    ["no TC string", { tcf: "not-a-string" }, "tcf: malformed"],
    ["too long", { tcf: "C".repeat(9_000) }, "tcf: too_long"],
    ["no GPP string", { gpp: "x", gpp_sid: [7] }, "gpp: malformed"],
    ["one broken beside one that is not", { tcf: "CQ", purposes: ALL }, "tcf: malformed"],
  ])("that is invalid (%s) is refused, and changes nothing", async (_title, body, detail) => {
    const browser = new Browser("SK");
    await browser.consent({ analytics: "granted" });
    const before = [await get(browser), (await ledger()).length] as const;
    const response = await put(browser, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "invalid_consent_string", detail });
    expect(response.headers.getSetCookie()).toEqual([]);
    expect([await get(browser), (await ledger()).length]).toEqual(before);
  });

  it("lapses when it does, not a year after it was sent", async () => {
    const state = await stateIn(await put(new Browser("SK"), { tcf: tcfOf(TCF_ALL, 300) }));
    const days = (Date.parse(state.expires_at ?? "") - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(63);
    expect(days).toBeLessThan(66);
  });

  it("that has lapsed grants nothing, and is no decision", async () => {
    const before = (await ledger()).length;
    const state = await stateIn(await put(new Browser("SK"), { tcf: tcfOf(TCF_ALL, 400) }));
    expect(state).toMatchObject({ explicit: false, ask: true });
    expect(grantedOf(state)).toEqual([]);
    expect((await ledger()).length).toBe(before);
  });

  it("grants nothing where the regime does not take its kind, and its denials hold", async () => {
    const browser = new Browser("NO");
    expect(grantedOf(await stateIn(await put(browser, { tcf: tcfOf(TCF_ALL) })))).toEqual([]);
    await browser.consent(ALL);
    expect(grantedOf(await stateIn(await put(browser, { tcf: tcfOf(TCF_ANALYTICS) })))).toEqual([
      "analytics",
    ]);
  });

  it("older than what the visitor has denied here does not undo it", async () => {
    const browser = new Browser("SK");
    await put(browser, { tcf: tcfOf(TCF_ALL, 3) });
    await browser.consent({ marketing: "denied" });
    expect(grantedOf(await stateIn(await put(browser, { tcf: tcfOf(TCF_ALL, 3) })))).toEqual([
      "analytics",
      "personalization",
    ]);
    expect(grantedOf(await stateIn(await put(browser, { tcf: tcfOf(TCF_ALL) })))).toContain("marketing");
  });

  it("of the United States denies, and grants nothing by itself", async () => {
    const browser = new Browser("US");
    const none = await stateIn(await put(browser, { gpp: usca(2), gpp_sid: [8] }));
    expect(none).toMatchObject({ explicit: false, grounds: { marketing: "default" } });
    const objected = await stateIn(await put(browser, { gpp: usca(1), gpp_sid: [8] }));
    expect(grantedOf(objected)).toEqual(["analytics", "personalization"]);
    expect((await ledger()).find(({ id }) => id === objected.receipt)?.source).toBe("gpp");
    const after = await stateIn(await put(browser, { gpp: usca(2), gpp_sid: [8] }));
    expect(grantedOf(after)).not.toContain("marketing");
  });

  it("leaves its mark in the cookie, and a choice after it keeps the mark", async () => {
    const browser = new Browser("SK");
    const tcf = tcfOf(TCF_ALL);
    await put(browser, { tcf });
    await browser.consent({ marketing: "denied" });
    const [, payload = ""] = (browser.cookies.get("ds_consent") ?? "").split(".");
    const { s: marks } = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/"))) as { s: string };
    expect(marks).toBe(marksOf({ tcf }, undefined));
  });

  it("of Consent Mode decides on what it names", async () => {
    const body = { consent_mode: { analytics_storage: "granted", ad_storage: "denied" } };
    const state = await stateIn(await put(new Browser("SK"), body));
    expect(grantedOf(state)).toEqual(["analytics"]);
    expect((await ledger()).find(({ id }) => id === state.receipt)?.source).toBe("consent_mode");
  });
});

describe("a body that is none", () => {
  it.each<[string, unknown, string]>([
    ["says nothing", {}, "needs at least one"],
    ["evidence alone", { evidence: { banner: "v1" } }, "needs at least one"],
    ["a purpose that is none", { purposes: { sale: "granted" } }, "purposes"],
    ["a value that is none", { purposes: { analytics: true } }, "purposes.analytics"],
    ["a version with a line break", { purposes: ALL, evidence: { banner: "v\n1" } }, "evidence.banner"],
    [
      "a version that is too long",
      { purposes: ALL, evidence: { banner: "v".repeat(65) } },
      "evidence.banner",
    ],
    ["a country of the visitor's own choice", { purposes: ALL, country: "US" }, "country"],
  ])("%s: 400", async (_title, body, detail) => {
    const response = await put(new Browser("SK"), body);
    expect(response.status).toBe(400);
    const problem = (await response.json()) as { code: string; detail: string };
    expect(problem.code).toBe("invalid_body");
    expect(problem.detail).toContain(detail);
  });
});

describe("the history", () => {
  it("has the visitor's own decisions, newest first, without what proves them", async () => {
    const browser = new Browser("SK");
    const first = await stateIn(await put(browser, { purposes: ALL, evidence: { banner: "v7" } }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = await stateIn(await browser.consent({ marketing: "denied" }));
    const response = await browser.fetch("/consent/history");
    const text = await response.text();
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(text).not.toContain("v7");
    expect(text).not.toContain("visitor_id");
    expect(JSON.parse(text)).toEqual({
      complete: true,
      reason: null,
      decisions: [second, first].map(({ receipt, given_at, expires_at, regime, purposes }) => ({
        receipt,
        given_at,
        expires_at,
        regime,
        purposes,
        source: "choice",
      })),
    });
  });

  it("of a visitor whose id is gone is the decision of their cookie, and says why", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    await browser.consent({ analytics: "denied", marketing: "denied", personalization: "denied" });
    expect(await (await browser.fetch("/consent/history")).json()).toMatchObject({
      complete: false,
      reason: "no_visitor_id",
      decisions: [{ purposes: { analytics: "denied" } }],
    });
  });

  it("of a forged id is nobody's", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    const thief = new Browser("SK");
    const [version, random, day, signature = ""] = (browser.cookies.get("ds_id") ?? "").split(".");
    const forged = (signature.startsWith("A") ? "B" : "A") + signature.slice(1);
    thief.cookies.set("ds_id", [version, random, day, forged].join("."));
    expect(await (await thief.fetch("/consent/history")).json()).toMatchObject({ decisions: [] });
  });

  it("is not for pages of other sites", async () => {
    const response = await request("/consent/history", { headers: { "sec-fetch-site": "cross-site" } });
    expect([response.status, await response.json()]).toMatchObject([403, { code: "cross_site" }]);
  });
});
