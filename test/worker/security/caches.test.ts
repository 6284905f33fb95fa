/**
 * Shared caches: what is public is the same for everybody, whatever else a request says; what is somebody's own, and every
 * error, is for none of them.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createApp } from "../../../src/app.ts";
import { ALL, Browser, HOST, publishRelease, RELEASE, request } from "../product.ts";

const document = {
  ...RELEASE,
  slots: { hero: { fallback: "plain" } },
  content: { plain: { html: "<p>Hello</p>" } },
};
beforeAll(async () => void (await publishRelease(document)));
afterEach(() => vi.restoreAllMocks());

/** What no cache has in its key, and an answer might be made of. */
const UNKEYED: Record<string, string> = {
  "x-forwarded-host": "evil.example",
  "x-forwarded-scheme": "http",
  "x-forwarded-proto": "http",
  "x-forwarded-port": "1337",
  "x-forwarded-prefix": "/evil",
  "x-forwarded-server": "evil.example",
  "x-host": "evil.example",
  "x-original-url": "/admin",
  "x-rewrite-url": "/admin",
  "x-http-method-override": "DELETE",
  "x-method-override": "PUT",
  forwarded: "host=evil.example;proto=http",
  "x-original-host": "evil.example",
  "x-wp-nonce": "evil",
  "user-agent": "evil",
  referer: "https://evil.example/",
  "accept-language": "evil",
  cookie: "ds_consent=evil; ds_id=evil; lang=evil",
  "cf-ipcountry": "US",
  "sec-gpc": "1",
};
const PUBLIC = [
  "/.well-known/gpc.json",
  "/contracts",
  "/contracts/page_view/latest",
  "/v1/projects/wk_demo/settings",
  "/sourceConfig?writeKey=wk_demo",
  "/doorstep.js",
  "/doorstep-more.js",
  "/doorstep-slots.js",
  "/doorstep-preview.js",
  "/openapi.json",
  "/health",
];

const taken = async (response: Response) => ({
  status: response.status,
  // An answer is stamped by the time it was made.
  headers: [...response.headers].filter(([name]) => name !== "date"),
  body: await response.text(),
});

describe("a public answer", () => {
  it.each(PUBLIC)("is the same whatever headers come with the request: %s", async (path) => {
    const plain = await taken(await request(path));
    expect([path, plain.status]).toEqual([path, 200]);
    for (const [name, value] of Object.entries(UNKEYED))
      expect(await taken(await request(path, { headers: { [name]: value } })), name).toEqual(plain);
    expect(await taken(await request(path, { headers: UNKEYED }))).toEqual(plain);
  });

  it.each(PUBLIC)("sets no cookie, whoever asks: %s", async (path) => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    const response = await browser.fetch(path);
    expect(response.headers.getSetCookie()).toEqual([]);
    await response.body?.cancel();
  });

  it("that differs by a header says which", async () => {
    expect((await request("/contracts")).headers.get("vary")).toContain("Accept");
    for (const path of ["/v1/projects/wk_demo/settings", "/sourceConfig?writeKey=wk_demo"])
      expect((await request(path)).headers.get("vary")).toContain("Origin");
  });
});

describe("what is somebody's own is for no shared cache", () => {
  const OWN = ["/consent", "/consent/history", "/consent/page", "/slots/hero", "/slots/hero?explain"];
  it.each(OWN)("%s", async (path) => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    for (const accept of ["application/json", "text/html"]) {
      const response = await browser.fetch(path, { headers: { accept } });
      expect(response.status).toBeLessThan(300);
      expect(response.headers.get("cache-control")).toBe("private, no-store");
      expect(response.headers.get("vary")?.toLowerCase()).toContain("cookie");
      await response.body?.cancel();
    }
  });

  it("nor is anything that sets a cookie", async () => {
    const browser = new Browser("US");
    const answers = [
      await browser.fetch("/consent"),
      await browser.consent(ALL),
      await browser.fetch("/consent/page", { method: "POST", body: "decision=none", redirect: "manual" }),
    ];
    for (const response of answers) {
      expect(response.headers.getSetCookie()).not.toEqual([]);
      expect(response.headers.get("cache-control")).toBe("private, no-store");
      await response.body?.cancel();
    }
  });

  it("nor is an event's answer to a GET", async () => {
    for (const path of ["/i?e=pv&p=web&aid=wk_demo", "/g/collect?v=2&tid=wk_demo&cid=1.2&en=page_view"]) {
      const response = await request(path, { headers: { "sec-fetch-site": "same-origin", origin: HOST } });
      expect([path, response.headers.get("cache-control")]).toEqual([path, "no-store"]);
      await response.body?.cancel();
    }
  });

  it.each([
    "/admin/api/me",
    "/admin/api/live",
    "/admin/api/releases/active",
    "/admin/api/nothing",
    "/admin/api/trace/x",
  ])("nor is an operator's, with a token or without: %s", async (path) => {
    for (const headers of [{}, { authorization: "Bearer admin_test" }, { authorization: "Bearer wrong" }]) {
      const response = await request(path, { headers });
      expect(response.headers.get("cache-control")).toBe("no-store");
      await response.body?.cancel();
    }
  });
});

