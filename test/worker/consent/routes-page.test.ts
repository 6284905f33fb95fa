/** `/consent/page`: what it says of a visitor's consent, and its form. test/e2e/consent-page.test.ts has it in a browser. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../../src/app.ts";
import { ALL, Browser, HOST, publishRelease, request } from "../product.ts";
import { bannerCookie, CONSENT_RELEASE, consentCookieOf, ledger, stateIn } from "./visitors.ts";

beforeAll(async () => void (await publishRelease(CONSENT_RELEASE)));

const page = async (browser: Browser): Promise<string> => (await browser.fetch("/consent/page")).text();
const post = (browser: Browser, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  browser.fetch("/consent/page", {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams(fields).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });
const state = async (browser: Browser) => stateIn(await browser.fetch("/consent"));
/** The switch of a purpose, and what stands below it. */
const part = (html: string, purpose: string) => ({
  input: new RegExp(`<input[^>]*id="${purpose}"[^>]*>`).exec(html)?.[0] ?? "",
  why: new RegExp(`id="${purpose}-why">([^<]*)<`).exec(html)?.[1] ?? "",
});

describe("the page says why", () => {
  it("of one who was not asked", async () => {
    expect(part(await page(new Browser("SK")), "analytics")).toMatchObject({
      why: "Off: you have not been asked yet.",
    });
  });

  it("of one for whom the law allows it until they object", async () => {
    const { input, why } = part(await page(new Browser("US")), "analytics");
    expect(input).toContain(" checked");
    expect(why).toContain("until you object");
  });

  it("of one who decided in the site's banner, with the day", async () => {
    const browser = new Browser("SK");
    const body = JSON.stringify({ purposes: { analytics: "granted" }, evidence: { banner: "v12" } });
    await browser.fetch("/consent", { method: "PUT", body });
    const html = await page(browser);
    const today = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(Date.now());
    expect(part(html, "analytics")).toMatchObject({
      input: expect.stringContaining(" checked"),
      why: `You allowed it on ${today} in this site&#39;s banner.`,
    });
    expect(part(html, "marketing").why).toBe(`You declined it on ${today} in this site&#39;s banner.`);
  });

  it("of Global Privacy Control, and that a decision here goes before it", async () => {
    const browser = new Browser("US", { "sec-gpc": "1" });
    expect(part(await page(browser), "marketing").why).toMatch(/sends Global Privacy Control.*allow it here/);
    await post(browser, { decision: "save", analytics: "granted", marketing: "granted" });
    expect((await state(browser)).purposes).toMatchObject({
      marketing: "granted",
      personalization: "denied",
    });
    expect(part(await page(browser), "marketing").why).toMatch(
      /^You allowed it on .* on this page\. .*goes before it\.$/,
    );
  });

  it("of a consent manager: what it denies cannot be granted here, and it names where", async () => {
    const browser = new Browser("SK");
    browser.cookies.set("cc_cookie", bannerCookie(["analytics"]));
    const html = await page(browser);
    expect(part(html, "marketing")).toMatchObject({
      input: expect.stringContaining(" disabled"),
      why: "Denied by your choice in the cookie banner. To allow it, change it there; it cannot be allowed here.",
    });
    expect(part(html, "analytics").why).toBe("Allowed by your choice in the cookie banner.");
    await post(browser, { decision: "all" });
    expect((await state(browser)).purposes).toEqual({
      analytics: "granted",
      marketing: "denied",
      personalization: "denied",
    });
  });

  it("of a cookie that cannot be read", async () => {
    const browser = new Browser("SK");
    browser.cookies.set("cc_cookie", "%7Bbroken");
    expect(part(await page(browser), "analytics").why).toContain("cannot be read");
  });

  it("of what is too old to count", async () => {
    const browser = new Browser("SK");
    browser.cookies.set("ds_consent", await consentCookieOf(["analytics"], 366));
    expect(part(await page(browser), "analytics").why).toBe(
      "Off: what you once allowed is too old to count.",
    );
  });

  it("and where each decision before was made", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await post(browser, { decision: "save", personalization: "granted" });
    const rows = [...(await page(browser)).matchAll(/<tr>(.*?)<\/tr>/g)].map(([, cells]) =>
      cells?.replace(/<[^>]+>/g, "|"),
    );
    expect(rows.slice(1).map((row) => row?.split("||").slice(1))).toEqual([
      ["Personal pages", "on this page|"],
      ["Measurement, Marketing, Personal pages", "on this site|"],
    ]);
  });
});

