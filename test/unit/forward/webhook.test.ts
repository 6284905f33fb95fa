/** The signed webhook: its signature, where it may go, and what a receiver's answers mean. */
import { describe, expect, it } from "vitest";
import { webhook } from "#forward/destinations/webhook/index";
import { webhookSettings } from "#forward/destinations/webhook/settings";
import { signatureHeaders } from "#forward/destinations/webhook/sign";
import { reach } from "../../setup/reach.ts";
import { mappedOf, vendor } from "./items.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const settings = webhookSettings.parse({ url: "https://hooks.example.com/in", secret: SECRET });
const body = { type: "login", timestamp: "2026-11-20T10:00:00.000Z", data: {} };
const context = {
  settings,
  now: 1_614_265_330_500,
  signal: new AbortController().signal,
  allowInsecure: false,
  ...reach,
};

describe("a signed webhook", () => {
  it("is signed as the specification's vector says", async () => {
    const headers = await signatureHeaders(
      SECRET,
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      1_614_265_330,
      '{"test": 2432232314}',
    );
    expect(headers).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("carries the item's id, so that the receiver can tell a repetition", async () => {
    const { fetch, sent } = vendor(() => new Response(null, { status: 204 }));
    expect(await webhook.send([mappedOf("item-1", body)], { ...context, fetch })).toEqual([
      { status: "delivered" },
    ]);
    expect(sent[0]?.headers["webhook-id"]).toBe("item-1");
    expect(sent[0]?.headers["webhook-timestamp"]).toBe("1614265330");
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual(body);
  });

  it.each([
    [200, { status: "delivered" }],
    [410, { status: "failed", code: "gone" }],
    [302, { status: "failed", code: "redirected", detail: "http_302" }],
    [400, { status: "failed", code: "http_400" }],
    [401, { status: "unauthorized", detail: "http_401" }],
    [403, { status: "unauthorized", detail: "http_403" }],
    [408, { status: "retry", code: "http_408" }],
    [425, { status: "retry", code: "http_425" }],
    [500, { status: "retry", code: "http_500" }],
  ])("takes %i for what it is", async (status, outcome) => {
    const { fetch } = vendor(() => new Response(null, { status }));
    expect(await webhook.send([mappedOf("i", body)], { ...context, fetch })).toEqual([outcome]);
  });

  it.each([
    ["120", 120],
    ["Thu, 25 Feb 2021 15:03:00 GMT", 50],
    ["soon", undefined],
  ])("honours Retry-After: %s", async (header, afterSeconds) => {
    const { fetch } = vendor(() => new Response(null, { status: 429, headers: { "retry-after": header } }));
    const [outcome] = await webhook.send([mappedOf("i", body)], { ...context, fetch });
    expect(outcome).toEqual({
      status: "retry",
      code: "http_429",
      ...(afterSeconds !== undefined && { afterSeconds }),
    });
  });

  it("tries a broken connection again, item by item", async () => {
    const { fetch } = vendor(
      () => Promise.reject(new TypeError("reset")),
      () => new Response("ok"),
    );
    const outcomes = await webhook.send([mappedOf("a", body), mappedOf("b", body)], { ...context, fetch });
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["delivered", "retry"]);
  });

  it("begins no request after the deadline", async () => {
    const { fetch, sent } = vendor(() => new Response("ok"));
    const outcomes = await webhook.send([mappedOf("a", body)], {
      ...context,
      fetch,
      signal: AbortSignal.abort(),
    });
    expect(outcomes).toEqual([{ status: "retry", code: "not_tried" }]);
    expect(sent).toEqual([]);
  });
});

describe("where a webhook may go", () => {
  it("sends nothing to an address that it may not use", async () => {
    const { fetch, sent } = vendor(() => new Response("ok"));
    const unsafe = { ...settings, url: "https://10.0.0.1/" };
    const outcomes = await webhook.send([mappedOf("i", body)], { ...context, settings: unsafe, fetch });
    expect(outcomes).toEqual([{ status: "failed", code: "unsafe_url", detail: "ip_address" }]);
    expect(sent).toEqual([]);
  });
});
