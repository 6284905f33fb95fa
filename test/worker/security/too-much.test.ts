/** More than anybody has a reason to send: it is refused for what it is, and the Worker goes on. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../../src/app.ts";
import { ALL, Browser, event, HOST, publishRelease, RELEASE, request } from "../product.ts";

const OPERATOR = { authorization: "Bearer admin_test", "content-type": "application/json" };
const SERVER = { authorization: "Bearer sk_demo", "content-type": "application/json" };
const nested = (depth: number, open = "[", close = "]") => open.repeat(depth) + close.repeat(depth);
const DEEP = [
  nested(200_000),
  nested(60_000, '{"a":', "1}").replace("1}1}", "1}}"),
  nested(40_000, '{"a":[', "]}"),
];

beforeAll(async () => void (await publishRelease({ ...RELEASE, slots: { hero: {} } })));

describe("JSON that is nested 200,000 deep is refused", () => {
  it.each<[string, string, (deep: string) => string]>([
    ["POST", "/events", (deep) => deep],
    [
      "POST",
      "/events",
      (deep) => `{"write_key":"wk_demo","events":[{"name":"page_view","properties":${deep}}]}`,
    ],
    ["POST", "/v1/batch", (deep) => `{"writeKey":"wk_demo","batch":${deep}}`],
    ["POST", "/api/s/track", (deep) => `{"properties":${deep}}`],
    ["POST", "/com.snowplowanalytics.snowplow/tp2", (deep) => `{"schema":"x","data":${deep}}`],
    ["POST", "/mp/collect", (deep) => `{"events":${deep}}`],
    ["PUT", "/consent", (deep) => `{"purposes":{},"choices":${deep}}`],
    ["POST", "/slots", (deep) => `{"slots":${deep}}`],
    ["POST", "/privacy/requests", (deep) => `{"subject_identities":${deep}}`],
  ])("%s %s", async (method, path, body) => {
    for (const deep of DEEP) {
      const headers = { "content-type": "application/json", "x-write-key": "wk_demo" };
      const response = await new Browser("SK").fetch(path, { method, body: body(deep), headers });
      expect([path, Math.floor(response.status / 100)]).toEqual([path, 4]);
      await response.body?.cancel();
    }
    expect((await request("/health")).status).toBe(200);
  });

  it.each<[string, (deep: string) => string]>([
    ["/releases", (deep) => `{"document":${deep},"note":"x"}`],
    ["/releases", (deep) => `{"document":{"content":{"a":{"data":${deep}}}},"note":"x"}`],
    ["/releases", (deep) => `{"document":{"segments":{"a":{"when":{"$and":${deep}}}}},"note":"x"}`],
    ["/releases", (deep) => `{"document":{"offers":{"a":{"audience":{"$not":${deep}}}}},"note":"x"}`],
    ["/access/tokens", (deep) => deep],
    ["/quarantine/dry-run", (deep) => `{"cause":${deep}}`],
    ["/quarantine/replay", (deep) => `{"cause":${deep}}`],
    ["/consent/ledger", (deep) => `{"value":${deep}}`],
    ["/subject-requests", (deep) => `{"identities":${deep}}`],
    ["/suppressions/check", (deep) => deep],
  ])("by the operator's API: POST %s", async (path, body) => {
    for (const deep of DEEP) {
      const asked = { method: "POST", headers: OPERATOR, body: body(deep) };
      const response = await request(`/admin/api${path}`, asked);
      expect([path, Math.floor(response.status / 100)]).toEqual([path, 4]);
      await response.body?.cancel();
    }
  });

  it("by a consent cookie or an identity token", async () => {
    const packed = btoa(DEEP[0] ?? "").slice(0, 60_000);
    for (const cookie of [`ds_consent=1.${packed}.x`, `ds_session=${packed}`, `CookieConsent=${packed}`]) {
      const response = await request("/consent", { headers: { cookie } });
      expect(response.status).toBe(200);
      await response.body?.cancel();
    }
  });
});

describe("10,000 identities in one request", () => {
  const many = Array.from({ length: 10_000 }, (_, n) => ({ namespace: "email", value: `p${n}@x.co` }));

  it("of an event are none of its identities: it has those that its protocol has a place for", async () => {
    const sent: string[] = [];
    const queue = { send: async (text: string) => void sent.push(text) } as unknown as Queue<string>;
    const app = createApp({ ...env, EVENTS: queue });
    const browser = new Browser("SK");
    await browser.consent(ALL);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...browser.headers, cookie, "content-type": "application/json" };
    const named = {
      traits: { email: many, emails: many, externalIds: many },
      identifiers: many,
      externalIds: many,
    };
    const call = {
      event: "x",
      userId: "u-1",
      anonymousId: "a-1",
      context: named,
      ...named,
    };
    const bodies: [string, unknown][] = [
      ["/events", { write_key: "wk_demo", events: [event("page_view", {}, { user_id: "u-1", ...named })] }],
      ["/v1/page", { writeKey: "wk_demo", ...call, traits: {}, context: { externalIds: many } }],
    ];
    for (const [path, body] of bodies) {
      sent.length = 0;
      const response = await app.request(`${HOST}${path}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      // A body of more than 512 kB is refused as such.
      expect([path, [200, 202, 413].includes(response.status)]).toEqual([path, true]);
      const keys = sent.join().match(/"key":"[a-z_]+:[^"]*"/g) ?? [];
      expect(keys.length).toBeLessThanOrEqual(5);
      expect(response.status === 413 || sent.length === 1).toBe(true);
    }
  });

  it("of a server's consent are no subject", async () => {
    const body = JSON.stringify({ purposes: ALL, subject: many });
    const response = await request("/consent", { method: "PUT", headers: SERVER, body });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      400,
      "invalid_body",
    ]);
  });
});

describe("a hash in the place of a value", () => {
  const HASH = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"; // SHA-256 of test@example.com
  it.each([
    ["email", HASH],
    ["email", `email:1.${HASH}`],
    ["phone", HASH],
    ["email", HASH.toUpperCase()],
  ])("names nobody: %s %s", async (namespace, value) => {
    const body = JSON.stringify({ purposes: ALL, subject: { namespace, value } });
    const response = await request("/consent", { method: "PUT", headers: SERVER, body });
    const { code } = (await response.json()) as { code: string };
    expect([response.status, code]).toEqual([400, "invalid_identifier"]);
  });
});

describe("methods", () => {
  it("of another name are turned into none that a route has", async () => {
    const browser = new Browser("SK");
    await browser.consent({ analytics: "denied" });
    const overrides = {
      "x-http-method-override": "PUT",
      "x-http-method": "PUT",
      "x-method-override": "PUT",
      "content-type": "application/x-www-form-urlencoded",
    };
    const body = JSON.stringify({ purposes: ALL });
    const overridden = await browser.fetch("/consent?_method=PUT", {
      method: "POST",
      headers: overrides,
      body,
    });
    expect(overridden.status).toBe(404);
    const standing = (await (await browser.fetch("/consent")).json()) as { purposes: Record<string, string> };
    expect(standing.purposes.analytics).toBe("denied");
  });

  it.each(["DELETE", "PATCH", "PROPFIND", "PURGE", "CONNECTED", "put"])(
    "unknown to a route do nothing: %s",
    async (method) => {
      for (const path of [
        "/events",
        "/slots/hero",
        "/health",
        "/admin/api/releases",
        "/doorstep.js",
        "/contracts",
      ]) {
        let response: Response;
        try {
          response = await request(path, { method, headers: OPERATOR });
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError); // The runtime knows no such method: a client cannot get here.
          continue;
        }
        expect([path, response.status]).toEqual([path, 404]);
        await response.body?.cancel();
      }
    },
  );

  it("HEAD is GET without a body, and OPTIONS shows nothing to whom no source lists", async () => {
    for (const path of ["/slots/hero", "/consent", "/health", "/contracts"]) {
      const [head, get] = [await request(path, { method: "HEAD" }), await request(path)];
      expect([path, head.status, await head.text()]).toEqual([path, get.status, ""]);
      expect(head.headers.get("cache-control")).toBe(get.headers.get("cache-control"));
      await get.body?.cancel();
    }
    // Of a pixel it is no visit: checkers of links ask so.
    for (const path of ["/api/px/page?writeKey=wk_demo", "/pixel/v1/page?writeKey=wk_demo", "/i?e=pv"]) {
      const head = await request(path, { method: "HEAD" });
      expect([path, head.status, head.headers.get("cache-control")]).toEqual([path, 200, "no-store"]);
    }
    for (const path of ["/events", "/v1/batch", "/admin/api/me"]) {
      const response = await request(path, {
        method: "OPTIONS",
        headers: { origin: "https://evil.example" },
      });
      expect([path, response.headers.has("access-control-allow-origin")]).toEqual([path, false]);
      expect(response.status).toBeGreaterThanOrEqual(400);
    }
  });
});

it("a browser's own headers of 100 kB break nothing", async () => {
  const long = "x".repeat(100_000);
  for (const name of ["accept", "user-agent", "referer", "authorization", "x-write-key", "accept-language"]) {
    const response = await request("/slots/hero", { headers: { [name]: long, origin: HOST } });
    expect([name, response.status < 500]).toEqual([name, true]);
    await response.body?.cancel();
  }
});
