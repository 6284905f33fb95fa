/** Nothing that a client sends chooses where a browser goes next, nor whom the Worker asks. */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createApp } from "../../../src/app.ts";
import { Browser, HOST, publishRelease, request } from "../product.ts";

beforeAll(async () => void (await publishRelease()));
afterEach(() => vi.restoreAllMocks());

const HOSTILE = [
  "https://evil.example/",
  "//evil.example/",
  "/\\evil.example/",
  "https:evil.example",
  "\\\\evil.example",
  "javascript:alert(1)",
  "https://shop.example@evil.example/",
  "https://evil.example/%2e%2e",
  "/%09/evil.example",
];
const PARAMETERS = [
  "next",
  "url",
  "redirect",
  "redirect_uri",
  "return",
  "returnTo",
  "to",
  "r",
  "u",
  "saved",
  "callback",
];
const PATHS = [
  "/consent/page",
  "/consent",
  "/slots/hero",
  "/i",
  "/r/tp2",
  "/com.snowplowanalytics.iglu/v1",
  "/g/collect",
  "/pixel/v1/track",
  "/v1/projects/wk_demo/settings",
  "/sourceConfig",
  "/contracts",
  "/admin",
  "/admin/api/me",
  "/doorstep.js",
  "/health",
];

describe("no open redirect", () => {
  it.each(PATHS)("by a parameter: %s", async (path) => {
    for (const target of HOSTILE) {
      const query = PARAMETERS.map((name) => `${name}=${encodeURIComponent(target)}`).join("&");
      const response = await request(`${path}?${query}&writeKey=wk_demo&aid=wk_demo`, { redirect: "manual" });
      expect([path, response.status < 300 || response.status >= 400]).toEqual([path, true]);
      expect(response.headers.has("location")).toBe(false);
      expect(response.headers.has("refresh")).toBe(false);
      await response.body?.cancel();
    }
  });

  it("by a path: the way back from the visitor's form is the form's own path on this host", async () => {
    const post = (path: string, headers: Record<string, string> = {}) =>
      new Browser("SK").fetch(path, { method: "POST", body: "decision=none", redirect: "manual", headers });
    const back = await post("/consent/page?next=//evil.example", {
      "x-forwarded-host": "evil.example",
      referer: "https://evil.example/",
    });
    expect([back.status, back.headers.get("location")]).toEqual([303, "/consent/page?saved"]);
    for (const path of [
      "//evil.example/consent/page",
      "/\\evil.example/consent/page",
      "/%2f%2fevil.example/consent/page",
      "/consent/page//evil.example",
      "/consent/page/..//evil.example",
    ]) {
      const response = await post(path);
      expect([path, response.headers.get("location")]).toEqual([path, null]);
      await response.body?.cancel();
    }
  });
});

describe("in front of a site", () => {
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  const app = () => createApp({ ...env, ORIGIN: "https://cms.example/site" });
  const ask = (url: string, headers: Record<string, string> = {}) =>
    app().request(url, { headers }, env, context as unknown as ExecutionContext);

  it.each([
    "//evil.example/x",
    "/@evil.example/x",
    "/.evil.example/x",
    "/\\evil.example",
    "/https://evil.example/x",
    "/..//evil.example",
    "/%2e%2e/%2e%2e/other",
    "/:80@evil.example/",
    "/x?url=https://evil.example",
    "/#@evil.example",
  ])(
    "no path and no header leads the Worker to another host, or out of the site's folder: %s",
    async (path) => {
      const asked: string[] = [];
      vi.spyOn(globalThis, "fetch").mockImplementation(async (given) => {
        asked.push((given as Request).url);
        expect((given as Request).redirect).toBe("manual");
        return new Response("x");
      });
      await ask(`${HOST}${path}`, { "x-forwarded-host": "evil.example", "x-original-url": "//evil.example" });
      expect(asked).toHaveLength(1);
      const url = new URL(asked[0] ?? "");
      expect(url.origin).toBe("https://cms.example");
      expect(url.pathname.startsWith("/site/")).toBe(true);
    },
  );

  it.each([
    ["https://cms.example/site/next", `${HOST}/next`],
    ["https://cms.example/site//evil.example", `${HOST}//evil.example`],
    ["https://login.example/next", "https://login.example/next"],
  ])("a redirect is the site's own: %s", async (location, shown) => {
    vi.spyOn(globalThis, "fetch").mockImplementation(
      async () => new Response(null, { status: 302, headers: { location } }),
    );
    const response = await ask(`${HOST}/page?next=//evil.example`);
    expect(response.headers.get("location")).toBe(shown);
  });
});

it("no request of a client makes the Worker ask anybody, but the site behind it", async () => {
  const called = vi.spyOn(globalThis, "fetch");
  const browser = new Browser("SK");
  const token = `${btoa('{"alg":"RS256","jku":"https://evil.example/keys","kid":"x"}')}.${btoa('{"iss":"https://evil.example"}')}.x`;
  const events = [
    {
      name: "page_view",
      id: "ssrf-1",
      occurred_at: new Date().toISOString(),
      properties: { url: "http://169.254.169.254/" },
      context: { page: { url: "http://169.254.169.254/latest/meta-data", referrer: "file:///etc/passwd" } },
      identity_token: token,
    },
  ];
  for (const response of [
    await browser.send(events),
    await browser.fetch("/consent", {
      method: "PUT",
      body: JSON.stringify({ tcf: "http://169.254.169.254/" }),
    }),
    await browser.fetch("/slots", {
      method: "POST",
      body: JSON.stringify({ slots: ["http://169.254.169.254/"] }),
    }),
    await request("/admin/api/me", { headers: { "cf-access-jwt-assertion": token } }),
  ])
    expect(response.status).toBeLessThan(500);
  expect(called).not.toHaveBeenCalled();
});
