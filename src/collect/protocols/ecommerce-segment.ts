/**
 * Segment's e-commerce events, version 2, and its other named ones, as our contracts: also RudderStack's and Jitsu's, who
 * took them over. The table is the mapping that docs/protocols/segment.md documents; a test holds the two together.
 * Source: https://segment.com/docs/connections/spec/ecommerce/v2/ and .../spec/b2b-saas/
 */
import type { EventName } from "#contracts/registry";
import {
  amount,
  currency,
  type Fields,
  type FieldTable,
  field,
  id,
  type Read,
  required,
  rows,
  text,
  whole,
} from "./segment-fields.ts";

/** What a named call of a vendor is to us. */
export interface EventMapping {
  name: EventName;
  fields: FieldTable;
  /** Its contract has `content`, which is read from `content` or from `content_id` and its companions. */
  hasContent?: boolean;
  /** Its properties carry traits of the person, too. */
  hasTraits?: boolean;
}

const MAX_ITEMS = 200;

const ITEM: FieldTable = {
  product_id: required(id, "product_id", "productId", "sku", "item_id", "id"),
  name: field(text(256), "name", "item_name"),
  category: field(text(128), "category", "item_category"),
  price: field(amount(1e9), "price"),
  quantity: field(whole(1, 1e6), "quantity"),
  brand: field(text(128), "brand"),
  variant: field(text(128), "variant"),
  coupon: field(text(64), "coupon"),
  discount: field(amount(1e9), "discount"),
  index: field(whole(0, 1e6), "position", "index"),
  list_id: field(text(128), "list_id"),
  list_name: field(text(256), "list_name"),
};

const items = { items: field(rows(ITEM, MAX_ITEMS), "products", "items") };
const money = { currency: field(currency, "currency") };

const LINE: FieldTable = { ...ITEM, ...money };
const PRODUCT: FieldTable = { ...LINE, value: field(amount(), "value"), ...items };
const CART: FieldTable = {
  value: field(amount(), "value", "total", "revenue"),
  ...money,
  coupon: field(text(64), "coupon"),
  ...items,
};
const SHIPPING: FieldTable = { ...CART, shipping_tier: field(text(64), "shipping_method", "shipping_tier") };
const PAYMENT: FieldTable = { ...CART, payment_type: field(text(64), "payment_method", "payment_type") };
const AMOUNTS: FieldTable = {
  tax: field(amount(), "tax"),
  shipping: field(amount(), "shipping"),
  coupon: field(text(64), "coupon"),
  ...items,
};
const PROMOTION: FieldTable = {
  promotion_id: field(text(128), "promotion_id"),
  promotion_name: field(text(256), "name", "promotion_name"),
  creative_name: field(text(256), "creative", "creative_name"),
  creative_slot: field(text(128), "position", "creative_slot"),
  ...items,
};
const LIST: FieldTable = {
  list_id: field(text(128), "list_id"),
  list_name: field(text(256), "list_name", "category"),
  ...money,
  ...items,
};
const SHARED: FieldTable = {
  method: field(text(64), "share_via", "method"),
  product_id: field(text(128), "product_id", "productId", "sku"),
};
const METHOD: FieldTable = { method: field(text(64), "method") };

const ADDED: EventMapping = { name: "add_to_cart", fields: LINE, hasContent: true };
const LISTED: EventMapping = { name: "view_item_list", fields: LIST, hasContent: true };
const SHIPPED: EventMapping = { name: "add_shipping_info", fields: SHIPPING };
const PAID: EventMapping = { name: "add_payment_info", fields: PAYMENT };
const SHARE: EventMapping = { name: "share", fields: SHARED, hasContent: true };

/** Names of a form's fields. */
const names: Read = (value) =>
  Array.isArray(value) ? value.filter((name) => typeof name === "string").slice(0, 100) : undefined;

