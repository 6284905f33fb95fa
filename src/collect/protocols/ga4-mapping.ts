/**
 * GA4's events, automatic, recommended and e-commerce, as our contracts. Names are mostly the same: our vocabulary took
 * GA4's. What has no contract keeps its name and goes by the source's policy.
 * Source: https://developers.google.com/analytics/devguides/collection/ga4/reference/events and
 * https://support.google.com/analytics/answer/9234069 (automatic events).
 */
import { isEventName } from "#contracts/registry";
import { CONTENT_TYPES } from "#contracts/taxonomy";
import { asId, asNumber, asText, defined } from "../shape.ts";
import { cut, type Fields, type Ga4Event, ownParams } from "./ga4-event.ts";

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
  scroll: as("scroll", (p) => ({ percent: asNumber(p.percent_scrolled) ?? asNumber(p.percent) })),
  click: as("link_click", link),
  file_download: as("link_click", (p) => ({
    ...link(p),
    file_name: cut(p.file_name, 256),
    file_extension: cut(p.file_extension, 16),
  })),
  form_submit: as("form_submit", (p) => ({
    form_id: asId(p.form_id) ?? asId(p.form_name),
    form_name: cut(p.form_name, 256),
  })),
  view_search_results: as("search", (p) => ({ search_term: cut(p.search_term, 256) })),
  search: as("search", (p) => ({ search_term: cut(p.search_term, 256), results: asNumber(p.results) })),
  share: as("share", (p) => ({ ...method(p), product_id: asId(p.item_id) })),
  login: as("login", method),
  sign_up: as("sign_up", method),
  generate_lead: as("generate_lead", (p) => ({
    ...money(p),
    lead_source: cut(p.lead_source, 128),
    form_id: asId(p.form_id),
  })),
  join_group: as("group", (p) => ({ group_id: asId(p.group_id) })),
  view_item: as("view_item", product),
  select_item: as("select_item", product),
  add_to_wishlist: as("add_to_wishlist", product),
  add_to_cart: as("add_to_cart", product),
  remove_from_cart: as("remove_from_cart", product),
  view_item_list: as("view_item_list", (p, items) => ({
    list_id: asId(p.item_list_id) ?? asId(items[0]?.item_list_id),
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
  purchase: as("purchase", order),
  refund: as("refund", order),
  view_promotion: as("view_promotion", promotion),
  select_promotion: as("select_promotion", promotion),
};

/** The contract and its properties for an event; undefined where it is left out. */
export function nameAndProperties({ name, params, items }: Ga4Event): Mapped | undefined {
  if (LEFT_OUT.has(name)) return undefined;
  const map = Object.hasOwn(EVENTS, name) ? EVENTS[name] : undefined;
  const mapped = map ? map(params, items) : ownEvent(name, params, items);
  const content = contentOf(params);
  return content ? { ...mapped, properties: { ...mapped.properties, content } } : mapped;
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

const money = (p: Fields) => ({ value: asNumber(p.value), currency: currency(p.currency) });

function cart(p: Fields, items: readonly Fields[]): Record<string, unknown> {
  return { ...money(p), coupon: asText(p.coupon), ...lines(items) };
}

function order(p: Fields, items: readonly Fields[]): Record<string, unknown> {
  return {
    order_id: asId(p.transaction_id),
    ...cart(p, items),
    tax: asNumber(p.tax),
    shipping: asNumber(p.shipping),
  };
}

/** Events of one product: its fields are the event's own; the whole list comes only where there are several. */
function product(p: Fields, items: readonly Fields[]): Record<string, unknown> {
  return {
    ...line({ item_list_id: p.item_list_id, item_list_name: p.item_list_name, ...items[0] }),
    ...money(p),
    ...(items.length > 1 && lines(items)),
  };
}

/** A promotion is told in the event, or in its first item. */
function promotion(p: Fields, items: readonly Fields[]): Record<string, unknown> {
  const told = { ...items[0], ...p };
  return {
    promotion_id: asId(told.promotion_id),
    promotion_name: cut(told.promotion_name, 256),
    creative_name: cut(told.creative_name, 256),
    creative_slot: cut(told.creative_slot, 128),
    ...lines(items.filter((item) => (item.item_id ?? item.item_name) !== undefined)),
  };
}

const lines = (items: readonly Fields[]): Record<string, unknown> =>
  items.length > 0 ? { items: items.map(line) } : {};

/** GA4 asks for an id or a name of each item; quantities that it does not count are left unsaid. */
const line = (item: Fields) =>
  defined({
    product_id: asId(item.item_id) ?? asId(item.item_name),
    name: cut(item.item_name, 256),
    category: cut(item.item_category, 128),
    price: asNumber(item.price),
    quantity: asNumber(item.quantity) || undefined,
    brand: cut(item.item_brand, 128),
    variant: cut(item.item_variant, 128),
    coupon: asText(item.coupon),
    discount: asNumber(item.discount),
    index: asNumber(item.index),
    list_id: asId(item.item_list_id),
    list_name: cut(item.item_list_name, 256),
  });

const KINDS = new Set<unknown>(CONTENT_TYPES);

/** What the page shows, where the site says so by the parameter `content_id`. */
function contentOf(p: Fields): Record<string, unknown> | undefined {
  const id = asId(p.content_id);
  if (id === undefined) return undefined;
  return defined({
    content_id: id,
    content_type: KINDS.has(p.content_type) ? p.content_type : "page",
    topic: cut(p.topic, 64) ?? cut(p.content_group, 64),
    author: cut(p.author, 128),
  });
}

const currency = (value: unknown): string | undefined => asText(value)?.toUpperCase();

function seconds(milliseconds: unknown): number | undefined {
  const ms = asNumber(milliseconds);
  return ms === undefined ? undefined : Math.round(ms / 100) / 10;
}
