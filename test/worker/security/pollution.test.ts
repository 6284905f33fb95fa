/** `__proto__`, `constructor` and `prototype` in everything that is parsed: no object gets what it was not given. */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../../src/app.ts";
import { ALL, Browser, event, publishRelease, RELEASE, request } from "../product.ts";

const OPERATOR = { authorization: "Bearer admin_test", "content-type": "application/json" };
const shapeOf = () => [
  Object.getOwnPropertyNames(Object.prototype).length,
  Object.getOwnPropertyNames(Array.prototype).length,
  Object.getOwnPropertyNames(Function.prototype).length,
];
const shape = shapeOf();

beforeAll(async () => void (await publishRelease()));
afterEach(() => {
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(([] as unknown as Record<string, unknown>).polluted).toBeUndefined();
  expect(shapeOf()).toEqual(shape);
});

/** A body as text, with hostile members added at its top and in each object in it. JSON.stringify would leave them out. */
function poisoned(body: unknown): string {
  const members = [
    '"__proto__":{"polluted":true,"secret":true,"role":"admin","isAdmin":true}',
    '"constructor":{"prototype":{"polluted":true}}',
    '"prototype":{"polluted":true}',
  ].join();
  return JSON.stringify(body).replaceAll("{", `{${members},`).replaceAll(",}", "}");
}

describe("no object is polluted", () => {
  const call = {
    writeKey: "wk_demo",
    type: "track",
    event: "Order Completed",
    anonymousId: "a",
    messageId: "m-1",
  };
  it.each<[string, string, unknown]>([
    [
      "POST",
      "/events",
      { write_key: "wk_demo", events: [event("page_view", {}, { context: {}, traits: {} })] },
    ],
    ["POST", "/v1/batch", { writeKey: "wk_demo", batch: [{ ...call, properties: {}, context: {} }] }],
    ["POST", "/v1/identify", { ...call, type: "identify", userId: "u", traits: {} }],
    ["POST", "/api/s/track", { ...call, properties: {} }],
    [
      "POST",
      "/com.snowplowanalytics.snowplow/tp2",
      { schema: "x", data: [{ e: "pv", aid: "wk_demo", p: "web" }] },
    ],
    [
      "POST",
      "/mp/collect?api_secret=wk_demo",
      { client_id: "1.2", events: [{ name: "page_view", params: {} }] },
    ],
    ["PUT", "/consent", { purposes: ALL, evidence: {} }],
    ["PUT", "/consent", { choices: ALL, consent_mode: {} }],
    ["POST", "/slots", { slots: ["hero"] }],
    [
      "POST",
      "/privacy/requests",
      { regulation: "gdpr", subject_request_type: "access", subject_identities: [{}] },
    ],
  ])("by %s %s", async (method, path, body) => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    const headers = { "content-type": "application/json", "x-write-key": "wk_demo" };
    const response = await browser.fetch(path, { method, body: poisoned(body), headers });
    expect(response.status).toBeLessThan(500);
    await response.body?.cancel();
  });

  it.each<[string, string, unknown]>([
    ["POST", "/releases", { document: RELEASE, note: "x" }],
    ["POST", "/access/tokens", { name: "x", role: "viewer", expires_in_days: 1 }],
    ["POST", "/quarantine/dry-run", { cause: {} }],
    ["POST", "/quarantine/replay", { cause: {} }],
    ["POST", "/quarantine/discard", { cause: {} }],
    ["POST", "/consent/ledger", { namespace: "email", value: "ida@example.com" }],
    [
      "POST",
      "/subject-requests",
      { type: "access", regulation: "gdpr", identities: [{}], verified: false, note: "x" },
    ],
    ["POST", "/suppressions/check", { namespace: "email", value: "ida@example.com" }],
    ["POST", "/suppressions/lift", { namespace: "email", value: "ida@example.com", reason: "x" }],
  ])("by an operator's %s %s", async (method, path, body) => {
    const response = await request(`/admin/api${path}`, { method, headers: OPERATOR, body: poisoned(body) });
    expect(response.status).toBeLessThan(500);
    await response.body?.cancel();
  });

  it("by names in an address", async () => {
    const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
    for (const name of names) {
      const paths = [
        `/slots/${name}`,
        `/contracts/${name}/1.0.0`,
        `/contracts/${name}/latest`,
        `/i?e=pv&aid=wk_demo&${name}[polluted]=1&${name}.polluted=1&${name}=1`,
        `/g/collect?v=2&tid=wk_demo&en=${name}&ep.${name}=1&up.${name}=1`,
        `/v1/projects/${name}/settings`,
        `/sourceConfig?writeKey=${name}`,
        `/admin/api/${name}`,
        `/admin/api/trace/${name}`,
        `/consent/page?${name}=1`,
      ];
      for (const path of paths) {
        const response = await request(path, { headers: path.startsWith("/admin") ? OPERATOR : {} });
        expect([path, response.status < 500]).toEqual([path, true]);
        await response.body?.cancel();
      }
    }
  });
});

it("members of a prototype are no names of a release: it has no such slot, contract or key", async () => {
  for (const name of ["__proto__", "constructor", "toString"]) {
    expect((await request(`/slots/${name}`)).status).toBe(404);
    expect((await request(`/contracts/${name}/1.0.0`)).status).toBe(404);
    expect((await request(`/v1/projects/${name}/settings`)).status).toBe(404);
  }
});

it("settings in which a source brings its key through the prototype are refused", async () => {
  const sources = '[{"id":"web","writeKey":"wk_demo","__proto__":{"secretKey":"sk_planted_0123456789"}}]';
  const app = createApp({ ...env, SOURCES: sources });
  const asked = {
    method: "POST",
    headers: { authorization: "Bearer sk_planted_0123456789" },
    body: '{"events":[]}',
  };
  expect((await app.request("https://shop.example/events", asked)).status).toBe(503);
});
