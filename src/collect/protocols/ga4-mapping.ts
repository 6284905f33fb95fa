/**
 * GA4's events, automatic, recommended and e-commerce, as our contracts. Names are mostly the same: our vocabulary took
 * GA4's. What has no contract keeps its name and goes by the source's policy.
 * Source: https://developers.google.com/analytics/devguides/collection/ga4/reference/events and
 * https://support.google.com/analytics/answer/9234069 (automatic events).
 */
import { isEventName } from "#contracts/registry";
import { asNumber, defined } from "../shape.ts";
import { contentIn } from "./content-fields.ts";
import { cut, type Fields, type Ga4Event, ownParams } from "./ga4-event.ts";
import { amount, currency, id, readOrRaw, text, whole } from "./segment-fields.ts";

interface Mapped {
  name: string;
  properties: Record<string, unknown>;
}

type Map = (params: Fields, items: readonly Fields[]) => Mapped;

/** Automatic events that say nothing which the door does not know by itself. */
const LEFT_OUT = new Set(["session_start", "first_visit", "first_open"]);

const as =
  (name: string, properties: (params: Fields, items: readonly Fields[]) => Record<string, unknown>): Map =>
  (params, items) => ({ name, properties: defined(properties(params, items)) });

const method = (p: Fields) => ({ method: cut(p.method, 64) });

const EVENTS: Record<string, Map> = {
  page_view: as("page_view", () => ({})),
  screen_view: as("screen_view", (p) => ({
    screen_name: cut(p.screen_name, 256) ?? cut(p.firebase_screen, 256),
    screen_class: cut(p.screen_class, 256) ?? cut(p.firebase_screen_class, 256),
  })),
  user_engagement: as("page_ping", (p) => ({ engaged_seconds: seconds(p.engagement_time_msec) })),
  scroll: as("scroll", (p) => ({ percent: readOrRaw(asNumber, p.percent_scrolled ?? p.percent) })),
  click: as("link_click", link),
  file_download: as("link_click", (p) => ({
    ...link(p),
    file_name: cut(p.file_name, 256),
    file_extension: cut(p.file_extension, 16),
  })),
  form_submit: as("form_submit", (p) => ({
    form_id: id(p.form_id) ?? id(p.form_name) ?? pathOf(p.form_destination) ?? p.form_id,
    form_name: cut(p.form_name, 256),
  })),
  view_search_results: as("search", (p) => ({ search_term: cut(p.search_term, 256) })),
  search: as("search", (p) => ({ search_term: cut(p.search_term, 256), results: count(p.results) })),
  share: as("share", (p) => ({ ...method(p), product_id: name128(p.item_id) })),
  login: as("login", method),
  sign_up: as("sign_up", method),
  generate_lead: as("generate_lead", (p) => ({
    ...money(p),
    lead_source: cut(p.lead_source, 128),
    form_id: name128(p.form_id),
  })),
  join_group: as("group", (p) => ({ group_id: readOrRaw(id, p.group_id) })),
  view_item: as("view_item", product),
  select_item: as("select_item", product),
  add_to_wishlist: as("add_to_wishlist", product),
  add_to_cart: as("add_to_cart", product),
  remove_from_cart: as("remove_from_cart", product),
  view_item_list: as("view_item_list", (p, items) => ({
    list_id: name128(p.item_list_id) ?? name128(items[0]?.item_list_id),
    list_name: cut(p.item_list_name, 256) ?? cut(items[0]?.item_list_name, 256),
    currency: currency(p.currency),
    ...lines(items),
  })),
  view_cart: as("view_cart", cart),
  begin_checkout: as("begin_checkout", cart),
  add_shipping_info: as("add_shipping_info", (p, items) => ({
    ...cart(p, items),
    shipping_tier: cut(p.shipping_tier, 64),
  })),
  add_payment_info: as("add_payment_info", (p, items) => ({
    ...cart(p, items),
    payment_type: cut(p.payment_type, 64),
  })),
  purchase: as("purchase", purchase),
  refund: as("refund", order),
  view_promotion: as("view_promotion", promotion),
  select_promotion: as("select_promotion", promotion),
};

/** The contract and its properties for an event; undefined where it is left out. */
export function nameAndProperties({ name, params, items }: Ga4Event): Mapped | undefined {
  if (LEFT_OUT.has(name)) return undefined;
  const map = Object.hasOwn(EVENTS, name) ? EVENTS[name] : undefined;
  const mapped = map ? map(params, items) : ownEvent(name, params, items);
  // Where the site says what the page shows by the parameter `content_id`.
  const content = contentIn(params);
  return content ? { name: mapped.name, properties: { ...mapped.properties, content } } : mapped;
}

