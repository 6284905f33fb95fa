import { beforeEach, describe, expect, it } from "vitest";
import { validationResponse } from "../../../demo/sandbox/ga4/schemas.ts";
import { runningDemo } from "./running-demo.ts";

const demo = runningDemo();
beforeEach(() => demo.clear());

const view = {
  name: "page_view",
  params: { page_location: "https://example.com/", session_id: "1", engagement_time_msec: 1 },
};
const purchase = { transaction_id: "FF-1", currency: "EUR", value: 189, items: [{ item_id: "skarn" }] };
const sent = (events: unknown[], more: Record<string, unknown> = {}) => ({
  client_id: "123.456",
  events,
  ...more,
});
const microsAgo = (hours: number) => (Date.now() - hours * 3_600_000) * 1000;
const many = (count: number, prefix: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, "x"]));

async function verdict() {
  const [record] = await demo.received("ga4");
  return {
    valid: record?.valid,
    codes: record?.validationMessages?.map(
      ({ fieldPath, validationCode }) => `${validationCode} ${fieldPath}`,
    ),
  };
}

describe("the production endpoint", () => {
  it.each([
    ["a page view", sent([view])],
    ["a purchase", sent([{ name: "purchase", params: purchase }])],
    [
      "consent and user properties",
      sent([view], {
        consent: { ad_user_data: "GRANTED", ad_personalization: "DENIED" },
        user_properties: { tier: { value: "loyal" } },
      }),
    ],
    ["an event of three days ago, less an hour", sent([view], { timestamp_micros: microsAgo(71) })],
    [
      "a long page_location",
      sent([{ name: "page_view", params: { page_location: `https://example.com/${"x".repeat(900)}` } }]),
    ],
  ])("answers 204 to %s and notes it as valid", async (_what, body) => {
    const response = await demo.ga4(body);
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
    expect(await verdict()).toEqual({ valid: true, codes: [] });
  });

  it.each([
    ["not JSON", "{", "VALUE_INVALID "],
    ["no client_id", { events: [view] }, "VALUE_REQUIRED client_id"],
    ["no events", sent([]), "VALUE_REQUIRED events"],
    ["26 events", sent(Array.from({ length: 26 }, () => view)), "EXCEEDED_MAX_ENTITIES events"],
    [
      "26 parameters",
      sent([{ name: "page_view", params: many(26, "p") }]),
      "EXCEEDED_MAX_ENTITIES events[0].params",
    ],
    ["a name of 41 characters", sent([{ name: "e".repeat(41) }]), "NAME_INVALID events[0].name"],
    ["a name with a space", sent([{ name: "page view" }]), "NAME_INVALID events[0].name"],
    [
      "a parameter name of 41 characters",
      sent([{ name: "x", params: { ["p".repeat(41)]: 1 } }]),
      `NAME_INVALID events[0].params.${"p".repeat(41)}`,
    ],
    [
      "a value of 101 characters",
      sent([{ name: "x", params: { label: "v".repeat(101) } }]),
      "VALUE_OUT_OF_BOUNDS events[0].params.label",
    ],
    [
      "an object for a value",
      sent([{ name: "x", params: { deep: { a: 1 } } }]),
      "VALUE_INVALID events[0].params.deep",
    ],
    ["a screen on a web stream", sent([{ name: "screen_view" }]), "NAME_RESERVED events[0].name"],
    ["a reserved event", sent([{ name: "session_start" }]), "NAME_RESERVED events[0].name"],
    [
      "a reserved prefix",
      sent([{ name: "x", params: { ga_thing: 1 } }]),
      "NAME_RESERVED events[0].params.ga_thing",
    ],
    [
      "a body of 130 kB",
      sent([{ name: "x", params: { page_location: "x".repeat(130_000) } }]),
      "VALUE_OUT_OF_BOUNDS ",
    ],
    [
      "an event of 73 hours ago",
      sent([view], { timestamp_micros: microsAgo(73) }),
      "VALUE_OUT_OF_BOUNDS timestamp_micros",
    ],
    [
      "one old event among others",
      sent([view, { ...view, timestamp_micros: microsAgo(80) }]),
      "VALUE_OUT_OF_BOUNDS events[1].timestamp_micros",
    ],
    [
      "a time in milliseconds far ahead",
      sent([view], { timestamp_micros: microsAgo(-24) }),
      "VALUE_INVALID timestamp_micros",
    ],
    [
      "another word for consent",
      sent([view], { consent: { ad_user_data: "granted" } }),
      "VALUE_INVALID consent.ad_user_data",
    ],
    [
      "a type of consent that the protocol does not have",
      sent([view], { consent: { ad_user_data: "GRANTED", ad_storage: "GRANTED" } }),
      "VALUE_INVALID consent",
    ],
    ["a consent that is none", sent([view], { consent: "GRANTED" }), "VALUE_INVALID consent"],
    [
      "a purchase without its id",
      sent([{ name: "purchase", params: { ...purchase, transaction_id: undefined } }]),
      "VALUE_REQUIRED events[0].params.transaction_id",
    ],
    [
      "a purchase without currency",
      sent([{ name: "purchase", params: { ...purchase, currency: undefined } }]),
      "VALUE_REQUIRED events[0].params.currency",
    ],
    [
      "a purchase without items",
      sent([{ name: "purchase", params: { ...purchase, items: [] } }]),
      "VALUE_REQUIRED events[0].params.items",
    ],
    [
      "a list without items",
      sent([{ name: "view_item_list", params: { item_list_id: "winter" } }]),
      "VALUE_REQUIRED events[0].params.items",
    ],
    ["a refund of no order", sent([{ name: "refund" }]), "VALUE_REQUIRED events[0].params.transaction_id"],
    [
      "an item without id and name",
      sent([{ name: "purchase", params: { ...purchase, items: [{ price: 1 }] } }]),
      "VALUE_REQUIRED events[0].params.items[0]",
    ],
    [
      "a value that is text",
      sent([{ name: "purchase", params: { ...purchase, value: "189" } }]),
      "VALUE_INVALID events[0].params.value",
    ],
    [
      "a user id of more than 256 characters",
      sent([view], { user_id: "x".repeat(257) }),
      "VALUE_INVALID user_id",
    ],
    [
      "a reserved user property",
      sent([view], { user_properties: { user_id: { value: "1" } } }),
      "NAME_RESERVED user_properties.user_id",
    ],
  ])("still answers 204 to %s, and notes why it is not valid", async (_what, body, code) => {
    expect((await demo.ga4(body)).status).toBe(204);
    const { valid, codes } = await verdict();
    expect(valid).toBe(false);
    expect(codes).toContain(code);
  });

  it.each([
    ["measurement_id=G-OTHER&api_secret=ga4-demo", "VALUE_INVALID measurement_id"],
    ["api_secret=ga4-demo", "VALUE_REQUIRED measurement_id"],
    ["measurement_id=G-DEMO&api_secret=wrong", "VALUE_INVALID api_secret"],
  ])("notes a wrong address: %s", async (query, code) => {
    expect((await demo.ga4(sent([view]), query)).status).toBe(204);
    expect((await verdict()).codes).toEqual([code]);
  });
});

describe("the validation server", () => {
  it("answers its messages and does not look at the secret", async () => {
    const debug = "/ga4/debug/mp/collect";
    const good = await demo.ga4(sent([view]), "measurement_id=G-DEMO&api_secret=any", debug);
    expect(validationResponse.parse(await good.json())).toEqual({ validationMessages: [] });
    const bad = await demo.ga4(sent([{ name: "_x" }]), "measurement_id=G-DEMO", debug);
    expect(bad.status).toBe(200);
    expect(validationResponse.parse(await bad.json()).validationMessages).toMatchObject([
      { fieldPath: "events[0].name", validationCode: "NAME_RESERVED" },
    ]);
    expect((await demo.received("ga4")).map((record) => [record.path, Reflect.get(record, "debug")])).toEqual(
      [
        [debug, true],
        [debug, true],
      ],
    );
  });
});
