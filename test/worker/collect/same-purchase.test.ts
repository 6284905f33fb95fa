/**
 * A purchase is a `purchase`, with the same numbers, whoever sends it: every protocol and the browser script's own reading
 * of GA4's objects are given the same order, and one that cannot be taken is refused by all, with what was wrong kept.
 */
import { describe, expect, it } from "vitest";
import { checkEvent } from "#collect/check";
import type { IncomingEvent, Protocol } from "#collect/protocols/protocol";
import { PROTOCOLS } from "#collect/protocols/registry";
import { canonical } from "../../../src/browser/more/ecommerce.ts";
import { type Asked, NOW, parse } from "./parsing.ts";

interface Order {
  id?: unknown;
  value?: unknown;
  currency?: unknown;
  tax?: unknown;
  shipping?: unknown;
  coupon?: unknown;
  product?: unknown;
  price?: unknown;
  quantity?: unknown;
}

const WHO = { anonymousId: "a-1", messageId: "m-1" };
const ECOMMERCE = "iglu:com.snowplowanalytics.snowplow.ecommerce";

/** As Segment's specification has it. */
const ordered = (o: Order) => ({
  order_id: o.id,
  total: o.value,
  currency: o.currency,
  tax: o.tax,
  shipping: o.shipping,
  coupon: o.coupon,
  products: [{ product_id: o.product, price: o.price, quantity: o.quantity }],
});

/** As GA4 has it. */
const bought = (o: Order) => ({
  transaction_id: o.id,
  value: o.value,
  currency: o.currency,
  tax: o.tax,
  shipping: o.shipping,
  coupon: o.coupon,
  items: [{ item_id: o.product, price: o.price, quantity: o.quantity }],
});

const stated = (fields: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  );
const query = (fields: Record<string, unknown>) => new URLSearchParams(stated(fields)).toString();
const schema = (name: string, data: unknown) => ({ schema: `${ECOMMERCE}/${name}/jsonschema/1-0-0`, data });
const track = (o: Order) => ({ ...WHO, type: "track", event: "Order Completed", properties: ordered(o) });

const SENDERS: Record<string, { protocol: Protocol; asked(o: Order): Asked }> = {
  native: {
    protocol: PROTOCOLS.native,
    asked: (o) => ({
      path: "/events",
      body: {
        events: [
          {
            id: "n-1",
            name: "purchase",
            occurred_at: "2026-11-22T10:00:00.000Z",
            properties: canonical("purchase", bought(o)),
          },
        ],
      },
    }),
  },
  segment: { protocol: PROTOCOLS.segment, asked: (o) => ({ path: "/v1/track", body: track(o) }) },
  rudderstack: {
    protocol: PROTOCOLS.rudderstack,
    asked: (o) => ({ path: "/beacon/v1/batch", body: { batch: [track(o)] } }),
  },
  jitsu: {
    protocol: PROTOCOLS.jitsu,
    asked: (o) => ({ path: "/api/s/:type", params: { type: "track" }, body: track(o) }),
  },
  "GA4's tag": {
    protocol: PROTOCOLS.ga4,
    asked: (o) => {
      const { transaction_id, value, currency, tax, shipping, coupon } = bought(o);
      const item = Object.entries(stated({ id: o.product, pr: o.price, qt: o.quantity }));
      return {
        path: "/g/collect",
        query: query({ tid: "G-1", cid: "1.2", _p: "1", _s: "1" }),
        body: query({
          en: "purchase",
          cu: currency,
          "ep.transaction_id": transaction_id,
          "epn.value": value,
          "epn.tax": tax,
          "epn.shipping": shipping,
          "ep.coupon": coupon,
          pr1: item.map(([code, text]) => code + text).join("~"),
        }),
      };
    },
  },
  "GA4's Measurement Protocol": {
    protocol: PROTOCOLS.ga4,
    asked: (o) => ({
      path: "/mp/collect",
      body: JSON.stringify({ client_id: "1.2", events: [{ name: "purchase", params: bought(o) }] }),
    }),
  },
  "Snowplow's e-commerce plugin": {
    protocol: PROTOCOLS.snowplow,
    asked: (o) => ({
      path: "/i",
      method: "GET",
      query: query({
        e: "ue",
        eid: "s-1",
        tv: "js-4",
        p: "web",
        ue_pr: JSON.stringify({ data: schema("snowplow_ecommerce_action", { type: "transaction" }) }),
        co: JSON.stringify({
          data: [
            schema("transaction", {
              transaction_id: o.id,
              revenue: o.value,
              currency: o.currency,
              tax: o.tax,
              shipping: o.shipping,
              discount_code: o.coupon,
            }),
            schema("product", { id: o.product, price: o.price, quantity: o.quantity }),
          ],
        }),
      }),
    }),
  },
};

const GOOD: Order = {
  id: "A-1",
  value: 39.9,
  currency: "EUR",
  tax: 6.5,
  shipping: 4.9,
  coupon: "W",
  product: "gloves",
  price: 35,
  quantity: 2,
};
const PURCHASE = {
  order_id: "A-1",
  value: 39.9,
  currency: "EUR",
  tax: 6.5,
  shipping: 4.9,
  coupon: "W",
  items: [{ product_id: "gloves", price: 35, quantity: 2 }],
};
const without = <T extends object>(whole: T, ...names: (keyof T)[]): Partial<T> =>
  Object.fromEntries(
    Object.entries(whole).filter(([name]) => !names.includes(name as keyof T)),
  ) as Partial<T>;

