/** What only RudderStack's clients ask: their settings, beacons, pixels, and what they say of the visitor. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { clientSettingsRoutes } from "#collect/client-settings";
import { rudderstack } from "#collect/protocols/rudderstack";
import { segment } from "#collect/protocols/segment";
import { Problem } from "#core/problem";
import { readSettings } from "../../../src/env.ts";
import { HOST } from "../product.ts";
import { answer, asked, oneEvent, parse } from "./parsing.ts";

const pixel = (path: string, query: string) => oneEvent(rudderstack, { method: "GET", path, query });
const BEACON = "/beacon/v1/batch";
const TRACK = "/pixel/v1/track";
const PAGE = "/pixel/v1/page";

describe("a beacon", () => {
  it("has its key in the query, and is answered as the data plane does", () => {
    const given = { path: BEACON, query: "writeKey=wk_demo", body: { batch: [] } };
    expect(rudderstack.keyIn(asked(rudderstack, given))).toBe("wk_demo");
    expect(answer(rudderstack, given)).toEqual({ status: 200, contentType: "text/plain", body: "OK" });
  });

  it("carries calls as any batch does", () => {
    const batch = [
      { type: "track", event: "Cart Viewed", anonymousId: "a", originalTimestamp: "2026-11-22T09:59:00Z" },
      { type: "page", userId: "u" },
    ];
    const { events } = parse(rudderstack, { path: BEACON, body: { batch } });
    expect(events).toMatchObject([
      { name: "view_cart", occurredAt: Date.parse("2026-11-22T09:59:00Z") },
      { name: "page_view", userId: "u" },
    ]);
  });
});

describe("a pixel", () => {
  it("carries a call in its query, fields of fields by dots", () => {
    const event = pixel(
      TRACK,
      "writeKey=wk_demo&anonymousId=%22a-1%22&userId=u-1&event=Order+Completed&properties.order_id=o-1&properties.total=10.5&properties.currency=EUR&context.page.url=https%3A%2F%2Fa.example%2F&context.traits.email=ida%40example.com&messageId=m-1",
    );
    expect(event).toMatchObject({
      id: "m-1",
      name: "purchase",
      anonymousId: "a-1",
      userId: "u-1",
      properties: { order_id: "o-1", value: 10.5, currency: "EUR" },
      context: { page: { url: "https://a.example/" } },
      traits: { email: "ida@example.com" },
    });
  });

  it("of a page has the page's name for its title", () => {
    const event = pixel(PAGE, "anonymousId=a&name=Offer&properties.url=https%3A%2F%2Fa.example%2F");
    expect(event).toMatchObject({
      name: "page_view",
      context: { page: { url: "https://a.example/", title: "Offer" } },
    });
  });

  it("is a picture, whatever became of its event", () => {
    const { status, contentType, body } = answer(rudderstack, { method: "GET", path: PAGE });
    expect([status, contentType]).toEqual([200, "image/gif"]);
    expect(new TextDecoder().decode((body as Uint8Array).slice(0, 6))).toBe("GIF89a");
  });

  it("reaches no prototype, and reads at most 200 parameters of eight levels", () => {
    const many = Array.from({ length: 300 }, (_, n) => `properties.f${n}=1`).join("&");
    const event = pixel(
      TRACK,
      "event=Signed+In&anonymousId=a&properties.__proto__.polluted=1&__proto__.polluted=1&constructor.prototype.polluted=1",
    );
    expect(event.name).toBe("login");
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    const odd = parse(rudderstack, {
      method: "GET",
      path: TRACK,
      query: `event=Odd&anonymousId=a&${many}&properties.a.b.c.d.e.f.g.h.i=1`,
    });
    expect(Object.keys(odd.events[0]?.properties as object)).toHaveLength(198);
  });
});

it("a visitor who is not to be recognised is not", () => {
  const anonymous = { context: { trulyAnonymousTracking: true } };
  const of = (protocol: typeof segment | typeof rudderstack, path: string, body: unknown) =>
    protocol.isAnonymous(asked(protocol, { path, body }));
  expect(of(segment, "/v1/track", anonymous)).toBe(true);
  expect(of(segment, "/v1/batch", { batch: [anonymous] })).toBe(true);
  expect(of(rudderstack, BEACON, { batch: [anonymous] })).toBe(true);
  // From before and after the visitor's consent, and of all of them at once.
  expect(of(rudderstack, BEACON, { batch: [{}, { context: {} }, anonymous] })).toBe(true);
  expect(of(segment, "/v1/batch", { ...anonymous, batch: [{}] })).toBe(true);
  const ofPixel = (query: string) =>
    rudderstack.isAnonymous(asked(rudderstack, { method: "GET", path: PAGE, query }));
  expect(ofPixel("anonymousId=a&context.trulyAnonymousTracking=true")).toBe(true);
  expect(ofPixel("anonymousId=a")).toBe(false);
  for (const body of [{}, { context: { trulyAnonymousTracking: "true" } }, { batch: [] }, null, 7])
    expect(of(segment, "/v1/batch", body)).toBe(false);
});

describe("settings", () => {
  const read = readSettings(env as unknown as Parameters<typeof readSettings>[0]);
  if (!read.ok) throw new Error(read.problems.join());
  const [source] = read.settings.SOURCES;
  if (!source) throw new Error("the tests have no source");
  const app = clientSettingsRoutes({
    settings: {
      ...read.settings,
      BASE_PATH: "/ds",
      SOURCES: [{ ...source, origins: ["https://www.example"] }],
    },
    clock: () => Date.now(),
    toPublic: (path) => path.replace("/v1", "/x"),
  });
  app.onError((error) => {
    if (error instanceof Problem) return error.toResponse();
    throw error;
  });
  const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    app.request(`${HOST}${path}`, { method, headers });

  it.each(["/sourceConfig/?p=npm&v=3.34.1&build=modern&writeKey=wk_demo", "/sourceConfig?writeKey=wk_demo"])(
    "of RudderStack's client, asked by %s: nothing is to be loaded",
    async (path) => {
      const response = await ask(path);
      expect([response.status, await response.json()]).toEqual([
        200,
        {
          source: {
            id: "wk_demo",
            name: "wk_demo",
            enabled: true,
            config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
            destinations: [],
          },
        },
      ]);
    },
  );

  it("of Segment's client: events come to the path that the outside knows", async () => {
    expect(await (await ask("/v1/projects/wk_demo/settings")).json()).toEqual({
      integrations: {
        "Segment.io": { apiKey: "wk_demo", apiHost: "shop.example/ds/x", protocol: "https" },
      },
    });
  });

  it.each([
    "/sourceConfig/?writeKey=wk_nobody",
    "/sourceConfig/",
    "/sourceConfig/?writeKey=sk_demo",
    "/v1/projects/sk_demo/settings",
  ])("are for write keys that are known alone: %s", async (path) => {
    const response = await ask(path);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      404,
      "unknown_key",
    ]);
  });

  it("are read by pages of the origins that are listed alone", async () => {
    const path = "/sourceConfig/?writeKey=wk_demo";
    const allowed = async (origin: string, method: string) => {
      const response = await ask(path, { origin, "access-control-request-method": "GET" }, method);
      return [response.status, response.headers.get("access-control-allow-origin")];
    };
    expect(await allowed("https://www.example", "GET")).toEqual([200, "https://www.example"]);
    expect(await allowed("https://www.example", "OPTIONS")).toEqual([204, "https://www.example"]);
    expect(await allowed("https://evil.example", "GET")).toEqual([200, null]);
    expect(await allowed("https://evil.example", "OPTIONS")).toEqual([403, null]);
  });
});