describe("no error is kept", () => {
  it.each([
    "/nothing",
    "/slots/nothing",
    "/contracts/nothing/1.0.0",
    "/contracts/page_view/9.9.9",
    "/v1/projects/nothing/settings",
    "/sourceConfig?writeKey=nothing",
    "/privacy/requests/nothing",
    "/i?e=pv&aid=nothing",
    "/ready/nothing",
  ])("%s", async (path) => {
    const response = await request(path);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.headers.get("cache-control")).toContain("no-store");
    await response.body?.cancel();
  });

  it("nor is that of a Worker without its settings", async () => {
    const response = await createApp({ ...env, SOURCES: "{" }).request(`${HOST}/contracts`);
    expect([response.status, response.headers.get("cache-control")]).toEqual([503, "no-store"]);
  });
});

describe("an address that looks like a file's", () => {
  it.each([
    "/consent/x.css",
    "/consent%2fx.css",
    "/consent;x.css",
    "/consent/history/x.js",
    "/consent/..%2fdoorstep.js",
    "/slots/hero.css",
    "/slots/hero%2f..%2f..%2fdoorstep.js",
    "/slots/hero;x.png",
    "/admin/api/me.css",
    "/admin/api/me%2fx.css",
    "/admin/api/%2e%2e/%2e%2e/doorstep.js%3f",
    "/privacy/requests/x.css",
    "//consent",
    "/%63onsent%00.css",
  ])("shows nobody's data to a cache that goes by endings: %s", async (path) => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    const response = await browser.fetch(path, { headers: { authorization: "Bearer admin_test" } });
    const text = await response.text();
    if (response.status === 200 && /public/.test(response.headers.get("cache-control") ?? ""))
      expect(text).toBe(await (await request("/doorstep.js")).text());
    else expect(response.headers.get("cache-control")).toContain("no-store");
    expect(text).not.toMatch(/"granted"|"role"/);
  });
});

describe("in front of a site", () => {
  const fronting = () => createApp({ ...env, ORIGIN: "https://cms.example" });
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  const ask = (path: string, headers: Record<string, string>) =>
    fronting().request(`${HOST}${path}`, { headers }, env, context as unknown as ExecutionContext);

  it("the site is told our host and scheme, whatever the client says they are", async () => {
    const asked: Request[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (given) => {
      asked.push(given as Request);
      return new Response("x");
    });
    await ask("/page", UNKEYED);
    expect(asked[0]?.url).toBe("https://cms.example/page");
    expect(asked[0]?.headers.get("x-forwarded-host")).toBe("shop.example");
    expect(asked[0]?.headers.get("x-forwarded-proto")).toBe("https");
    expect(asked[0]?.headers.get("cookie")).toBe("lang=evil");
  });

  it("a page that was filled is for no shared cache, even where the site says that it may be kept", async () => {
    const headers = {
      "content-type": "text/html",
      "cache-control": "public, max-age=600",
      etag: '"1"',
      expires: "Thu, 01 Jan 2099 00:00:00 GMT",
    };
    vi.spyOn(globalThis, "fetch").mockImplementation(
      async () => new Response('<div data-doorstep-slot="hero">old</div>', { headers }),
    );
    const response = await ask("/page", { accept: "text/html" });
    expect(await response.text()).toContain("<p>Hello</p>");
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    for (const name of ["etag", "expires", "last-modified", "age"])
      expect(response.headers.has(name)).toBe(false);
  });

  it("a slip in one of our own addresses goes to nobody", async () => {
    const called = vi.spyOn(globalThis, "fetch");
    const slips = ["/admin/api/me/x", "/consent/x.css", "/slots/hero/x.css", "/privacy/x"];
    for (const path of [...slips, "//admin/api/me", "///admin/api/me", "/admin//api/me", "//privacy/x"]) {
      const response = await ask(path, { authorization: "Bearer admin_test" });
      expect(response.headers.get("cache-control")).toContain("no-store");
      await response.body?.cancel();
    }
    expect(called).not.toHaveBeenCalled();
  });
});