function read(sender: string, order: Order): IncomingEvent {
  const given = SENDERS[sender];
  if (!given) throw new Error(`there is no ${sender}`);
  const { events, unreadable } = parse(given.protocol, given.asked(order));
  expect(unreadable).toEqual([]);
  expect(events).toHaveLength(1);
  return events[0] as IncomingEvent; // just counted
}

describe.each(Object.keys(SENDERS))("an order by %s", (sender) => {
  it.each<[string, Order, Record<string, unknown>]>([
    ["as it should be", {}, {}],
    ["with texts for numbers", { value: "39.90", tax: "6.5", price: "35", quantity: "2" }, {}],
    ["with a number for an id", { id: 1001, product: 7 }, { order_id: "1001", product: "7" }],
    ["that cost nothing", { value: 0, tax: 0, shipping: "0" }, { value: 0, tax: 0, shipping: 0 }],
    ["with a currency in lower case, and a blank", { currency: "eur " }, {}],
    ["with a part of a piece", { quantity: 1.5 }, { quantity: undefined }],
    ["with none of something", { quantity: 0 }, { quantity: undefined }],
    ["with a price below nothing", { price: -5 }, { price: undefined }],
    ["with a tax that is none", { tax: "-1", shipping: "free" }, { tax: undefined, shipping: undefined }],
    ["with a long coupon", { coupon: "x".repeat(80) }, { coupon: "x".repeat(64) }],
  ])("%s is the same purchase", (_, given, differs) => {
    const event = read(sender, { ...GOOD, ...given });
    const check = checkEvent(event, undefined, NOW, new Set());
    expect(check).toMatchObject({ ok: true });
    const { product, price, quantity, ...own } = { product: "gloves", price: 35, quantity: 2, ...differs };
    const line = without({ product_id: product, price, quantity });
    expect(event.name).toBe("purchase");
    expect(JSON.parse(JSON.stringify(event.properties))).toEqual(
      JSON.parse(JSON.stringify({ ...PURCHASE, ...own, items: [line] })),
    );
  });

  it.each<[string, Order, string]>([
    ["of less than nothing", { value: -1 }, "value"],
    ["whose value has a comma", { value: "39,90" }, "value"],
    ["without a currency", { currency: undefined }, "currency"],
    ["in a sign, not a currency", { currency: "€" }, "currency"],
    ["without an id", { id: undefined }, "order_id"],
    ["with an id too long to be one", { id: "x".repeat(200) }, "order_id"],
  ])("%s is refused by this field, which is kept as it came", (_, given, field) => {
    const event = read(sender, { ...GOOD, ...given });
    const check = checkEvent(event, undefined, NOW, new Set());
    expect(check).toMatchObject({
      ok: false,
      code: "invalid_event",
      issues: [{ path: `properties.${field}` }],
    });
    const [value] = Object.values(given);
    const kept = (event.properties as Record<string, unknown>)[field];
    expect(kept === undefined ? undefined : String(kept)).toBe(
      value === undefined ? undefined : String(value),
    );
  });
});

describe("a refund whose amount cannot be read", () => {
  it.each<[string, Protocol, Asked]>([
    [
      "Segment",
      PROTOCOLS.segment,
      {
        path: "/v1/track",
        body: { ...WHO, event: "Order Refunded", properties: { order_id: "A-1", total: -39 } },
      },
    ],
    [
      "GA4",
      PROTOCOLS.ga4,
      {
        path: "/mp/collect",
        body: JSON.stringify({
          client_id: "1.2",
          events: [{ name: "refund", params: { transaction_id: "A-1", value: -39 } }],
        }),
      },
    ],
    [
      "Snowplow",
      PROTOCOLS.snowplow,
      {
        path: "/i",
        method: "GET",
        query: query({
          e: "ue",
          ue_pr: JSON.stringify({ data: schema("snowplow_ecommerce_action", { type: "refund" }) }),
          co: JSON.stringify({ data: [schema("refund", { transaction_id: "A-1", refund_amount: -39 })] }),
        }),
      },
    ],
    [
      "the browser script",
      PROTOCOLS.native,
      {
        path: "/events",
        body: {
          events: [
            {
              id: "n-1",
              name: "refund",
              occurred_at: "2026-11-22T10:00:00.000Z",
              properties: canonical("refund", { transaction_id: "A-1", value: -39 }),
            },
          ],
        },
      },
    ],
  ])("by %s does not become one of the whole order", (_, protocol, asked) => {
    const [event] = parse(protocol, asked).events;
    expect(event).toMatchObject({ name: "refund", properties: { order_id: "A-1", value: -39 } });
    expect(checkEvent(event as IncomingEvent, undefined, NOW, new Set())).toMatchObject({
      ok: false,
      issues: [{ path: "properties.value" }],
    });
  });
});
