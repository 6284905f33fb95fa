/** GA4's examples of e-commerce: run as tests, and shown in docs/destinations/ga4.md. */
import type { DestinationExample } from "../contract.ts";
import { exampleEvent } from "../example-event.ts";
import { client, page, sentAs, session, settings, timestamp_micros } from "./example.ts";
import type { Params } from "./limits.ts";
import type { Ga4Body } from "./map.ts";

type Properties = Record<string, unknown>;
type Line = [title: string, ours: string, properties: Properties, ga4: string, params: Params];

const gloves = { product_id: "wool-gloves", name: "Wool gloves", price: 39, quantity: 2 };
const sentGloves = { item_id: "wool-gloves", item_name: "Wool gloves", price: 39, quantity: 2 };
const skis = { product_id: "fjell-skis", price: 420 };
const sentSkis = { item_id: "fjell-skis", price: 420, quantity: 1 };
const cart = { value: 70, currency: "EUR", coupon: "WINTER10", items: [gloves] };
const sentCart = { value: 70, currency: "EUR", coupon: "WINTER10", items: [sentGloves] };
const banner = {
  promotion_id: "winter-sale",
  promotion_name: "Winter sale",
  creative_name: "skier",
  creative_slot: "home-top",
};

const LINES: Line[] = [
  [
    "A category was shown",
    "view_item_list",
    {
      list_id: "winter",
      list_name: "Winter",
      currency: "EUR",
      items: [
        { ...gloves, brand: "Fjell", index: 0 },
        { ...skis, index: 1 },
      ],
    },
    "view_item_list",
    {
      item_list_id: "winter",
      item_list_name: "Winter",
      currency: "EUR",
      items: [
        { ...sentGloves, item_brand: "Fjell", index: 0 },
        { ...sentSkis, index: 1 },
      ],
    },
  ],
  [
    "A product was chosen from a list",
    "select_item",
    { ...skis, currency: "EUR", list_id: "winter", index: 1 },
    "select_item",
    {
      item_list_id: "winter",
      currency: "EUR",
      items: [{ ...sentSkis, item_list_id: "winter", index: 1 }],
    },
  ],
  [
    "The page of a product",
    "view_item",
    { ...skis, currency: "EUR", variant: "178 cm" },
    "view_item",
    { value: 420, currency: "EUR", items: [{ ...sentSkis, item_variant: "178 cm" }] },
  ],
  [
    "A product without a price on the wish list",
    "add_to_wishlist",
    { product_id: "gift-card" },
    "add_to_wishlist",
    { items: [{ item_id: "gift-card", quantity: 1 }] },
  ],
  [
    "Two pairs of gloves in the cart",
    "add_to_cart",
    { ...gloves, currency: "EUR" },
    "add_to_cart",
    { value: 78, currency: "EUR", items: [sentGloves] },
  ],
  [
    "Two products in the cart at once, for less than their prices",
    "add_to_cart",
    { ...skis, value: 450, currency: "EUR", items: [gloves, skis] },
    "add_to_cart",
    { value: 450, currency: "EUR", items: [sentGloves, sentSkis] },
  ],
  [
    "Two products out of the cart at once: their value is added up",
    "remove_from_cart",
    { ...skis, currency: "EUR", items: [gloves, skis] },
    "remove_from_cart",
    { value: 498, currency: "EUR", items: [sentGloves, sentSkis] },
  ],
  ["The cart was looked at", "view_cart", cart, "view_cart", sentCart],
  [
    "A checkout whose items nobody told",
    "begin_checkout",
    { value: 70, currency: "EUR" },
    "begin_checkout",
    { value: 70, currency: "EUR", items: [{ item_id: "(not set)", price: 70, quantity: 1 }] },
  ],
  [
    "Shipping was chosen",
    "add_shipping_info",
    { ...cart, shipping_tier: "courier" },
    "add_shipping_info",
    { ...sentCart, shipping_tier: "courier" },
  ],
  [
    "A way of payment was chosen",
    "add_payment_info",
    { ...cart, payment_type: "card" },
    "add_payment_info",
    { ...sentCart, payment_type: "card" },
  ],
  ["A whole order was paid back", "refund", { order_id: "A-1001" }, "refund", { transaction_id: "A-1001" }],
  [
    "One line of an order was paid back",
    "refund",
    { order_id: "A-1002", value: 78, currency: "EUR", items: [gloves] },
    "refund",
    { transaction_id: "A-1002", value: 78, currency: "EUR", items: [sentGloves] },
  ],
  [
    "A banner was seen",
    "view_promotion",
    { ...banner, items: [skis] },
    "view_promotion",
    { ...banner, items: [sentSkis] },
  ],
  ["A banner was clicked", "select_promotion", banner, "select_promotion", banner],
];

export const commerceExamples: readonly DestinationExample<Ga4Body>[] = [
  {
    title: "A purchase, with consent for analytics only: no ads, and no trait of the person",
    settings,
    event: exampleEvent(
      "purchase",
      {
        order_id: "A-1001",
        value: 420,
        currency: "EUR",
        tax: 70,
        shipping: 0,
        coupon: "WINTER",
        items: [{ ...skis, name: "Fjell touring skis", category: "winter" }],
      },
      { consent: { ...exampleEvent("purchase", {}).consent, granted: ["analytics"] } },
    ),
    traits: { email: "ida@example.com" },
    expect: {
      status: "mapped",
      body: {
        ...client,
        consent: { ad_user_data: "DENIED", ad_personalization: "DENIED" },
        event: {
          name: "purchase",
          timestamp_micros,
          params: {
            ...session,
            ...page,
            transaction_id: "A-1001",
            value: 420,
            currency: "EUR",
            tax: 70,
            shipping: 0,
            coupon: "WINTER",
            items: [{ ...sentSkis, item_name: "Fjell touring skis", item_category: "winter" }],
          },
        },
      },
    },
  },
  ...LINES.map(([title, ours, properties, name, params]) => ({
    title,
    settings,
    event: exampleEvent(ours, properties),
    expect: sentAs(name, params),
  })),
];
