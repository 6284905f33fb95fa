/** Meta: what leaves and what does not, and what each of its answers means for each item. */
import { describe, expect, it } from "vitest";
import type { Mapped, SendContext } from "#forward/destinations/contract";
import { EXAMPLE_AT, exampleEvent } from "#forward/destinations/example-event";
import { settings, viewed } from "#forward/destinations/meta/example";
import { meta } from "#forward/destinations/meta/index";
import type { MetaBody } from "#forward/destinations/meta/map";
import type { MetaSettings } from "#forward/destinations/meta/settings";
import { reach } from "../../setup/reach.ts";
import { json, type Sent, vendor } from "./items.ts";

const parsed = meta.settings.parse(settings);

const context = (fetch: SendContext<MetaSettings>["fetch"], more = {}): SendContext<MetaSettings> => ({
  settings: parsed,
  fetch,
  now: EXAMPLE_AT + 1_000,
  signal: new AbortController().signal,
  allowInsecure: false,
  ...reach,
  ...more,
});

const body = (changes: Partial<MetaBody> = {}): MetaBody => {
  const result = meta.map(viewed("page_view", {}), {}, parsed);
  if (result.status !== "mapped") throw new Error(result.status);
  return { ...result.body, ...changes };
};
const bodies = (...all: Partial<MetaBody>[]): Mapped<MetaBody>[] =>
  all.map((changes, n) => ({
    itemId: `item-${n}`,
    event: exampleEvent("page_view", {}),
    body: body(changes),
  }));

const dataOf = (sent: Sent | undefined): { event_name: string; event_id: string }[] =>
  JSON.parse(sent?.body ?? "{}").data;
const graphError = (status: number, error: Record<string, unknown>, headers = {}) =>
  json(status, { error: { message: "m", type: "OAuthException", fbtrace_id: "Abc", ...error } }, headers);
const received = ({ body: text }: Sent) => json(200, { events_received: JSON.parse(text).data.length });

describe("hashes", () => {
  const customer = (traits: Parameters<typeof meta.map>[1]) => {
    const result = meta.map(viewed("login", {}), traits, parsed);
    return result.status === "mapped" ? result.body.user_data : {};
  };

  it("are those of Meta's own example", () => {
    expect(customer({ email: "  JaneDoe@gmail.com " }).em).toEqual([
      "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69",
    ]);
  });

  it("are made of what already looks like one, too: nobody can put a hash in", () => {
    const hash = "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69";
    expect(customer({ customer_id: hash }).external_id).not.toContain(hash);
  });

  it("of a phone number need the country's code, and forget how it was written", () => {
    const one = customer({ phone: "+44 (0)844 412-4653" }).ph;
    expect(customer({ phone: "0044 844 4124653" }).ph).toEqual(one);
    expect(customer({ phone: "0844 412 4653" }).ph).toBeUndefined();
    expect(customer({ phone: "+12" }).ph).toBeUndefined();
  });

  it("of names keep any script, and no punctuation", () => {
    expect(customer({ first_name: "Ľ. Ída" }).fn).toEqual(customer({ first_name: "ľ ída" }).fn);
    expect(customer({ first_name: "…" }).fn).toBeUndefined();
  });
});

describe("what a mapping has changed", () => {
  it("is cut to Meta's limits by the same rules", () => {
    const name = "🎿".repeat(60);
    expect(meta.fit?.(body({ event_name: name }), parsed)).toMatchObject({
      status: "mapped",
      body: { event_name: "🎿".repeat(50) },
    });
  });

  it.each([
    [
      "nobody whom Meta could find",
      { user_data: { client_user_agent: "Chrome/154" } },
      "no_customer_information",
    ],
    ["no page", { event_source_url: "" }, "no_page_url"],
  ])("is not sent with %s", (_what, changes, reason) => {
    expect(meta.fit?.(body(changes), parsed)).toEqual({ status: "skipped", reason });
  });

  it("may set Meta's own fields to their own types only", () => {
    const parse = (custom_data: Record<string, unknown>) =>
      meta.body.safeParse({ ...body(), custom_data }).success;
    expect(parse({ value: 1, currency: "EUR", anything: "x" })).toBe(true);
    for (const wrong of [{ value: "1" }, { currency: "euro" }, { content_type: "page" }, { contents: "x" }])
      expect(parse(wrong)).toBe(false);
  });
});

