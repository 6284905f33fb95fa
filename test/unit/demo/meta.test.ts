/** The sandbox's own rules: it refuses what Meta documents as invalid, in Meta's form. */
import { beforeEach, describe, expect, it } from "vitest";
import { runningDemo } from "./running-demo.ts";

const demo = runningDemo();
beforeEach(() => demo.clear());

const hash = "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69";
const seconds = () => Math.floor(Date.now() / 1000);
const user_data = { em: [hash], client_user_agent: "Chrome/154" };
const event = (changes: Record<string, unknown> = {}) => ({
  event_name: "PageView",
  event_time: seconds(),
  event_id: "1",
  action_source: "website",
  event_source_url: "https://shop.example/",
  user_data,
  ...changes,
});
const send = (body: unknown, path = "/meta/v26.0/1234567890123456/events") =>
  demo.call(path, { body, headers: { "content-type": "application/json" } });
const errorOf = async (response: Response) =>
  ((await response.json()) as { error: { code: number; error_subcode?: number } }).error;
const sendEvents = (...data: unknown[]) => send({ data, access_token: "EAAsandbox" });

describe("an event", () => {
  it.each([
    ["a page view", {}],
    ["one of almost seven days ago", { event_time: seconds() - 604_000 }],
    ["a shop's of two months ago", { event_time: seconds() - 60 * 86_400, action_source: "physical_store" }],
    [
      "a server's without page and browser",
      { action_source: "other", event_source_url: undefined, user_data: { external_id: "7" } },
    ],
    [
      "a network address and a browser alone",
      { user_data: { client_ip_address: "203.0.113.9", client_user_agent: "x" } },
    ],
    [
      "a purchase",
      {
        event_name: "Purchase",
        custom_data: { value: 420, currency: "EUR", contents: [{ id: "skis", quantity: 1 }] },
      },
    ],
    [
      "limited data use",
      {
        data_processing_options: ["LDU"],
        data_processing_options_country: 1,
        data_processing_options_state: 1000,
      },
    ],
    [
      "a click id",
      {
        user_data: {
          ...user_data,
          fbc: "fb.1.1554763741205.IwAR2F4-dbP0l7Mn1",
          fbp: "fb.1.1558571054389.1098115397",
        },
      },
    ],
  ])("is taken: %s", async (_what, changes) => {
    const response = await sendEvents(event(changes));
    expect(await response.json()).toMatchObject({ events_received: 1, messages: [] });
    expect(await demo.received("meta")).toMatchObject([{ valid: true }]);
  });

  it.each<[string, Record<string, unknown>, number?]>([
    ["without a name", { event_name: undefined }],
    ["with an empty name", { event_name: "" }],
    ["without a time", { event_time: undefined }],
    ["with a time in milliseconds", { event_time: Date.now() }],
    ["with a time that is text", { event_time: "2026-11-20T10:00:00Z" }],
    ["of tomorrow", { event_time: seconds() + 86_400 }],
    ["of eight days ago", { event_time: seconds() - 8 * 86_400 }, 2804003],
    ["without a place of action", { action_source: undefined }],
    ["with a place that Meta does not know", { action_source: "web" }],
    ["of a website without its page", { event_source_url: undefined }],
    ["of a website without its browser", { user_data: { em: [hash] } }],
    ["without a person", { user_data: undefined }],
    ["of anybody", { user_data: { client_user_agent: "x", country: [hash] } }, 2804050],
    ["with an address in the clear", { user_data: { ...user_data, em: ["ida@example.com"] } }],
    ["with a hash in upper case", { user_data: { ...user_data, em: [hash.toUpperCase()] } }],
    ["with a phone number in the clear", { user_data: { ...user_data, ph: "421905123456" } }],
    ["with no network address", { user_data: { ...user_data, client_ip_address: "203.0.113" } }],
    ["with a click id in seconds", { user_data: { ...user_data, fbc: "fb.1.1554763741.abc" } }],
    ["with a currency that is none", { custom_data: { currency: "XQX" } }],
    ["with a value that is text", { custom_data: { value: "1", currency: "EUR" } }],
    ["of a purchase without its worth", { event_name: "Purchase", custom_data: { currency: "EUR" } }],
    ["with a kind of content that is none", { custom_data: { content_type: "article" } }],
    ["with a line without its product", { custom_data: { contents: [{ quantity: 1 }] } }],
    ["with an option that is none", { data_processing_options: ["ALL"] }],
    [
      "with a state but no country",
      { data_processing_options: ["LDU"], data_processing_options_state: 1000 },
    ],
  ])("is refused %s, and all that comes with it", async (_what, changes, subcode) => {
    const response = await sendEvents(event(), event({ event_id: "2", ...changes }));
    expect(response.status).toBe(400);
    const error = await errorOf(response);
    expect(error).toMatchObject({ type: "OAuthException", code: 100, is_transient: false });
    if (subcode !== undefined) expect(error.error_subcode).toBe(subcode);
    expect(await demo.received("meta")).toMatchObject([{ valid: false }]);
    expect(await (await sendEvents(event())).json()).toMatchObject({ events_received: 1 });
    expect((await demo.received("meta"))[1]).toMatchObject({ duplicates: 0 });
  });
});

describe("a request", () => {
  it.each([
    ["no token", { data: [event()] }, undefined, 190],
    ["another token", { data: [event()], access_token: "EAAother" }, undefined, 190],
    ["another dataset", { data: [event()], access_token: "EAAsandbox" }, "/meta/v26.0/99999/events", 100],
    [
      "a version that is off",
      { data: [event()], access_token: "EAAsandbox" },
      "/meta/v12.0/1234567890123456/events",
      2635,
    ],
    ["no event", { data: [], access_token: "EAAsandbox" }, undefined, 100],
    ["one event that is no list", { data: event(), access_token: "EAAsandbox" }, undefined, 100],
    [
      "1,001 events",
      { data: Array.from({ length: 1001 }, () => event()), access_token: "EAAsandbox" },
      undefined,
      100,
    ],
  ])("with %s is refused", async (_what, body, path, code) => {
    const response = await send(body, path);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await errorOf(response)).toMatchObject({ code, fbtrace_id: expect.any(String) });
  });

  it("may have its token in the address or a header", async () => {
    const address = await send(
      { data: [event()] },
      "/meta/v26.0/1234567890123456/events?access_token=EAAsandbox",
    );
    expect(address.status).toBe(200);
    const header = await demo.get("/meta/v26.0/1234567890123456", { authorization: "Bearer EAAsandbox" });
    expect(await header.json()).toEqual({ id: "1234567890123456" });
  });

  it("has a repetition once by name and id, and another name again", async () => {
    await sendEvents(event(), event(), event({ event_name: "Lead" }), event({ event_id: undefined }));
    await sendEvents(event());
    expect(await demo.received("meta")).toMatchObject([
      { events: 4, duplicates: 1 },
      { events: 1, duplicates: 1 },
    ]);
  });
});
