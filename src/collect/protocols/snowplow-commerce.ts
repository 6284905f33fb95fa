/**
 * Snowplow's e-commerce events, in all their generations, as our contracts: one action with entities (the e-commerce
 * plugin), self-describing cart events, and transactions with their items as payloads of their own.
 * Source: https://docs.snowplow.io/docs/events/ootb-data/ecommerce-events/ and the schemas of iglu-central.
 */
import { asId, asNumber, asRecord, asText, defined } from "../shape.ts";
import { amount, currency, id, readOrRaw, text, whole } from "./segment-fields.ts";
import { entitiesNamed, type Fields, type Payload, textOf } from "./snowplow-payload.ts";

/** A contract's name, or the sender's own, and the properties for it. */
export interface Mapped {
  name: string;
  properties: Record<string, unknown>;
}

/** Of an event; a tracker's own limits are lower. */
const MAX_ITEMS = 200;

export const ECOMMERCE = "com.snowplowanalytics.snowplow.ecommerce";

/** The action of the e-commerce plugin; its data are in the entities. */
export function mapAction(payload: Payload): Mapped {
  const { type, name: list } = payload.event?.data ?? {};
  const action = asText(type) ?? "";
  const one = (name: string): Fields => entitiesNamed(payload, ECOMMERCE, name)[0] ?? {};
  const products = entitiesNamed(payload, ECOMMERCE, "product");
  const listed = defined({ list_name: cut(list, 256) });
  switch (action) {
    case "product_view":
      return { name: "view_item", properties: withFirst(products) };
    case "list_click":
      return { name: "select_item", properties: { ...withFirst(products), ...listed } };
    case "list_view":
      return { name: "view_item_list", properties: { ...listed, ...lines(products) } };
    case "add_to_cart":
    case "remove_from_cart":
      return { name: action, properties: withFirst(products) };
    case "checkout_step":
      return checkoutStep(one("checkout_step"), one("cart"), products);
    case "transaction":
      return { name: "purchase", properties: transaction(one("transaction"), products) };
    case "refund":
      return { name: "refund", properties: refund(one("refund"), products) };
    case "promo_view":
      return { name: "view_promotion", properties: promotion(one("promotion")) };
    case "promo_click":
      return { name: "select_promotion", properties: promotion(one("promotion")) };
    default:
      return { name: action || "snowplow_ecommerce_action", properties: { ...one("transaction_error") } };
  }
}

/** A step is what was chosen in it: a way of payment, a way of shipping; the first one begins the checkout. */
function checkoutStep(step: Fields, cart: Fields, products: Fields[]): Mapped {
  const properties = defined({
    value: value(cart.total_value),
    coupon: coupon(step.coupon_code),
    ...lines(products),
    currency: currency(cart.currency) ?? currency(products[0]?.currency),
  });
  const payment = asText(step.payment_method);
  if (payment !== undefined)
    return { name: "add_payment_info", properties: { ...properties, payment_type: payment.slice(0, 64) } };
  const shipping = asText(step.delivery_method) ?? asText(step.delivery_provider);
  if (shipping !== undefined)
    return { name: "add_shipping_info", properties: { ...properties, shipping_tier: shipping.slice(0, 64) } };
  const number = asNumber(step.step) ?? 1;
  if (number <= 1) return { name: "begin_checkout", properties };
  return { name: "checkout_step", properties: { ...properties, step: number } };
}

const transaction = (order: Fields, products: Fields[]) =>
  defined({
    order_id: readOrRaw(id, order.transaction_id),
    value: readOrRaw(value, order.revenue),
    tax: value(order.tax),
    shipping: value(order.shipping),
    coupon: coupon(order.discount_code),
    ...lines(products),
    currency: currency(order.currency) ?? readOrRaw(currency, products[0]?.currency ?? order.currency),
  });

const refund = (paidBack: Fields, products: Fields[]) =>
  defined({
    order_id: readOrRaw(id, paidBack.transaction_id),
    // Without a value all of the order was paid back: one that cannot be read must not become that.
    value: readOrRaw(value, paidBack.refund_amount),
    ...lines(products),
    currency: currency(paidBack.currency) ?? currency(products[0]?.currency),
  });

const promotion = (shown: Fields) =>
  defined({
    promotion_id: name128(shown.id),
    promotion_name: cut(shown.name, 256),
    creative_name: cut(shown.creative_id, 256),
    creative_slot: cut(shown.slot, 128),
    items: Array.isArray(shown.product_ids)
      ? shown.product_ids.slice(0, MAX_ITEMS).map((id) => ({ product_id: id as unknown }))
      : undefined,
  });

/** Events of one product: its fields are the event's own; the whole list comes only where there are several. */
function withFirst(products: Fields[]): Record<string, unknown> {
  const [first] = products;
  if (!first) return {};
  return {
    ...product(first),
    ...(products.length > 1 ? lines(products) : defined({ currency: currency(first.currency) })),
  };
}

const lines = (products: Fields[]) =>
  defined({
    currency: currency(products[0]?.currency),
    items: products.length > 0 ? products.slice(0, MAX_ITEMS).map(product) : undefined,
  });

const product = (p: Fields) =>
  defined({
    product_id: readOrRaw(id, p.id),
    name: cut(p.name, 256),
    category: cut(p.category, 128),
    price: price(p.price),
    quantity: quantity(p.quantity),
    brand: cut(p.brand, 128),
    variant: cut(p.variant, 128),
    index: place(p.position),
  });

/** The self-describing `add_to_cart` and `remove_from_cart` of older trackers. */
export const cartLine = (data: Fields) =>
  defined({
    product_id: readOrRaw(id, data.sku),
    name: cut(data.name, 256),
    category: cut(data.category, 128),
    price: price(data.unitPrice),
    quantity: quantity(data.quantity),
    currency: currency(data.currency),
  });

/**
 * A transaction (`tr`) with the items (`ti`) of the same order that came in the same request. Without an own currency it
 * is that of the items.
 */
export const orderOf = (fields: Fields, items: readonly Fields[]) =>
  defined({
    order_id: textOf(fields, "tr_id"),
    value: readOrRaw(value, fields.tr_tt),
    currency: currency(fields.tr_cu) ?? readOrRaw(currency, items[0]?.ti_cu ?? fields.tr_cu),
    tax: value(fields.tr_tx),
    shipping: value(fields.tr_sh),
    items: items.length > 0 ? items.slice(0, MAX_ITEMS).map(orderLine) : undefined,
  });

export const orderLine = (fields: Fields) =>
  defined({
    product_id: textOf(fields, "ti_sk"),
    name: cut(fields.ti_nm, 256),
    category: cut(fields.ti_ca, 128),
    price: price(fields.ti_pr),
    quantity: quantity(fields.ti_qu),
  });

const value = amount();
const price = amount(1e9);
const quantity = whole(1, 1e6);
const place = whole(0, 1e6);
const coupon = text(64);
const name128 = text(128);

/** A text for people, as long as its field is. */
export const cut = (value: unknown, max: number): string | undefined => asText(value)?.slice(0, max);

/** The person of the e-commerce plugin's `user` entity. */
export function userOf(payload: Payload): { id?: string | undefined; email?: string | undefined } {
  const user = asRecord(entitiesNamed(payload, ECOMMERCE, "user")[0]);
  return { id: asId(user?.id), email: asText(user?.email) };
}
