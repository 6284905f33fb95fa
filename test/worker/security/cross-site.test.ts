/** What a page of another site can make a visitor's or an operator's browser send changes nothing here. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { ALL, Browser, HOST, publishRelease, RELEASE, request } from "../product.ts";

beforeAll(async () => void (await publishRelease()));

/** What a browser says of a page of another site; some leave out the one or the other. */
const ELSEWHERE: [string, Record<string, string>][] = [
  ["a page of another site", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
  [
    "a page of another host of this site",
    { origin: "https://blog.shop.example", "sec-fetch-site": "same-site" },
  ],
  ["a browser without Sec-Fetch-Site", { origin: "https://evil.example", "sec-fetch-site": "" }],
  ["a frame without an origin", { origin: "null", "sec-fetch-site": "cross-site" }],
  ["a link or a redirect", { origin: "", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }],
];
/** Bodies that need no preflight. */
const SIMPLE = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"];

const without = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ""));

async function choices(): Promise<number> {
  const row = await env.IDENTITY_0.prepare("SELECT count(*) AS n FROM consents").first<{ n: number }>();
  return row?.n ?? -1;
}

describe("consent", () => {
  describe.each(ELSEWHERE)("is not changed by %s", (_who, from) => {
    it.each(SIMPLE)("with a body of %s", async (type) => {
      const browser = new Browser("SK");
      await browser.consent({ analytics: "denied" });
      const [before, kept] = [await choices(), new Map(browser.cookies)];
      const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const headers = without({ ...from, cookie, "content-type": type });
      const asked: [string, string, string][] = [
        ["PUT", "/consent", JSON.stringify({ purposes: ALL })],
        ["POST", "/consent/page", "decision=all"],
      ];
      for (const [method, path, body] of asked) {
        const response = await request(path, { method, headers, body, redirect: "manual" });
        expect([path, response.status]).toEqual([path, 403]);
        expect(((await response.json()) as { code: string }).code).toBe("cross_site");
        expect(response.headers.getSetCookie()).toEqual([]);
      }
      expect(await choices()).toBe(before);
      expect(browser.cookies).toEqual(kept);
    });
  });

  it("is read by no other site's page: no answer of it allows another origin", async () => {
    const headers = { origin: "https://app.example", "sec-fetch-site": "cross-site" };
    for (const path of ["/consent", "/consent/history", "/consent/page"]) {
      const response = await request(path, { headers });
      expect(response.headers.has("access-control-allow-origin")).toBe(false);
      await response.body?.cancel();
    }
  });

  it("is not preflighted for anybody: a page of another origin may not even ask", async () => {
    const headers = { origin: "https://app.example", "access-control-request-method": "PUT" };
    for (const path of ["/consent", "/consent/page", "/admin/api/releases"]) {
      const response = await request(path, { method: "OPTIONS", headers });
      expect([path, response.headers.has("access-control-allow-origin")]).toEqual([path, false]);
      expect(response.headers.has("access-control-allow-methods")).toBe(false);
    }
  });
});

describe("the operator's API", () => {
  it.each(ELSEWHERE)("takes no cookie for a proof: nothing is published by %s", async (_who, from) => {
    const cookie =
      "CF_Authorization=eyJhbGciOiJub25lIn0.e30.; token=admin_test; authorization=Bearer%20admin_test";
    for (const type of [...SIMPLE, "application/json"]) {
      const headers = without({ ...from, cookie, "content-type": type });
      const body = JSON.stringify({ document: RELEASE, note: "planted" });
      const response = await request("/admin/api/releases", { method: "POST", headers, body });
      expect(response.status).toBe(401);
    }
    const listed = await request("/admin/api/releases", { headers: { authorization: "Bearer admin_test" } });
    expect(await listed.text()).not.toContain("planted");
  });

  it("takes no token from an address, a form or a body", async () => {
    const token = "admin_test";
    const tries: [string, RequestInit][] = [
      [`/admin/api/me?token=${token}&access_token=${token}&authorization=Bearer+${token}`, {}],
      ["/admin/api/releases", { method: "POST", body: new URLSearchParams({ access_token: token }) }],
      ["/admin/api/releases", { method: "POST", body: JSON.stringify({ token, document: RELEASE }) }],
      ["/admin/api/me", { headers: { "x-authorization": `Bearer ${token}`, "x-admin-token": token } }],
      ["/admin/api/me", { headers: { authorization: `Basic ${btoa(`${token}:`)}` } }],
    ];
    for (const [path, init] of tries) expect((await request(path, init)).status).toBe(401);
  });

  it("answers no page of another origin", async () => {
    const headers = { authorization: "Bearer admin_test", origin: "https://app.example" };
    for (const path of ["/me", "/live", "/releases/active", "/nothing"]) {
      const response = await request(`/admin/api${path}`, { headers });
      expect(response.headers.has("access-control-allow-origin")).toBe(false);
      await response.body?.cancel();
    }
  });
});

it("a key in a browser's cookie brings no event in", async () => {
  const response = await request("/events", {
    method: "POST",
    headers: { origin: HOST, cookie: "write_key=wk_demo; x-write-key=wk_demo", "content-type": "text/plain" },
    body: JSON.stringify({ events: [] }),
  });
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([401, "missing_key"]);
});