describe("the form", () => {
  it("withdraws everything with one button: the cookies go, and the way back is a page", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    const response = await post(browser, { decision: "none" });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/consent/page?saved"]);
    expect([...browser.cookies.keys()].sort()).toEqual(["ds_consent", "ds_dev_country"]);
    expect((await ledger())[0]).toMatchObject({ granted: [], source: "choice", evidence: "page" });
    expect(await page(browser)).toContain("earlier cannot be found from here");
  });

  it("allows everything with another", async () => {
    const browser = new Browser("SK");
    await post(browser, { decision: "all" });
    expect((await state(browser)).purposes).toEqual(ALL);
    expect(browser.cookies.has("ds_id")).toBe(true);
  });

  it.each<[string, Record<string, string>]>([
    ["another site's page", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
    ["a sister site's page", { "sec-fetch-site": "same-site", origin: "https://www.shop.example" }],
    ["a link", { "sec-fetch-site": "none" }],
  ])("is not taken from %s", async (_title, headers) => {
    const browser = new Browser("SK");
    const response = await post(browser, { decision: "all" }, headers);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      403,
      "cross_site",
    ]);
    expect(browser.cookies.has("ds_consent")).toBe(false);
  });

  it.each<[string, string, number]>([
    ["our own", HOST, 303],
    ["another", "https://evil.example", 403],
    ["none that it tells", "null", 403],
  ])("of a browser that says only its Origin: %s", async (_title, origin, status) => {
    const response = await request("/consent/page", {
      method: "POST",
      redirect: "manual",
      headers: { origin },
      body: "decision=none",
    });
    expect(response.status).toBe(status);
  });

  it("without a button is refused", async () => {
    const response = await post(new Browser("SK"), { analytics: "granted" });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      400,
      "invalid_body",
    ]);
  });
});

describe("the page as a document", () => {
  it("may be framed by our own pages and by the sites of sources, and by nobody else; runs no script", async () => {
    const response = await new Browser("SK").fetch("/consent/page");
    const policy = response.headers.get("content-security-policy") ?? "";
    const html = await response.text();
    const nonce = /style-src 'nonce-([\w-]{22})'/.exec(policy)?.[1];
    expect(html).toContain(`<style nonce="${nonce}">`);
    expect(policy.replace(nonce ?? "", "…")).toBe(
      "default-src 'none'; style-src 'nonce-…'; form-action 'self'; base-uri 'none'; frame-ancestors 'self' https://app.example",
    );
    expect(html).not.toMatch(/<script|javascript:| on\w+=/);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(response.headers.get("referrer-policy")).toBe("same-origin");
  });

  it("writes what others chose as text alone", async () => {
    const browser = new Browser("SK");
    browser.cookies.set("ds_consent", await consentCookieOf(["analytics"], 1, { receipt: "<b>&amp;\"'" }));
    expect(await page(browser)).toContain("&lt;b&gt;&amp;amp;&quot;&#39;");
  });

  it("lives below BASE_PATH, and under the name that the site gives it", async () => {
    const bindings = { ...env, BASE_PATH: "/ds", PATHS: JSON.stringify({ "/consent": "/choices" }) };
    const app = createApp(bindings);
    const ctx = {
      waitUntil: () => {},
      passThroughOnException: () => {},
      props: {},
    } as unknown as ExecutionContext;
    const shown = await app.request(`${HOST}/ds/choices/page`, {}, bindings, ctx);
    expect(shown.status).toBe(200);
    const saved = await app.request(
      `${HOST}/ds/choices/page`,
      { method: "POST", headers: { "sec-fetch-site": "same-origin" }, body: "decision=none" },
      bindings,
      ctx,
    );
    expect([saved.status, saved.headers.get("location")]).toEqual([303, "/ds/choices/page?saved"]);
    const old = await app.request(`${HOST}/ds/consent/page`, {}, bindings, ctx);
    expect(old.status).toBe(404);
  });
});