describe("a request", () => {
  it("has the token in its body and never in its address", async () => {
    const { fetch, sent } = vendor(received);
    await meta.send(bodies({}), context(fetch, { settings: { ...parsed, test_event_code: "TEST1" } }));
    expect(sent[0]?.url).toBe("https://graph.facebook.com/v26.0/1234567890123456/events");
    expect(JSON.parse(sent[0]?.body ?? "")).toMatchObject({
      access_token: "EAAsandbox",
      test_event_code: "TEST1",
    });
  });

  it("names each event by its item, and by the sender's id where the settings say so", async () => {
    const { fetch, sent } = vendor(received);
    await meta.send(bodies({}, { event_id: "evt-1" }), context(fetch));
    expect(dataOf(sent[0]).map(({ event_id }) => event_id)).toEqual(["item-0", "evt-1"]);
  });

  it("leaves out what is too old, which would fail all of it, but for a shop's of 62 days", async () => {
    const { fetch, sent } = vendor(received);
    const at = (days: number) => EXAMPLE_AT / 1000 - days * 86_400;
    const shop = { action_source: "physical_store" } as const;
    const outcomes = await meta.send(
      bodies(
        { event_name: "a", event_time: at(8) },
        { event_name: "b", event_time: at(6.9) },
        { event_name: "c", event_time: at(61), ...shop },
        { event_name: "d", event_time: at(63), ...shop },
        { event_name: "e", event_time: at(7) },
      ),
      context(fetch),
    );
    const old = { status: "skipped", reason: "too_old_for_vendor" };
    expect(outcomes).toEqual([old, { status: "delivered" }, { status: "delivered" }, old, old]);
    expect(dataOf(sent[0]).map(({ event_name }) => event_name)).toEqual(["b", "c"]);
  });

  it("is not made where all is too old", async () => {
    const { fetch, sent } = vendor();
    await meta.send(bodies({ event_time: 1 }), context(fetch));
    expect(sent).toEqual([]);
  });

  it.each([
    "https://evil.example",
    "https://facebook.com.evil.example",
    "http://graph.facebook.com",
    "https://10.0.0.1",
  ])("is never made to %s", async (endpoint) => {
    const { fetch, sent } = vendor();
    const outcomes = await meta.send(bodies({}), context(fetch, { settings: { ...parsed, endpoint } }));
    expect(outcomes).toMatchObject([{ status: "failed", code: "unsafe_url" }]);
    expect(await meta.health(context(fetch, { settings: { ...parsed, endpoint } }))).toMatchObject({
      status: "misconfigured",
    });
    expect(sent).toEqual([]);
  });
});

