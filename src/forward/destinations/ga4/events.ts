/**
 * The vocabulary as GA4's, event by event: its recommended names and parameters where it has them, our own where it has
 * not. Pure; `mapGa4` (map.ts) adds what all events share.
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference/events
 * https://support.google.com/analytics/answer/9216061 (parameters of `click` and `file_download`)
 */
import { type EventName, isEventName } from "#contracts/registry";
import { list, number, record, text } from "../read.ts";
import { cart, items, itemsOrNotSet, money, NOT_SET, order, products } from "./commerce.ts";
import type { Param } from "./limits.ts";
import { eventName, isReserved } from "./names.ts";

type Properties = Readonly<Record<string, unknown>>;
type Given = Record<string, Param | undefined>;

/** An event of GA4's, or why it has none. */
export type Ga4Event = { name: string; params: Given } | { skipped: string };

type Mapper = (properties: Properties) => Ga4Event;

const as =
  (name: string, params: (properties: Properties) => Given = () => ({})): Mapper =>
  (p) => ({ name, params: { ...contentParams(p.content), ...params(p) } });

const method = (p: Properties): Given => ({ method: text(p.method) });

/** GA4 has no event for what is missing here. */
const EVENTS: Partial<Record<EventName, Mapper>> = {
  page_view: as("page_view"),
  // Apps' screens are Firebase's; on a web stream the name is reserved.
  screen_view: () => ({ skipped: "reserved_name" }),
  // `user_engagement` is reserved. GA4 adds up the engagement time of events of any name.
  page_ping: as("page_ping", (p) => ({
    engagement_time_msec: engagement(p.engaged_seconds),
    percent_scrolled: number(p.max_scroll),
  })),
  content_impression: as("content_impression", (p) => ({ slot: text(p.slot), offer: text(p.offer) })),
  // GA4's "selects content": the marked element is what was selected; the page's own content keeps its topic.
  cta_click: (p) => ({
    name: "select_content",
    params: {
      ...contentParams(p.content),
      content_type: "cta",
      content_id: text(p.cta_id),
      cta_label: text(p.label),
      link_url: text(p.href),
      slot: text(p.slot),
      offer: text(p.offer),
    },
  }),
  link_click: (p) => as(isDownload(p) ? "file_download" : "click", link)(p),
  scroll: as("scroll", (p) => ({ percent_scrolled: number(p.percent) })),
  search: as("search", (p) => ({
    search_term: text(p.search_term) ?? NOT_SET,
    results: number(p.results),
  })),
  share: as("share", (p) => ({ ...method(p), ...shared(p) })),
  // "submits a form or a request for information"; GA4's own `form_submit` is what enhanced measurement collects.
  form_submit: as("generate_lead", (p) => ({ form_id: text(p.form_id), form_name: text(p.form_name) })),
  generate_lead: as("generate_lead", (p) => ({
    ...money(p.value, p.currency),
    lead_source: text(p.lead_source),
    form_id: text(p.form_id),
  })),
  view_promotion: as("view_promotion", (p) => ({ ...promotion(p), items: itemsOrNotSet(p) })),
  select_promotion: as("select_promotion", (p) => ({ ...promotion(p), items: items(p) })),
  view_item_list: as("view_item_list", (p) => ({
    ...fromList(p),
    ...money(undefined, p.currency),
    items: itemsOrNotSet(p),
  })),
  // Nothing was worth anything yet.
  select_item: as("select_item", (p) => ({ ...fromList(p), ...products(p), value: undefined })),
  view_item: as("view_item", products),
  add_to_wishlist: as("add_to_wishlist", products),
  add_to_cart: as("add_to_cart", products),
  remove_from_cart: as("remove_from_cart", products),
  view_cart: as("view_cart", cart),
  begin_checkout: as("begin_checkout", cart),
  add_shipping_info: as("add_shipping_info", (p) => ({ shipping_tier: text(p.shipping_tier), ...cart(p) })),
  add_payment_info: as("add_payment_info", (p) => ({ payment_type: text(p.payment_type), ...cart(p) })),
  purchase: as("purchase", (p) => ({ ...order(p), items: itemsOrNotSet(p) })),
  // Without items it is the whole order.
  refund: as("refund", (p) => ({ ...order(p), items: items(p) })),
  sign_up: as("sign_up", method),
  login: as("login", method),
  group: as("join_group", (p) => ({ group_id: text(p.group_id), group_type: text(p.group_type) })),
  custom,
};

/** One event as GA4's: its name and what is its own of the parameters. */
export function ga4Event(name: string, properties: Properties): Ga4Event {
  const map = isEventName(name) ? EVENTS[name] : undefined;
  return map ? map(properties) : { skipped: "no_ga4_event" };
}

/** Milliseconds, at least the one that counts as activity. */
const engagement = (seconds: unknown): number => Math.max(1, Math.round((number(seconds) ?? 0) * 1000));

const isDownload = (p: Properties): boolean => p.file_name !== undefined || p.file_extension !== undefined;

function link(p: Properties): Given {
  const url = text(p.link_url);
  return {
    link_url: url,
    link_domain: url === undefined ? undefined : text(URL.parse(url)?.hostname),
    link_text: text(p.link_text),
    link_id: text(p.link_id),
    outbound: typeof p.outbound === "boolean" ? String(p.outbound) : undefined,
    file_name: text(p.file_name),
    file_extension: text(p.file_extension),
  };
}

function shared(p: Properties): Given {
  const product = text(p.product_id);
  if (product !== undefined) return { item_id: product, content_type: "product" };
  return { item_id: text(record(p.content).content_id) };
}

const promotion = (p: Properties): Given => ({
  promotion_id: text(p.promotion_id),
  promotion_name: text(p.promotion_name),
  creative_name: text(p.creative_name),
  creative_slot: text(p.creative_slot),
});

const fromList = (p: Properties): Given => ({
  item_list_id: text(p.list_id),
  item_list_name: text(p.list_name),
});

function contentParams(value: unknown): Given {
  const content = record(value);
  const taxonomy = list(content.taxonomy).filter((entry) => typeof entry === "string");
  return {
    content_id: text(content.content_id),
    content_type: text(content.content_type),
    content_topic: text(content.topic),
    content_taxonomy: taxonomy.length > 0 ? taxonomy.join(",") : undefined,
    content_author: text(content.author),
    content_publish_date: text(content.publish_date),
  };
}

/** Parameters that mean something else when they come from a sender's own fields: they are ours, or must have a shape. */
const NOT_FREE: ReadonlySet<string> = new Set(
  `session_id session_number engagement_time_msec page_location page_title page_referrer experiment_id variation_id
  timestamp_micros items`.split(/\s+/),
);

/** An event without a contract, under the name that its sender gave it. */
function custom(p: Properties): Ga4Event {
  const name = eventName(text(p.event) ?? "");
  if (name === undefined) return { skipped: "no_valid_name" };
  // Nor one of a contract: such an event has fields that this one has not shown to have.
  if (isReserved(name) || isEventName(name)) return { skipped: "reserved_name" };
  const { value, currency, ...fields } = record(p.fields);
  const params: Given = { ...money(value, currency) };
  for (const [field, given] of Object.entries(fields)) {
    if (NOT_FREE.has(field)) continue;
    params[field] = typeof given === "boolean" ? String(given) : (text(given) ?? number(given));
  }
  return { name, params };
}
