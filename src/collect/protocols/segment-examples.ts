/** Examples of Segment's API: run as tests, and shown in the docs. */
import type { Example, Route } from "./protocol.ts";

const WHO = { anonymousId: "a-507f191e810c19729de860ea", timestamp: "2026-11-22T10:00:00.000Z" };
const ROUTE = (path: string): Route => ({ method: "POST", path, body: "json" });
const GLOVES = { product_id: "wool-gloves", name: "Wool gloves", price: 39, quantity: 2 };

/** One track call after another, each with the contract that it comes in under. */
const SHOPPING: readonly [event: string, name: string, properties: Record<string, unknown>][] = [
  ["Products Searched", "search", { query: "gloves" }],
  ["Product List Viewed", "view_item_list", { list_id: "winter", category: "Winter", products: [GLOVES] }],
  ["Product Clicked", "select_item", { ...GLOVES, position: 1 }],
  ["Product Viewed", "view_item", { ...GLOVES, currency: "EUR" }],
  ["Product Added", "add_to_cart", { ...GLOVES, currency: "eur" }],
  ["Product Removed", "remove_from_cart", { ...GLOVES, quantity: "1" }],
  ["Cart Viewed", "view_cart", { cart_id: "c-1", products: [GLOVES] }],
  ["Checkout Started", "begin_checkout", { value: 78, currency: "EUR", products: [GLOVES] }],
  ["Checkout Step Completed", "add_shipping_info", { step: 2, shipping_method: "courier" }],
  ["Checkout Step Completed", "add_payment_info", { step: 3, payment_method: "card" }],
  ["Payment Info Entered", "add_payment_info", { payment_method: "card" }],
  [
    "Order Completed",
    "purchase",
    { order_id: "A-1002", total: "78.00", currency: "EUR", products: [GLOVES] },
  ],
  ["Order Refunded", "refund", { order_id: "A-1002", total: 39, currency: "EUR" }],
  ["Product Added to Wishlist", "add_to_wishlist", { wishlist_id: "w-1", ...GLOVES }],
  [
    "Promotion Viewed",
    "view_promotion",
    { promotion_id: "winter-sale", name: "Winter sale", position: "top" },
  ],
  ["Promotion Clicked", "select_promotion", { promotion_id: "winter-sale", creative: "top_banner" }],
  ["Product Shared", "share", { share_via: "email", product_id: "wool-gloves" }],
  ["Signed Up", "sign_up", { method: "email", email: "ida@example.com", first_name: "Ida" }],
  ["Signed In", "login", { method: "password" }],
];

export const SEGMENT_EXAMPLES: readonly Example[] = [
  {
    title: "track: an order",
    route: ROUTE("/v1/track"),
    body: {
      ...WHO,
      type: "track",
      event: "Order Completed",
      messageId: "seg-1",
      properties: { order_id: "A-1002", total: 78, currency: "EUR", products: [GLOVES] },
    },
    accepted: 1,
    names: ["purchase"],
  },
  {
    title: "batch: each call, with a context for all",
    route: ROUTE("/v1/batch"),
    body: {
      context: { library: { name: "analytics-node", version: "3.1.0" }, locale: "en-GB" },
      integrations: { All: false },
      batch: [
        { ...WHO, type: "page", messageId: "seg-2", properties: { url: "https://shop.example/" } },
        { ...WHO, type: "screen", messageId: "seg-3", name: "Home", integrations: { All: true } },
        {
          type: "identify",
          userId: "u-1",
          messageId: "seg-4",
          timestamp: WHO.timestamp,
          traits: { email: "ida@example.com", firstName: "Ida" },
        },
        {
          ...WHO,
          type: "group",
          messageId: "seg-5",
          groupId: "berg-co",
          traits: { name: "Berg & Co.", employees: 40 },
        },
        {
          type: "alias",
          messageId: "seg-6",
          timestamp: WHO.timestamp,
          previousId: WHO.anonymousId,
          userId: "u-1",
        },
      ],
    },
    accepted: 5,
    names: ["page_view", "screen_view", "identify", "group", "identify"],
  },
  {
    title: "batch: from the search to the order",
    route: ROUTE("/v1/b"),
    body: {
      sentAt: "2026-11-22T10:00:01.000Z",
      batch: SHOPPING.map(([event, , properties], n) => ({
        ...WHO,
        type: "track",
        event,
        messageId: `seg-shop-${n}`,
        properties,
      })),
    },
    accepted: SHOPPING.length,
    names: SHOPPING.map(([, name]) => name),
  },
];
