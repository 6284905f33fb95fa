import { beforeAll, describe, expect, it } from "vitest";
import { ALL, Browser, event, HOST, publishRelease, request } from "../product.ts";

beforeAll(async () => void (await publishRelease()));

const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  request("/events", {
    method: "POST",
    body,
    headers: { origin: HOST, "sec-fetch-site": "same-origin", cookie: "ds_dev_country=US", ...headers },
  });
const body = (events: unknown[], more = {}) => JSON.stringify({ write_key: "wk_demo", events, ...more });
const view = (more: Record<string, unknown> = {}) => event("page_view", {}, more);

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
  );
}

describe("a request that cannot be read", () => {
  it.each<[string, () => Promise<Response> | Response, number, string]>([
    ["empty body", () => post(""), 400, "empty_body"],
    ["not JSON", () => post("{"), 400, "invalid_json"],
    ["wrong top-level type", () => post("[]", { "x-write-key": "wk_demo" }), 400, "invalid_body"],
    ["5 MB", () => post("x".repeat(5_000_000)), 413, "body_too_large"],
    [
      "200,000-deep nesting",
      () => post(`{"events":${"[".repeat(200_000)}${"]".repeat(200_000)}}`),
      400,
      "too_deep",
    ],
    ["200,000-deep objects", () => post(`${'{"a":'.repeat(80_000)}1${"}".repeat(80_000)}`), 400, "too_deep"],
    ["invalid UTF-8", () => post(new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])), 400, "invalid_utf8"],
    ["a gzip bomb", async () => post(await gzip(new Uint8Array(20_000_000))), 413, "body_too_large"],
    [
      "labelled gzip, is none",
      () => post(body([view()]), { "content-encoding": "gzip" }),
      400,
      "invalid_gzip",
    ],
    [
      "cut gzip",
      async () => post((await gzip(new TextEncoder().encode(body([view()])))).slice(0, 40)),
      400,
      "invalid_gzip",
    ],
    ["brotli", () => post(body([view()]), { "content-encoding": "br" }), 415, "unsupported_encoding"],
    ["no key", () => post(JSON.stringify({ events: [] })), 401, "missing_key"],
    ["unknown key", () => post(JSON.stringify({ write_key: "wk_nobody", events: [] })), 401, "unknown_key"],
    [
      "an origin that is not listed",
      () => post(body([view()]), { origin: "https://evil.example" }),
      403,
      "origin_not_allowed",
    ],
    [
      "a secret key in a browser",
      () => post(JSON.stringify({ write_key: "sk_demo", events: [] })),
      403,
      "secret_key_in_browser",
    ],
    ["too many events", () => post(body(Array.from({ length: 501 }, () => view()))), 413, "too_many_events"],
  ])("%s → its status and code", async (_title, send, status, code) => {
    const response = await send();
    const problem = (await response.json()) as { code: string; detail: string; status: number };
    expect([response.status, problem.code]).toEqual([status, code]);
    expect(problem.detail).toMatch(/\w+ \w+/);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  });
});