/** An event of the site's own; one that is named as a contract has the contract's fields as its parameters. */
function ownEvent(name: string, params: Fields, items: readonly Fields[]): Mapped {
  const snake = name.toLowerCase();
  return {
    name: isEventName(snake) ? snake : name.slice(0, 64),
    properties: { ...ownParams(params), ...(items.length > 0 && lines(items)) },
  };
}

function link(p: Fields): Record<string, unknown> {
  const outbound = p.outbound === "true" || p.outbound === true ? true : undefined;
  return {
    link_url: cut(p.link_url, 4096),
    link_text: cut(p.link_text, 256),
    link_id: cut(p.link_id, 128) || undefined,
    outbound,
  };
}

const money = (p: Fields) => ({ value: value(p.value), currency: currency(p.currency) });

function cart(p: Fields, items: readonly Fields[]): Record<string, unknown> {
  return { ...money(p), coupon: coupon(p.coupon), ...lines(items) };
}

/** What tells one order from another, and what it was worth, is never left out: see readOrRaw. */
function order(p: Fields, items: readonly Fields[]): Record<string, unknown> {
  return {
    order_id: readOrRaw(id, p.transaction_id),
    ...cart(p, items),
    value: readOrRaw(value, p.value),
    tax: value(p.tax),
    shipping: value(p.shipping),
  };
}

function purchase(p: Fields, items: readonly Fields[]): Record<string, unknown> {
  return { ...order(p, items), currency: readOrRaw(currency, p.currency) };
}

/** Events of one product: its fields are the event's own; the whole list comes only where there are several. */
function product(p: Fields, items: readonly Fields[]): Record<string, unknown> {
  const out = line(items[0] ?? {}, p);
  out.value = value(p.value);
  out.currency = currency(p.currency);
  return items.length > 1 ? Object.assign(out, lines(items)) : out;
}

/** A promotion is told in the event, or in its first item. */
function promotion(p: Fields, items: readonly Fields[]): Record<string, unknown> {
  const told = { ...items[0], ...p };
  return {
    promotion_id: name128(told.promotion_id),
    promotion_name: cut(told.promotion_name, 256),
    creative_name: cut(told.creative_name, 256),
    creative_slot: cut(told.creative_slot, 128),
    ...lines(items.filter((item) => (item.item_id ?? item.item_name) !== undefined)),
  };
}

const lines = (items: readonly Fields[]): Record<string, unknown> =>
  items.length > 0 ? { items: items.slice(0, MAX_ITEMS).map((item) => line(item)) } : {};

/** As many as GA4 takes. */
const MAX_ITEMS = 200;

const value = amount();
const count = whole(0, 1e9);
const name128 = text(128);
const price = amount(1e9);
const quantity = whole(1, 1e6);
const place = whole(0, 1e6);
const coupon = text(64);

/**
 * GA4 asks for an id or a name of each item; quantities that it does not count are left unsaid.
 * @param around says which list it is in, where the item does not
 */
const line = (item: Fields, around: Fields = {}) =>
  defined({
    product_id: id(item.item_id) ?? readOrRaw(id, item.item_name ?? item.item_id),
    name: cut(item.item_name, 256),
    category: cut(item.item_category, 128),
    price: price(item.price),
    quantity: quantity(item.quantity),
    brand: cut(item.item_brand, 128),
    variant: cut(item.item_variant, 128),
    coupon: coupon(item.coupon),
    discount: price(item.discount),
    index: place(item.index),
    list_id: name128(item.item_list_id ?? around.item_list_id),
    list_name: cut(item.item_list_name ?? around.item_list_name, 256),
  });

/** Of a form that has neither id nor name the tag tells where it leads; its path says nothing of the person. */
const pathOf = (url: unknown): unknown =>
  typeof url === "string" ? id(/^https?:\/\/[^/?#]+(\/[^?#]*)/i.exec(url)?.[1]) : undefined;

/** At most a day: a computer that slept was not looked at. */
const engaged = amount(86_400);

function seconds(milliseconds: unknown): unknown {
  const ms = asNumber(milliseconds);
  return ms === undefined ? undefined : engaged(Math.round(ms / 100) / 10);
}