describe("an answer", () => {
  const usage = (minutes: number) => ({
    "x-business-use-case-usage": JSON.stringify({ "1": [{ estimated_time_to_regain_access: minutes }] }),
  });

  it.each<[string, () => Response, object]>([
    [
      "a token that is no more",
      () => graphError(400, { code: 190 }),
      { status: "unauthorized", detail: "meta_190" },
    ],
    ["no permission", () => graphError(403, { code: 200 }), { status: "unauthorized", detail: "meta_200" }],
    [
      "no such dataset",
      () => graphError(400, { code: 100, error_subcode: 33 }),
      { status: "unauthorized", detail: "meta_100" },
    ],
    [
      "a version that is off",
      () => graphError(400, { code: 2635 }),
      { status: "unauthorized", detail: "meta_2635" },
    ],
    [
      "a limit, as a 400 with its own header",
      () => graphError(400, { code: 80004 }, usage(3)),
      { status: "retry", code: "meta_80004", afterSeconds: 180 },
    ],
    [
      "a limit without a word on how long",
      () => graphError(400, { code: 613 }, { "x-business-use-case-usage": "{" }),
      { status: "retry", code: "meta_613", afterSeconds: 300 },
    ],
    ["a passing error", () => graphError(500, { code: 2 }), { status: "retry", code: "meta_2" }],
    [
      "a passing error of another code",
      () => graphError(400, { code: 999, is_transient: true }),
      { status: "retry", code: "meta_999" },
    ],
    [
      "an error inside a 200",
      () => graphError(200, { code: 190 }),
      { status: "unauthorized", detail: "meta_190" },
    ],
    [
      "a wrong field",
      () => graphError(400, { code: 100, error_subcode: 2804003 }),
      { status: "failed", code: "meta_100", detail: "subcode 2804003 trace Abc" },
    ],
    ["HTML", () => new Response("<html>"), { status: "retry", code: "answer_not_json" }],
    ["nothing", () => new Response(""), { status: "retry", code: "answer_empty" }],
    ["something else", () => json(200, { ok: true }), { status: "retry", code: "answer_unexpected" }],
    ["a count of none", () => json(200, { events_received: 0 }), { status: "retry", code: "not_received" }],
    ["a count of more", () => json(200, { events_received: 2 }), { status: "retry", code: "not_received" }],
    [
      "a redirect",
      () => new Response(null, { status: 302 }),
      { status: "failed", code: "redirected", detail: "http_302" },
    ],
    [
      "a gateway's 502",
      () => new Response("bad gateway", { status: 502 }),
      { status: "retry", code: "http_502" },
    ],
    [
      "an answer without an end",
      () => new Response("x".repeat(1_000_001)),
      { status: "retry", code: "answer_too_large" },
    ],
  ])("%s", async (_what, answer, outcome) => {
    const { fetch } = vendor(answer);
    expect(await meta.send(bodies({}), context(fetch))).toEqual([outcome]);
  });

  it("never gives a message of Meta's, which may hold a value", async () => {
    const { fetch } = vendor(() =>
      graphError(400, { code: 100, message: "ida@example.com", fbtrace_id: "ida@example.com" }),
    );
    expect(JSON.stringify(await meta.send(bodies({}), context(fetch)))).not.toContain("ida");
  });

  it("that refuses all for one is halved until that one stands alone", async () => {
    const poison = (sent: Sent) =>
      dataOf(sent).some(({ event_name }) => event_name === "bad")
        ? graphError(400, { code: 100 })
        : received(sent);
    const { fetch, sent } = vendor(poison);
    const many = bodies(...Array.from({ length: 20 }, (_, n) => ({ event_name: n === 7 ? "bad" : "good" })));
    const outcomes = await meta.send(many, context(fetch));
    expect(outcomes.map(({ status }) => status)).toEqual(
      many.map((_, n) => (n === 7 ? "failed" : "delivered")),
    );
    expect(sent.length).toBeLessThan(12);
  });

  it("that counts fewer than were sent is not taken for all", async () => {
    const lossy = (sent: Sent) =>
      json(200, { events_received: dataOf(sent).filter(({ event_name }) => event_name !== "lost").length });
    const { fetch } = vendor(lossy);
    const outcomes = await meta.send(bodies({}, { event_name: "lost" }, {}, {}), context(fetch));
    expect(outcomes).toEqual([
      { status: "delivered" },
      { status: "retry", code: "not_received" },
      { status: "delivered" },
      { status: "delivered" },
    ]);
  });

  it("of a limit ends all requests of the batch", async () => {
    const { fetch, sent } = vendor(
      () => graphError(400, { code: 100 }),
      () => graphError(400, { code: 4 }),
    );
    const outcomes = await meta.send(bodies({}, {}, {}, {}), context(fetch));
    expect(outcomes.every(({ status }) => status === "retry")).toBe(true);
    expect(sent).toHaveLength(2);
  });
});

describe("the health check", () => {
  it.each<[string, () => Response, object]>([
    ["the dataset's number", () => json(200, { id: "1234567890123456" }), { status: "ok" }],
    ["a wrong token", () => graphError(401, { code: 190 }), { status: "unauthorized", code: "meta_190" }],
    ["a token that may only send", () => graphError(403, { code: 200 }), { status: "unknown" }],
    ["a failure", () => graphError(500, { code: 2 }), { status: "unreachable", code: "meta_2" }],
    ["HTML", () => new Response("<html>"), { status: "unreachable", code: "answer_not_json" }],
    ["another error", () => graphError(400, { code: 100 }), { status: "misconfigured", code: "meta_100" }],
  ])("%s", async (_what, answer, health) => {
    const { fetch, sent } = vendor(answer);
    expect(await meta.health(context(fetch))).toMatchObject(health);
    expect(sent[0]?.url).not.toContain("EAA");
  });
});

it("an app's events are not taken for another's: Meta wants more of them than Doorstep knows", () => {
  const app = { ...settings, action_sources: { app: "app" } };
  expect(meta.settings.safeParse(app).success).toBe(false);
});
