/** Jitsu's paths, keys and answers; its calls are Segment's. */
import { describe, expect, it } from "vitest";
import { jitsu } from "#collect/protocols/jitsu";
import { answer, asked, oneEvent, parse } from "./parsing.ts";

const BROWSER = "/api/s/:type";
const SERVER = "/api/s/s2s/:type";
const PIXEL = "/api/px/:type";
const WHO = { anonymousId: "a-1", timestamp: "2026-11-22T10:00:00.000Z" };
const base64 = (value: unknown) => encodeURIComponent(btoa(JSON.stringify(value)));

describe("a key", () => {
  const keyOf = (given: { headers?: Record<string, string>; query?: string; body?: unknown }) =>
    jitsu.keyIn(asked(jitsu, { path: BROWSER, params: { type: "page" }, ...given }));
  it("is the second half of the header's, else of the query's or the body's", () => {
    expect(keyOf({ headers: { "x-write-key": "shop:wk_demo" }, body: { writeKey: "shop:***" } })).toBe(
      "wk_demo",
    );
    expect(keyOf({ query: "writekey=shop:wk_demo" })).toBe("wk_demo");
    expect(keyOf({ body: { writeKey: "shop:wk_demo" } })).toBe("wk_demo");
    expect(keyOf({ headers: { "x-write-key": "wk_demo" } })).toBe("wk_demo");
    expect(keyOf({ body: { writeKey: 7 } })).toBeUndefined();
  });
});

describe("a call", () => {
  it.each([
    [BROWSER, "page", "page_view"],
    [BROWSER, "p", "page_view"],
    [SERVER, "identify", "identify"],
    [SERVER, "group", "group"],
    [BROWSER, "screen", "screen_view"],
  ])("%s of %s is what the path says", (path, type, name) => {
    const body = { ...WHO, type: "track", name: "Home", groupId: "g" };
    expect(oneEvent(jitsu, { path, params: { type }, body }).name).toBe(name);
  });

  it("at `event` is what itself says", () => {
    const body = {
      ...WHO,
      type: "track",
      event: "Order Completed",
      properties: { order_id: "o", total: 1, currency: "EUR" },
    };
    expect(oneEvent(jitsu, { path: SERVER, params: { type: "event" }, body }).name).toBe("purchase");
  });

  it("may come without any id: the client was told to send none", () => {
    const event = oneEvent(jitsu, { path: BROWSER, params: { type: "page" }, body: { type: "page" } });
    expect(event).toMatchObject({ name: "page_view", anonymousId: undefined, userId: undefined });
  });

  it.each(["constructor", "__proto__", "scream"])("at a path of no call is refused: %s", (type) => {
    const { events, unreadable } = parse(jitsu, { path: BROWSER, params: { type }, body: WHO });
    expect(events).toEqual([]);
    expect(unreadable).toMatchObject([{ code: "invalid_event", issues: [{ path: "type" }] }]);
  });
});

describe("a pixel", () => {
  const pixel = (query: string) =>
    oneEvent(jitsu, { method: "GET", path: PIXEL, params: { type: "track" }, query });
  it("carries its call as base64 of JSON, and fields of its own stand before that", () => {
    const data = {
      ...WHO,
      event: "Signed In",
      properties: { method: "?>" },
      context: { page: { title: "A" } },
    };
    expect(
      pixel(
        `data=${base64(data)}&context.page.url=https%3A%2F%2Fa.example%2F&process_headers=1&cookie_domain=x`,
      ),
    ).toMatchObject({
      name: "login",
      anonymousId: "a-1",
      properties: { method: "?>" },
      context: { page: { title: "A", url: "https://a.example/" } },
    });
    expect(pixel("event=Signed+In&anonymousId=a&properties.method=link").properties).toEqual({
      method: "link",
    });
  });

  it.each(["%%%", "bm90IGpzb24", base64([1]), base64("text"), ""])(
    "with `data` that is none is refused: %s",
    (data) => {
      expect(() => pixel(`event=Signed+In&anonymousId=a&data=${data}`)).toThrow();
    },
  );
});

describe("an answer", () => {
  const rejected = [{ index: 1, id: "j-2", code: "invalid_event", issues: [] }];
  it("is JSON with ok, which its client reads", () => {
    const given = { path: BROWSER, params: { type: "page" } };
    expect(answer(jitsu, given, { accepted: 1 })).toEqual({
      status: 200,
      contentType: "application/json",
      body: '{"ok":true}',
    });
  });
  it("to a batch says how many were read, and which were not", () => {
    const given = { path: SERVER, params: { type: "batch" } };
    const dropped = [{ index: 2, id: "j-3", code: "consent_denied" }];
    expect(JSON.parse(String(answer(jitsu, given, { accepted: 2, dropped, rejected }).body))).toEqual({
      ok: false,
      receivedEvents: 4,
      okEvents: 3,
      errors: ["Message ID: j-2: invalid_event"],
    });
  });
  it("to a pixel is a picture", () => {
    const given = { method: "GET", path: PIXEL, params: { type: "track" } } as const;
    expect(answer(jitsu, given, { rejected })).toMatchObject({ status: 200, contentType: "image/gif" });
  });
});
