/** Consent cookies that are not what they seem, against the real app: each is as if there were none, and grants nothing. */
import { beforeAll, describe, expect, it } from "vitest";
import { type ConsentChoice, packConsent } from "#consent/cookie";
import { DAY_MS } from "#core/clock";
import { keyring } from "#privacy/keys";
import { tcfString } from "../../setup/tcf-strings.ts";
import { ALL, Browser, event, publishRelease } from "../product.ts";

const keys = await keyring("test-master-secret-0123456789abcdef");
const others = await keyring("another-deployments-secret-0123456789");

const choice = (more: Partial<ConsentChoice> = {}): ConsentChoice => ({
  receipt: "00000000-0000-4000-8000-000000000001",
  granted: ["analytics", "marketing", "personalization"],
  regime: "gdpr",
  givenAt: Date.now() - DAY_MS,
  expiresAt: Date.now() + 300 * DAY_MS,
  despiteGpc: false,
  ...more,
});

/** The cookie with its JSON changed, and its signature as it was. */
function swapped(cookie: string, change: (json: Record<string, unknown>) => void): string {
  const [version, body = "", signature] = cookie.split(".");
  const json = JSON.parse(atob(body.replaceAll("-", "+").replaceAll("_", "/"))) as Record<string, unknown>;
  change(json);
  const changed = btoa(JSON.stringify(json)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${version}.${changed}.${signature}`;
}

const genuine = await packConsent(keys.cookie, choice());
const denied = await packConsent(keys.cookie, choice({ granted: [] }));
const foreign = await packConsent(others.cookie, choice());
const lapsed = await packConsent(keys.cookie, choice({ expiresAt: 1 }));
const ofOptOut = await packConsent(keys.cookie, choice({ regime: "us" }));
const everything = tcfString({ purposes: [1, 3, 4, 5, 6, 8, 9, 10] });
const nothing = tcfString();
const DENIED = { analytics: "denied", marketing: "denied", personalization: "denied" };

beforeAll(async () => void (await publishRelease()));

const with_ = (cookie: string): Browser => {
  const browser = new Browser("SK");
  browser.cookies.set("ds_consent", cookie);
  return browser;
};

async function standOf(browser: Browser): Promise<{ purposes: Record<string, string>; explicit: boolean }> {
  const response = await browser.fetch("/consent");
  expect(response.status).toBe(200);
  return response.json();
}

describe("a consent cookie", () => {
  it("that is genuine grants", async () => {
    expect(await standOf(with_(genuine))).toMatchObject({ purposes: ALL, explicit: true });
  });

  it.each([
    ["signed by another deployment", foreign],
    [
      "with another cookie's signature",
      `${genuine.slice(0, genuine.lastIndexOf("."))}.${denied.split(".")[2]}`,
    ],
    [
      "whose purposes were swapped",
      swapped(denied, (json) => {
        json.p = "amp";
      }),
    ],
    [
      "whose end was moved",
      swapped(lapsed, (json) => {
        json.x = 9e9;
      }),
    ],
    [
      "whose regime was changed",
      swapped(ofOptOut, (json) => {
        json.r = "gdpr";
      }),
    ],
    ["cut by one character", genuine.slice(0, -1)],
    ["cut after its body", genuine.slice(0, genuine.lastIndexOf("."))],
    ["cut after its body, with the dot", genuine.slice(0, genuine.lastIndexOf(".") + 1)],
    ["of another version", `2${genuine.slice(1)}`],
    ["with something before it", `x${genuine}`],
    ["of a thousand signatures", genuine + `.${genuine}`.repeat(1000)],
    ["that is no cookie of ours", "%7B%22p%22%3A%22amp%22%7D"],
    ["that is empty", ""],
  ])("%s is as if there were none", async (_title, cookie) => {
    const browser = with_(cookie);
    expect((await standOf(browser)).explicit).toBe(false);
    expect((await standOf(browser)).purposes).toEqual(DENIED);
    const answer = await browser.send([event("page_view")]);
    expect(await answer.json()).toMatchObject({ accepted: 0, dropped: [{ code: "consent_denied" }] });
    expect(browser.cookies.has("ds_id")).toBe(false);
  });

  it.each([
    ["that has lapsed", choice({ expiresAt: Date.now() - 1000 })],
    [
      "older than the regime allows, whatever end it names",
      choice({ givenAt: Date.now() - 366 * DAY_MS, expiresAt: Date.now() + 900 * DAY_MS }),
    ],
    ["from the future", choice({ givenAt: Date.now() + DAY_MS })],
    ["made where silence was consent", choice({ regime: "us" })],
    ["of a regime that there never was", choice({ regime: "constructor" })],
  ])("%s grants nothing", async (_title, held) => {
    const browser = with_(await packConsent(keys.cookie, held));
    expect((await standOf(browser)).purposes).toEqual(DENIED);
    const answer = await browser.send([event("page_view")]);
    expect(await answer.json()).toMatchObject({ accepted: 0, dropped: [{ code: "consent_denied" }] });
  });

  it("that denies holds in an opt-out regime, also when it has lapsed", async () => {
    const browser = new Browser("US");
    browser.cookies.set(
      "ds_consent",
      await packConsent(keys.cookie, choice({ granted: [], expiresAt: Date.now() - DAY_MS })),
    );
    const answer = await browser.send([event("page_view")]);
    expect(await answer.json()).toMatchObject({ accepted: 0, dropped: [{ code: "consent_denied" }] });
  });
});

/** Pages of a sister domain can set cookies for the common parent, with a path that puts them before ours. */
describe("a cookie that a sister domain put before", () => {
  const standWith = async (country: string, cookie: string) => {
    const browser = new Browser(country);
    browser.cookies.set("x", `1; ${cookie}`);
    return (await standOf(browser)).purposes;
  };

  it("does not hide the visitor's signed decision", async () => {
    expect(await standWith("US", `ds_consent=garbage; ds_consent=${denied}`)).toEqual(DENIED);
    expect(await standWith("SK", `ds_consent=${foreign}; ds_consent=${genuine}`)).toEqual(ALL);
    const later = await packConsent(keys.cookie, choice({ granted: [], givenAt: Date.now() - 1000 }));
    expect(await standWith("SK", `ds_consent=${genuine}; ds_consent=${later}`)).toEqual(DENIED);
    // Also where this isolate has seen the first.
    expect(await standWith("SK", `ds_consent=${genuine}; ds_consent=${later}`)).toEqual(DENIED);
  });

  it("does not hide the banner's, or a string, that denies", async () => {
    const cookiebot = (granted: boolean) =>
      `CookieConsent=${encodeURIComponent(`{stamp:'x',necessary:true,preferences:${granted},statistics:${granted},marketing:${granted},method:'explicit',ver:1,utc:${Date.now() - 60_000},region:'sk'}`)}`;
    expect(await standWith("SK", cookiebot(true))).toEqual(ALL);
    expect(await standWith("SK", `${cookiebot(true)}; ${cookiebot(false)}`)).toEqual(DENIED);
    expect(await standWith("SK", `euconsent-v2=${everything}; euconsent-v2=${nothing}`)).toEqual(DENIED);
  });
});
