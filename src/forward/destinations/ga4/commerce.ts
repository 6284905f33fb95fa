/**
 * Products and money as GA4 wants them: items with its names, a value only beside its currency, and at least one item
 * where an event must have them. Pure; used by events.ts.
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference/events
 */
import { defined, list, number, record, text } from "../read.ts";
import type { Item, Param } from "./limits.ts";

type Properties = Readonly<Record<string, unknown>>;
type Given = Record<string, Param | undefined>;

/** What GA4 itself shows where a text is not known. */
export const NOT_SET = "(not set)";

/** `value` may not stand without `currency`; what is no ISO 4217 code is no currency. */
export function money(value: unknown, currency: unknown): Given {
  const code = text(currency);
  if (code === undefined || !/^[A-Z]{3}$/.test(code)) return {};
  return { currency: code, value: number(value) };
}

/** The lines of a cart, a list or an order; undefined without any. */
export function items(p: Properties): Item[] | undefined {
  const lines = list(p.items);
  return lines.length > 0 ? lines.map(item) : undefined;
}

/** The same where GA4 requires items: without any, one that says so, with the value of the whole. */
export const itemsOrNotSet = (p: Properties): Item[] =>
  items(p) ?? [defined<string | number>({ item_id: NOT_SET, price: number(p.value), quantity: 1 })];

/** Something was done with one product, or with several at once. What its sender does not say it was worth is added up. */
export function products(p: Properties): Given {
  const lines = list(p.items).length > 0 ? list(p.items) : [p];
  return { ...money(number(p.value) ?? worth(lines), p.currency), items: lines.map(item) };
}

/** Something was done with a whole cart. */
export const cart = (p: Properties): Given => ({
  ...money(p.value, p.currency),
  coupon: text(p.coupon),
  items: itemsOrNotSet(p),
});

/** What orders and refunds say besides their items. */
export const order = (p: Properties): Given => ({
  transaction_id: text(p.order_id),
  ...money(p.value, p.currency),
  tax: number(p.tax),
  shipping: number(p.shipping),
  coupon: text(p.coupon),
});

/** The sum of price times quantity; undefined where a price is not known. */
function worth(lines: readonly unknown[]): number | undefined {
  let sum = 0;
  for (const line of lines.map(record)) {
    const price = number(line.price);
    if (price === undefined) return undefined;
    sum += price * (number(line.quantity) ?? 1);
  }
  return sum;
}

function item(given: unknown): Item {
  const line = record(given);
  return defined<string | number>({
    item_id: text(line.product_id) ?? NOT_SET,
    item_name: text(line.name),
    item_category: text(line.category),
    item_brand: text(line.brand),
    item_variant: text(line.variant),
    item_list_id: text(line.list_id),
    item_list_name: text(line.list_name),
    index: number(line.index),
    coupon: text(line.coupon),
    discount: number(line.discount),
    price: number(line.price),
    quantity: number(line.quantity) ?? 1,
  });
}