/** By Segment's name of the event, in lower case. */
export const NAMED_EVENTS: Readonly<Record<string, EventMapping>> = {
  "products searched": {
    name: "search",
    fields: {
      search_term: required(text(256), "query", "search_term"),
      results: field(whole(0, 1e9), "results"),
    },
    hasContent: true,
  },
  "product list viewed": LISTED,
  "product list filtered": LISTED,
  "promotion viewed": { name: "view_promotion", fields: PROMOTION },
  "promotion clicked": { name: "select_promotion", fields: PROMOTION },
  "product clicked": { name: "select_item", fields: PRODUCT, hasContent: true },
  "product viewed": { name: "view_item", fields: PRODUCT, hasContent: true },
  "product added": ADDED,
  "product removed": { name: "remove_from_cart", fields: PRODUCT, hasContent: true },
  "cart viewed": { name: "view_cart", fields: CART },
  "checkout started": { name: "begin_checkout", fields: CART },
  "payment info entered": PAID,
  "order completed": {
    name: "purchase",
    fields: {
      order_id: required(id, "order_id", "orderId", "transaction_id"),
      value: required(amount(), "total", "value", "revenue"),
      currency: required(currency, "currency"),
      ...AMOUNTS,
    },
  },
  "order refunded": {
    name: "refund",
    fields: {
      order_id: required(id, "order_id", "orderId", "transaction_id"),
      // Without a value all of the order was paid back: one that cannot be read must not become that.
      value: required(amount(), "total", "value", "revenue"),
      ...money,
      ...AMOUNTS,
    },
  },
  "product added to wishlist": { name: "add_to_wishlist", fields: PRODUCT, hasContent: true },
  "wishlist product added to cart": ADDED,
  "product shared": SHARE,
  "cart shared": SHARE,
  "signed up": { name: "sign_up", fields: METHOD, hasTraits: true },
  "signed in": { name: "login", fields: METHOD },
  "lead generated": {
    name: "generate_lead",
    fields: {
      value: field(amount(), "value", "revenue"),
      ...money,
      lead_source: field(text(128), "lead_source", "source"),
      form_id: field(text(128), "form_id"),
    },
    hasContent: true,
    hasTraits: true,
  },
  "form submitted": {
    name: "form_submit",
    fields: {
      form_id: required(id, "form_id", "id", "form_name"),
      form_name: field(text(256), "form_name"),
      fields: field(names, "fields"),
    },
  },
  "cta clicked": {
    name: "cta_click",
    fields: {
      cta_id: required(id, "cta_id", "id", "label"),
      label: field(text(256), "label"),
      href: field(text(4096), "href", "url"),
      slot: field(text(64), "slot"),
      offer: field(text(64), "offer"),
    },
    hasContent: true,
  },
  "link clicked": {
    name: "link_click",
    fields: {
      link_url: required(text(4096), "link_url", "url", "href"),
      link_text: field(text(256), "link_text", "text", "label"),
      link_id: field(text(128), "link_id", "id"),
    },
    hasContent: true,
  },
};

/** A step of the checkout is one of two contracts by what was chosen in it. */
const STEP = "checkout step completed";

/** Names that version 1 of the specification had, still sent by many. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  "viewed product category": "product list viewed",
  "viewed product": "product viewed",
  "added product": "product added",
  "removed product": "product removed",
  "completed order": "order completed",
};

const BY_CONTRACT = new Map<string, EventMapping>(
  [...Object.values(NAMED_EVENTS), SHIPPED].map((mapping) => [mapping.name, mapping]),
);

/** The mapping of a track call, if its name has one. @param event the sender's name of it, trimmed, in lower case */
export function namedEvent(event: string, properties: Fields): EventMapping | undefined {
  if (event === STEP) {
    if (given(properties.shipping_method)) return SHIPPED;
    return given(properties.payment_method) ? PAID : undefined;
  }
  const name = Object.hasOwn(OLD_NAMES, event) ? OLD_NAMES[event] : event;
  return name !== undefined && Object.hasOwn(NAMED_EVENTS, name) ? NAMED_EVENTS[name] : undefined;
}

/** The mapping whose contract has this name: for a sender who uses our names, or GA4's. */
export const eventOfContract = (name: string): EventMapping | undefined => BY_CONTRACT.get(name);

const given = (value: unknown): boolean => typeof value === "string" && value !== "";