describe("a bad event harms only itself", () => {
  it.each<[string, unknown, string, string]>([
    ["unknown event", event("coffee_break"), "unknown_event", "name"],
    ["no id", { ...view(), id: undefined }, "invalid_event", "id"],
    [
      "wrong type of a field",
      event("purchase", { order_id: "A", value: "ten", currency: "EUR" }),
      "invalid_event",
      "properties.value",
    ],
    [
      "a missing field",
      event("purchase", { order_id: "A", value: 10 }),
      "invalid_event",
      "properties.currency",
    ],
    ["from the future", view({ occurred_at: "2036-01-01T00:00:00Z" }), "timestamp_in_future", "occurred_at"],
    ["ancient", view({ occurred_at: "2016-01-01T00:00:00Z" }), "timestamp_too_old", "occurred_at"],
    ["no timestamp", { ...view(), occurred_at: "yesterday" }, "invalid_timestamp", "occurred_at"],
    ["properties of a wrong type", { ...view(), properties: [1] }, "invalid_event", "properties"],
    ["a context of a wrong type", view({ context: { page: 7 } }), "invalid_event", "context.page"],
    [
      "a consent that is none",
      view({ consent: { analytics: "yes" } }),
      "invalid_consent",
      "consent.analytics",
    ],
    ["not an object", 7, "invalid_event", ""],
    ["null", null, "invalid_event", ""],
  ])("%s", async (_title, bad, code, path) => {
    const response = await post(body([view(), bad, view()]));
    expect(response.status).toBe(202);
    const result = (await response.json()) as {
      accepted: number;
      rejected: { index: number; code: string; issues: { path: string; message: string }[] }[];
    };
    expect(result.accepted).toBe(2);
    expect(result.rejected).toMatchObject([{ index: 1, code, issues: [{ path }] }]);
    expect(result.rejected[0]?.issues[0]?.message).toMatch(/\w/);
  });

  it("one that is larger than any envelope takes", async () => {
    const items = Array.from({ length: 200 }, (_, i) => ({ product_id: `p-${i}`, name: "€".repeat(250) }));
    const big = event("purchase", { order_id: "A", value: 1, currency: "EUR", items });
    const result = await (await post(body([view(), big, view()]))).json();
    expect(result).toMatchObject({ accepted: 2, rejected: [{ index: 1, code: "event_too_large" }] });
  });

  it.each(["constructor", "__proto__", "toString"])("a Segment call named %s", async (name) => {
    const batch = [
      { type: "track", event: name, anonymousId: "a-1", messageId: `odd-${name}` },
      { type: "page", anonymousId: "a-1", messageId: `page-${name}` },
    ];
    const segment = await request("/v1/batch", {
      method: "POST",
      headers: { cookie: "ds_dev_country=US" },
      body: JSON.stringify({ writeKey: "wk_demo", batch }),
    });
    expect(segment.status).toBe(200);
  });

  it("the second of two events with one id", async () => {
    const one = view();
    const result = await (await post(body([one, one]))).json();
    expect(result).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: "duplicate_id" }] });
  });

  it("__proto__ keys change no prototype and reach nothing", async () => {
    const text = `{"write_key":"wk_demo","events":[{"id":"p-1","name":"page_view","occurred_at":"${new Date().toISOString()}","properties":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}},"__proto__":{"polluted":1}}]}`;
    const result = await (await post(text)).json();
    expect(result).toMatchObject({ accepted: 1, rejected: [] });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe("what a client may do", () => {
  it("send gzip, also labelled as a form", async () => {
    const packed = await gzip(new TextEncoder().encode(body([view()])));
    for (const headers of [
      { "content-encoding": "gzip" },
      { "content-type": "application/x-www-form-urlencoded" },
    ]) {
      expect(await (await post(packed, headers)).json()).toMatchObject({ accepted: 1 });
    }
  });
  it("send a beacon as text/plain", async () => {
    expect((await post(body([view()]), { "content-type": "text/plain" })).status).toBe(202);
  });
  it("have a clock that runs wrong: sent_at corrects it", async () => {
    const wrong = Date.now() + 3 * 86_400_000;
    const late = view({ occurred_at: new Date(wrong - 1000).toISOString() });
    expect(await (await post(body([late], { sent_at: new Date(wrong).toISOString() }))).json()).toMatchObject(
      { accepted: 1 },
    );
  });
  it("read an error across origins only where its origin is listed, too", async () => {
    const evil = await post("{", { origin: "https://evil.example" });
    expect([evil.status, evil.headers.get("access-control-allow-origin")]).toEqual([400, null]);
    const listed = await post("{", { origin: "https://app.example" });
    expect(listed.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(listed.headers.get("access-control-allow-credentials")).toBe("true");
  });
  it("read the answer across origins only where its origin is listed, never by a wildcard", async () => {
    const preflight = await request("/events", {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(403);
    const own = await request("/events", {
      method: "OPTIONS",
      headers: { origin: HOST, "access-control-request-method": "POST" },
    });
    expect(own.headers.get("access-control-allow-origin")).toBe(HOST);
  });
});

describe("consent at the door", () => {
  it("denies by default under the opt-in regime: nothing is accepted, and no cookie is set", async () => {
    const browser = new Browser("SK");
    const response = await browser.send([event("page_view")]);
    expect(await response.json()).toMatchObject({
      accepted: 0,
      rejected: [],
      dropped: [{ code: "consent_denied" }],
    });
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it("sets id and session cookies only after a grant, signed and HttpOnly", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    const response = await browser.send([event("page_view")]);
    expect(await response.json()).toMatchObject({ accepted: 1 });
    expect([...browser.cookies.keys()].sort()).toEqual([
      "ds_consent",
      "ds_dev_country",
      "ds_id",
      "ds_session",
    ]);
    expect(
      response.headers.getSetCookie().every((c) => c.includes("HttpOnly") && c.includes("SameSite=Lax")),
    ).toBe(true);
  });

  it("sets no session cookie for marketing alone", async () => {
    const browser = new Browser("SK");
    await browser.consent({ marketing: "granted" });
    await browser.send([event("page_view")]);
    expect([...browser.cookies.keys()].sort()).toEqual(["ds_consent", "ds_dev_country", "ds_id"]);
  });

  it("a forged consent cookie grants nothing", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    const [version, payload, signature] = (browser.cookies.get("ds_consent") ?? "").split(".");
    const json = atob((payload ?? "").replace(/-/g, "+").replace(/_/g, "/"));
    const stranger = new Browser("SK");
    await stranger.consent({ analytics: "granted" });
    const other = (stranger.cookies.get("ds_consent") ?? "").split(".")[2];
    expect(json).toContain('"p":"amp"');
    for (const forged of [
      `${version}.${payload}.${other}`,
      `${version}.${btoa(json.replace('"p":"amp"', '"p":"am"'))}.${signature}`,
      "1..",
      "x",
      "",
    ]) {
      const visitor = new Browser("SK");
      visitor.cookies.set("ds_consent", forged);
      expect(await (await visitor.send([event("page_view")])).json()).toMatchObject({ accepted: 0 });
    }
  });

  it("a withdrawal forgets the visitor in the same answer", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    await browser.send([event("page_view")]);
    await browser.consent({ analytics: "denied", marketing: "denied", personalization: "denied" });
    expect([...browser.cookies.keys()].sort()).toEqual(["ds_consent", "ds_dev_country"]);
    expect(await (await browser.send([event("page_view")])).json()).toMatchObject({ accepted: 0 });
  });

  it("silence under an opt-out regime is no grant under an opt-in one", async () => {
    const browser = new Browser("US");
    await browser.consent({ marketing: "denied" });
    expect(await (await browser.send([event("page_view")])).json()).toMatchObject({ accepted: 1 });
    browser.cookies.set("ds_dev_country", "SK");
    expect(await (await browser.send([event("page_view")])).json()).toMatchObject({ accepted: 0 });
  });

  it("cannot be changed from another site", async () => {
    const response = await request("/consent", {
      method: "PUT",
      headers: { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      body: JSON.stringify({ purposes: ALL }),
    });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      403,
      "cross_site",
    ]);
  });

  it("GPC denies marketing, and an explicit later grant overrides it", async () => {
    const browser = new Browser("US", { "sec-gpc": "1" });
    const before = (await (await browser.fetch("/consent")).json()) as { purposes: Record<string, string> };
    expect(before.purposes).toEqual({
      analytics: "granted",
      marketing: "denied",
      personalization: "granted",
    });
    await browser.consent({ marketing: "granted" });
    const after = (await (await browser.fetch("/consent")).json()) as {
      purposes: Record<string, string>;
      explicit: boolean;
    };
    expect(after).toMatchObject({ explicit: true, purposes: { marketing: "granted" } });
  });
});

describe("Segment's HTTP API", () => {
  const segment = (path: string, payload: Record<string, unknown>, headers: Record<string, string> = {}) =>
    request(path, {
      method: "POST",
      headers: { cookie: "ds_dev_country=US", ...headers },
      body: JSON.stringify(payload),
    });
  it.each<[string, Record<string, string>, Record<string, unknown>]>([
    ["Basic", { authorization: `Basic ${btoa("wk_demo:")}` }, {}],
    ["Bearer", { authorization: "Bearer wk_demo" }, {}],
    ["the body", {}, { writeKey: "wk_demo" }],
  ])("takes the key by %s and answers as Segment does", async (_title, headers, key) => {
    const response = await segment(
      "/v1/track",
      {
        ...key,
        event: "Order Completed",
        anonymousId: "a-1",
        messageId: `m-${_title}`,
        properties: { order_id: "A", total: 10, currency: "eur" },
      },
      headers,
    );
    expect([response.status, await response.json()]).toEqual([200, { success: true }]);
  });
  it("takes the body's key where the browser sends the credentials of a protected site along", async () => {
    const response = await segment(
      "/v1/track",
      { writeKey: "wk_demo", event: "x", anonymousId: "a" },
      { authorization: `Basic ${btoa("staging:password")}` },
    );
    expect(response.status).toBe(200);
  });
  it("serves the settings that analytics-next asks for first", async () => {
    const settings = await (await request("/v1/projects/wk_demo/settings")).json();
    expect(settings).toMatchObject({ integrations: { "Segment.io": { apiKey: "wk_demo" } } });
    expect((await request("/v1/projects/wk_nobody/settings")).status).toBe(404);
  });
});
