/** E-commerce data of GA4 become the properties of our contracts: every value that is read is one that they take. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EVENT_CONTRACTS } from "../../../contracts/registry.ts";
import { ecommerceEvents } from "../../../src/browser/more/data-layer-entries.ts";
import { canonical } from "../../../src/browser/more/ecommerce.ts";
import type { EcommerceName } from "../../../src/browser/types.ts";

const NAMES: EcommerceName[] = [
  "view_promotion",
  "select_promotion",
  "view_item_list",
  "select_item",
  "view_item",
  "add_to_wishlist",
  "add_to_cart",
  "remove_from_cart",
  "view_cart",
  "begin_checkout",
  "add_shipping_info",
  "add_payment_info",
  "purchase",
  "refund",
];

/** What may stand in place of a value. */
const value = fc.oneof(
  fc.anything({ maxDepth: 1 }),
  fc.constantFrom("", " ", "19.90", "-1", "1e400", "eur", "EUR", "Infinity", Number.NaN, 0, 1.5, -1, 1e13),
  fc.string({ minLength: 250, maxLength: 600 }),
);
const FIELDS = [
  "value",
  "currency",
  "tax",
  "shipping",
  "coupon",
  "shipping_tier",
  "payment_type",
  "item_list_id",
  "item_list_name",
  "promotion_id",
  "promotion_name",
  "creative_name",
  "creative_slot",
];
const ITEM_FIELDS = [
  "item_id",
  "item_name",
  "item_category",
  "item_brand",
  "item_variant",
  "price",
  "quantity",
  "discount",
  "index",
  "coupon",
  "item_list_id",
  "product_id",
];
const recordOf = (names: string[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });

describe("every e-commerce event", () => {
  it.each(NAMES)(
    "%s fits its contract whatever the page's values are, if it has what is required",
    (name) => {
      const items = fc.oneof(
        fc.anything(),
        fc.array(fc.oneof(recordOf(ITEM_FIELDS), fc.anything()), { maxLength: 5 }),
      );
      fc.assert(
        fc.property(recordOf(FIELDS), items, (data, lines) => {
          const required = {
            ...(["purchase", "refund"].includes(name) && {
              transaction_id: "A-1",
              value: 1,
              currency: "EUR",
            }),
          };
          const properties = canonical(name, { ...data, items: lines, ...required });
          const hasProduct =
            !("product_id" in EVENT_CONTRACTS[name].properties.shape) || properties.product_id !== undefined;
          if (hasProduct) expect(EVENT_CONTRACTS[name].properties.parse(properties)).toBeTruthy();
        }),
      );
    },
  );

  it.each(NAMES)("%s keeps every value of the contract's own examples", (name) => {
    for (const { properties } of EVENT_CONTRACTS[name].examples)
      expect(canonical(name, properties)).toEqual(properties);
  });

  it("is anything but an error", () => {
    fc.assert(fc.property(fc.constantFrom(...NAMES), fc.anything(), (name, data) => !!canonical(name, data)));
  });
});

describe("GA4's names", () => {
  it("become ours", () => {
    expect(
      canonical("purchase", {
        transaction_id: "A-1001",
        affiliation: "web",
        value: "420.50",
        currency: " eur ",
        shipping: 0,
        items: [
          {
            item_id: 77,
            item_name: "Fjell touring skis",
            item_brand: "Fjell",
            item_category: "winter",
            item_variant: "170 cm",
            item_list_id: "home",
            price: 420.5,
            quantity: "1",
            index: 0,
            discount: 10,
          },
        ],
      }),
    ).toEqual({
      order_id: "A-1001",
      value: 420.5,
      currency: "EUR",
      shipping: 0,
      items: [
        {
          product_id: "77",
          name: "Fjell touring skis",
          brand: "Fjell",
          category: "winter",
          variant: "170 cm",
          list_id: "home",
          price: 420.5,
          quantity: 1,
          index: 0,
          discount: 10,
        },
      ],
    });
  });

  it("of a promotion may stand with its first item", () => {
    const promotion = { promotion_id: "winter", creative_slot: "top" };
    expect(canonical("view_promotion", { items: [{ item_id: "a", ...promotion }] })).toEqual({
      ...promotion,
      items: [{ product_id: "a" }],
    });
  });
});

describe("the data layer", () => {
  const read = (...entries: unknown[]): [string, object][] => {
    const heard: [string, object][] = [];
    const reader = ecommerceEvents((name, data) => heard.push([name, data]));
    for (const entry of entries) reader(entry);
    return heard;
  };

  it("keeps what was said of e-commerce until it is reset", () => {
    expect(
      read(
        { ecommerce: { currency: "EUR" } },
        { event: "view_cart", ecommerce: { value: 1 } },
        { event: "login", ecommerce: { value: 2 } },
        { event: "view_cart" },
        { ecommerce: null },
        { event: "view_cart", value: 3 },
      ),
    ).toEqual([
      ["view_cart", { currency: "EUR", value: 1 }],
      ["view_cart", { currency: "EUR", value: 2 }],
      ["view_cart", { event: "view_cart", value: 3 }],
    ]);
  });

  it("has gtag's calls as their arguments", () => {
    const gtag = function (..._: unknown[]) {
      // biome-ignore lint/complexity/noArguments: what gtag pushes is this very object
      return arguments;
    } as (...call: unknown[]) => unknown;
    expect(
      read(
        gtag("event", "refund", { transaction_id: "A" }),
        gtag("event", "page_view"),
        gtag("set", "purchase"),
        ["event", "purchase"],
      ),
    ).toEqual([
      ["refund", { transaction_id: "A" }],
      ["purchase", {}],
    ]);
  });
});
