/**
 * Snowplow's e-commerce events, in all their generations, as our contracts: one action with entities (the e-commerce
 * plugin), self-describing cart events, and transactions with their items as payloads of their own.
 * Source: https://docs.snowplow.io/docs/events/ootb-data/ecommerce-events/ and the schemas of iglu-central.
 */
import { asId, asNumber, asRecord, asText, defined } from "../shape.ts";
import { entitiesNamed, type Fields, type Payload, textOf } from "./snowplow-payload.ts";

/** A contract's name, or the sender's own, and the properties for it. */
export interface Mapped {
  name: string;
  properties: Record<string, unknown>;
}

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
    value: asNumber(cart.total_value),
    coupon: asText(step.coupon_code),
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
    order_id: asId(order.transaction_id),
    value: asNumber(order.revenue),
    tax: asNumber(order.tax),
    shipping: asNumber(order.shipping),
    coupon: asText(order.discount_code),
    ...lines(products),
    currency: currency(order.currency),
  });

const refund = (paidBack: Fields, products: Fields[]) =>
  defined({
    order_id: asId(paidBack.transaction_id),
    value: asNumber(paidBack.refund_amount),
    ...lines(products),
    currency: currency(paidBack.currency),
  });

const promotion = (shown: Fields) =>
  defined({
    promotion_id: asId(shown.id),
    promotion_name: cut(shown.name, 256),
    creative_name: cut(shown.creative_id, 256),
    creative_slot: cut(shown.slot, 128),
    items: Array.isArray(shown.product_ids)
      ? shown.product_ids.slice(0, 200).map((id) => ({ product_id: id as unknown }))
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
    items: products.length > 0 ? products.map(product) : undefined,
  });

const product = (p: Fields) =>
  defined({
    product_id: asId(p.id),
    name: cut(p.name, 256),
    category: cut(p.category, 128),
    price: asNumber(p.price),
    quantity: some(p.quantity),
    brand: cut(p.brand, 128),
    variant: cut(p.variant, 128),
    index: asNumber(p.position),
  });

/** The self-describing `add_to_cart` and `remove_from_cart` of older trackers. */
export const cartLine = (data: Fields) =>
  defined({
    product_id: asId(data.sku),
    name: cut(data.name, 256),
    category: cut(data.category, 128),
    price: asNumber(data.unitPrice),
    quantity: some(data.quantity),
    currency: currency(data.currency),
  });

/**
 * A transaction (`tr`) with the items (`ti`) of the same order that came in the same request. Without an own currency it
 * is that of the items.
 */
export const orderOf = (fields: Fields, items: readonly Fields[]) =>
  defined({
    order_id: textOf(fields, "tr_id"),
    value: asNumber(fields.tr_tt),
    currency: currency(fields.tr_cu) ?? currency(items[0]?.ti_cu),
    tax: asNumber(fields.tr_tx),
    shipping: asNumber(fields.tr_sh),
    items: items.length > 0 ? items.map(orderLine) : undefined,
  });

export const orderLine = (fields: Fields) =>
  defined({
    product_id: textOf(fields, "ti_sk"),
    name: cut(fields.ti_nm, 256),
    category: cut(fields.ti_ca, 128),
    price: asNumber(fields.ti_pr),
    quantity: some(fields.ti_qu),
  });

/** A quantity; none of something is as good as unsaid. */
const some = (value: unknown): number | undefined => asNumber(value) || undefined;

const currency = (value: unknown): string | undefined => asText(value)?.toUpperCase();

/** A text for people, as long as its field is. */
export const cut = (value: unknown, max: number): string | undefined => asText(value)?.slice(0, max);

/** The person of the e-commerce plugin's `user` entity. */
export function userOf(payload: Payload): { id?: string | undefined; email?: string | undefined } {
  const user = asRecord(entitiesNamed(payload, ECOMMERCE, "user")[0]);
  return { id: asId(user?.id), email: asText(user?.email) };
}
