/** Meta's examples of each event, on a page: run as tests, and shown in docs/destinations/meta.md. */
import type { DestinationExample, MapResult } from "../contract.ts";
import { sentAs, settings, skipped, viewed } from "./example.ts";
import type { MetaBody } from "./map.ts";

type Properties = Record<string, unknown>;
type Line = [title: string, ours: string, properties: Properties, expect: MapResult<MetaBody>];

const gloves = { product_id: "wool-gloves", name: "Wool gloves", price: 39, quantity: 2 };
const skis = { product_id: "fjell-skis", price: 420 };
const sentGloves = { id: "wool-gloves", quantity: 2, item_price: 39 };
const sentSkis = { id: "fjell-skis", quantity: 1, item_price: 420 };
const cart = { value: 70, currency: "EUR", coupon: "WINTER10", items: [gloves] };
const sentCart = {
  value: 70,
  currency: "EUR",
  coupon: "WINTER10",
  content_type: "product",
  content_ids: ["wool-gloves"],
  contents: [sentGloves],
};
const banner = { promotion_id: "winter-sale", promotion_name: "Winter sale", creative_slot: "home-top" };
const oneSkis = { content_type: "product", content_ids: ["fjell-skis"], contents: [sentSkis] };

const LINES: Line[] = [
  [
    "A page view with content",
    "page_view",
    {
      content: {
        content_id: "first-winter",
        content_type: "article",
        topic: "winter",
        taxonomy: ["winter", "beginners"],
      },
    },
    sentAs("PageView", {
      content_id: "first-winter",
      content_kind: "article",
      content_category: "winter",
      content_taxonomy: "winter,beginners",
    }),
  ],
  [
    "Half a minute of reading",
    "page_ping",
    { engaged_seconds: 30, max_scroll: 60 },
    sentAs("page_ping", { engaged_seconds: 30, max_scroll: 60 }),
  ],
  [
    "An offer was seen",
    "content_impression",
    { slot: "hero", offer: "winter-hero" },
    sentAs("content_impression", { slot: "hero", offer: "winter-hero" }),
  ],
  [
    "A click on the hero's button",
    "cta_click",
    { cta_id: "hero-cta", label: "See the skis", slot: "hero" },
    sentAs("cta_click", { cta_id: "hero-cta", label: "See the skis", slot: "hero" }),
  ],
  [
    "A link to another site",
    "link_click",
    { link_url: "https://weather.example/oslo", outbound: true },
    sentAs("link_click", { link_url: "https://weather.example/oslo", outbound: true }),
  ],
  ["Half of an article was read", "scroll", { percent: 50 }, sentAs("scroll", { percent: 50 })],
  [
    "A search on the site",
    "search",
    { search_term: "gloves", results: 12 },
    sentAs("Search", { search_string: "gloves", results: 12 }),
  ],
  [
    "A shared product",
    "share",
    { method: "link", product_id: "fjell-skis" },
    sentAs("share", {
      method: "link",
      content_type: "product",
      content_ids: ["fjell-skis"],
      contents: [{ id: "fjell-skis", quantity: 1 }],
    }),
  ],
  [
    "A lead at a fair",
    "generate_lead",
    { lead_source: "ISPO 2026", value: 50, currency: "EUR" },
    sentAs("Lead", { lead_source: "ISPO 2026", value: 50, currency: "EUR" }),
  ],
  ["A banner was seen", "view_promotion", banner, sentAs("view_promotion", banner)],
  [
    "A banner was clicked",
    "select_promotion",
    { ...banner, items: [skis] },
    sentAs("select_promotion", { ...banner, ...oneSkis }),
  ],
  [
    "A category was shown",
    "view_item_list",
    { list_id: "winter", list_name: "Winter", currency: "EUR", items: [gloves, skis] },
    sentAs("view_item_list", {
      list_id: "winter",
      list_name: "Winter",
      currency: "EUR",
      content_type: "product",
      content_ids: ["wool-gloves", "fjell-skis"],
      contents: [sentGloves, sentSkis],
    }),
  ],
  [
    "A product was chosen from a list",
    "select_item",
    { ...skis, currency: "EUR", list_id: "winter", index: 1 },
    sentAs("select_item", { list_id: "winter", index: 1, ...oneSkis, value: 420, currency: "EUR" }),
  ],
  [
    "The page of a product",
    "view_item",
    { ...gloves, category: "winter", currency: "EUR" },
    sentAs("ViewContent", {
      content_name: "Wool gloves",
      content_category: "winter",
      content_type: "product",
      content_ids: ["wool-gloves"],
      contents: [sentGloves],
      value: 78,
      currency: "EUR",
    }),
  ],
  [
    "A wish",
    "add_to_wishlist",
    { ...skis, currency: "EUR" },
    sentAs("AddToWishlist", { ...oneSkis, value: 420, currency: "EUR" }),
  ],
  [
    "Two products put into the cart at once",
    "add_to_cart",
    { ...gloves, value: 498, currency: "EUR", items: [gloves, skis] },
    sentAs("AddToCart", {
      content_name: "Wool gloves",
      content_type: "product",
      content_ids: ["wool-gloves", "fjell-skis"],
      contents: [sentGloves, sentSkis],
      value: 498,
      currency: "EUR",
    }),
  ],
  [
    "A product taken out of the cart",
    "remove_from_cart",
    { ...skis, currency: "EUR" },
    sentAs("remove_from_cart", { ...oneSkis, value: 420, currency: "EUR" }),
  ],
  ["The cart was looked at", "view_cart", cart, sentAs("view_cart", sentCart)],
  ["A checkout was begun", "begin_checkout", cart, sentAs("InitiateCheckout", { ...sentCart, num_items: 2 })],
  [
    "The way of shipping",
    "add_shipping_info",
    { ...cart, shipping_tier: "courier" },
    sentAs("add_shipping_info", { ...sentCart, shipping_tier: "courier" }),
  ],
  [
    "The way of payment",
    "add_payment_info",
    { ...cart, payment_type: "card" },
    sentAs("AddPaymentInfo", { ...sentCart, payment_type: "card" }),
  ],
  [
    "An order",
    "purchase",
    { order_id: "A-1001", value: 420, currency: "EUR", shipping: 9, items: [skis] },
    sentAs("Purchase", { order_id: "A-1001", value: 420, currency: "EUR", shipping: 9, ...oneSkis }),
  ],
  ["A whole order was paid back", "refund", { order_id: "A-1001" }, sentAs("refund", { order_id: "A-1001" })],
  ["A log-in", "login", { method: "password" }, sentAs("login", { method: "password" })],
  [
    "An event without a contract, by a standard name of Meta's",
    "custom",
    {
      event: "Subscribe",
      fields: { plan: "gold", trial: true, value: 10, currency: "EUR", contents: "mine" },
    },
    sentAs("Subscribe", { plan: "gold", trial: true, value: 10, currency: "EUR" }),
  ],
  [
    "A name of more than 50 characters is cut",
    "custom",
    { event: "x".repeat(60) },
    sentAs("x".repeat(50), {}),
  ],
  [
    "A purchase without a contract, which does not say what it was worth",
    "custom",
    { event: "Purchase" },
    { status: "failed", code: "purchase_without_value" },
  ],
  [
    "An event without a contract, by a name that has one",
    "custom",
    { event: "purchase" },
    skipped("reserved_name"),
  ],
  [
    "Screens are an app's: Meta wants them from its SDK",
    "screen_view",
    { screen_name: "Home" },
    skipped("app_event"),
  ],
  [
    "Meta has no use for a consent decision",
    "consent_update",
    { analytics: "granted" },
    skipped("no_meta_event"),
  ],
  ["Meta has no use for traits alone", "identify", {}, skipped("no_meta_event")],
  ["Meta has no use for accounts", "group", { group_id: "berg-co" }, skipped("no_meta_event")],
];

export const metaEventExamples: readonly DestinationExample<MetaBody>[] = LINES.map(
  ([title, ours, properties, expect]) => ({ title, settings, event: viewed(ours, properties), expect }),
);
