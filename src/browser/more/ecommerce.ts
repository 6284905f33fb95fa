/**
 * E-commerce data in GA4's names (or in ours) as the properties of our contracts: contracts/commerce.ts says which. A
 * value that a contract would refuse is left out, since it would cost the whole event. What an order needs (id, value,
 * currency) costs it in any case, and stays as it came, so that the door can tell what is wrong and keep it for a repair. Called by main.ts for `doorstep.ecommerce` and for entries of the data layer.
 */
import type { EcommerceName } from "../types.ts";

/** Whether the event is about a promotion, one product, a list or a cart, or an order. */
const NAMES: Record<EcommerceName, "promotion" | "product" | "whole"> = {
  view_promotion: "promotion",
  select_promotion: "promotion",
  view_item_list: "whole",
  select_item: "product",
  view_item: "product",
  add_to_wishlist: "product",
  add_to_cart: "product",
  remove_from_cart: "product",
  view_cart: "whole",
  begin_checkout: "whole",
  add_shipping_info: "whole",
  add_payment_info: "whole",
  purchase: "whole",
  refund: "whole",
};

export const isEcommerceName = (name: unknown): name is EcommerceName =>
  Object.keys(NAMES).some((known) => known === name);

type Data = Record<string, unknown>;
type Read = (value: unknown) => unknown;

/** A text of at most so many characters; numbers become texts, as ids often are numbers. */
const text =
  (max: number): Read =>
  (value) =>
    (typeof value === "string" && value.trim()) || typeof value === "number"
      ? String(value).trim().slice(0, max)
      : undefined;
/** An identifier; never cut, since another one may begin alike. */
const id: Read = (value) => {
  const read = text(129)(value) as string | undefined;
  return read && read.length < 129 ? read : undefined;
};
const between =
  (min: number, max: number): Read =>
  (value) => {
    // Shops like to write amounts as texts.
    const amount = typeof value === "string" && value.trim() ? Number(value) : value;
    return typeof amount === "number" && amount >= min && amount <= max ? amount : undefined;
  };
const whole =
  (min: number): Read =>
  (value) => {
    const count = between(min, 1e6)(value);
    return Number.isInteger(count) ? count : undefined;
  };
const currency: Read = (value) => {
  const code = typeof value === "string" ? value.trim().toUpperCase() : "";
  return /^[A-Z]{3}$/.test(code) ? code : undefined;
};

/** Our name, GA4's names for it in order, and how it is read. */
type Field = [ours: string, theirs: string[], read: Read];

const LIST: Field[] = [
  ["list_id", ["item_list_id"], text(128)],
  ["list_name", ["item_list_name"], text(256)],
];
const ITEM: Field[] = [
  ["product_id", ["item_id", "item_name", "name"], id],
  ["name", ["item_name"], text(256)],
  ["category", ["item_category"], text(128)],
  ["price", [], between(0, 1e9)],
  ["quantity", [], whole(1)],
  ["brand", ["item_brand"], text(128)],
  ["variant", ["item_variant"], text(128)],
  ["coupon", [], text(64)],
  ["discount", [], between(0, 1e9)],
  ["index", [], whole(0)],
  ...LIST,
];
const AMOUNT = between(0, 1e12);
const CART: Field[] = [
  ["order_id", ["transaction_id"], id],
  ["value", [], AMOUNT],
  ["currency", [], currency],
  ["tax", [], AMOUNT],
  ["shipping", [], AMOUNT],
  ["coupon", [], text(64)],
  ["shipping_tier", [], text(64)],
  ["payment_type", [], text(64)],
  ...LIST,
];
const PROMOTION: Field[] = [
  ["promotion_id", [], text(128)],
  ["promotion_name", [], text(256)],
  ["creative_name", [], text(256)],
  ["creative_slot", [], text(128)],
];

const MAX_ITEMS = 200;

const pick = (data: unknown, fields: Field[]): Data => {
  const source = Object(data) as Data;
  const picked: Data = {};
  for (const [ours, theirs, read] of fields) {
    const value = [ours, ...theirs].map((name) => read(source[name])).find((found) => found !== undefined);
    if (value !== undefined) picked[ours] = value;
  }
  return picked;
};

/** What an order needs, as it came. A refund without a value is one of the whole order: an unreadable one must not be. */
const needed = (source: Data): Data => {
  const raw: Data = {};
  for (const [ours, theirs = ours] of [["order_id", "transaction_id"], ["value"], ["currency"]]) {
    const value = source[ours as string] ?? source[theirs as string];
    if (value !== undefined && value !== null) raw[ours as string] = value;
  }
  return raw;
};

/** The properties of the contract `name` in such data. Pure. */
export const canonical = (name: string, data: unknown): Data => {
  const source = Object(data) as Data;
  const kind = isEcommerceName(name) ? NAMES[name] : "whole";
  const items = (Array.isArray(source.items) ? source.items : [])
    .slice(0, MAX_ITEMS)
    .map((item) => pick(item, ITEM))
    .filter((item) => item.product_id !== undefined);
  if (kind === "promotion") {
    // GA4 also lets the items carry the promotion.
    const first = Array.isArray(source.items) ? source.items[0] : undefined;
    return { ...pick(first, PROMOTION), ...pick(source, PROMOTION), ...(items.length && { items }) };
  }
  const event = pick(source, CART);
  if (kind === "whole") {
    const order = name === "purchase" || name === "refund" ? needed(source) : {};
    return { ...order, ...event, ...(items.length && { items }) };
  }
  // The event's own fields are the first product's; `items` says that there were several.
  return { ...event, ...(items[0] ?? pick(source, ITEM)), ...(items.length > 1 && { items }) };
};
