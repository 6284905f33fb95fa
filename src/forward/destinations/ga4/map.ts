/**
 * Our events as GA4's: its recommended names and parameters where it has them, our own where it has not. No personal
 * trait, and no identifier but a derived client id, ever leaves by this file.
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference/events
 */
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import type { EventName } from "#contracts/registry";
import { fnv1a32 } from "#core/fnv";
import type { MapResult } from "../contract.ts";
import { defined, list, number, record, text } from "../read.ts";
import { fitParams, type Item, type Param, type Params } from "./limits.ts";

type ConsentValue = "GRANTED" | "DENIED";

/** One event and what its request must say; only events that agree on all but `event` share a request. */
export interface Ga4Body {
  client_id: string;
  consent: { ad_user_data: ConsentValue; ad_personalization: ConsentValue };
  /** Country only; the request comes from the Worker, whose address says nothing. */
  user_location?: { country_id: string };
  device?: { category?: string; language?: string };
  event: { name: string; timestamp_micros: number; params: Params };
}

type Properties = Readonly<Record<string, unknown>>;
type Named = { name: string; params: Record<string, Param | undefined> };

/** GA4 has no event for what is missing here. */
const EVENTS: Partial<Record<EventName, (properties: Properties) => Named>> = {
  page_view: (p) => ({ name: "page_view", params: contentParams(p.content) }),
  content_impression: (p) => ({
    name: "content_impression",
    params: { slot: text(p.slot), offer: text(p.offer), ...contentParams(p.content) },
  }),
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
  scroll: (p) => ({
    name: "scroll",
    params: { percent_scrolled: number(p.percent), ...contentParams(p.content) },
  }),
  // "submits a form or a request for information"; GA4's own `form_submit` is what enhanced measurement collects.
  form_submit: (p) => ({
    name: "generate_lead",
    params: { form_id: text(p.form_id), form_name: text(p.form_name) },
  }),
  add_to_cart: (p) => ({ name: "add_to_cart", params: { ...cartValue(p), items: items([p]) } }),
  purchase: (p) => ({
    name: "purchase",
    params: {
      transaction_id: text(p.order_id),
      value: number(p.value),
      currency: text(p.currency),
      tax: number(p.tax),
      shipping: number(p.shipping),
      coupon: text(p.coupon),
      items: orderItems(p),
    },
  }),
  login: (p) => ({ name: "login", params: { method: text(p.method) } }),
};

/** Map one event. Traits are not looked at. */
export function mapGa4(event: DeliveryEvent, _traits: Traits): MapResult<Ga4Body> {
  const mapper = Object.entries(EVENTS).find(([name]) => name === event.name)?.[1];
  if (!mapper) return { status: "skipped", reason: "no_ga4_event" };
  const { name, params } = mapper(event.properties);
  const marketing: ConsentValue = event.consent.granted.includes("marketing") ? "GRANTED" : "DENIED";
  const country = text(event.context.geo?.country);
  const category = event.context.device?.type;
  const device = defined({
    category: category === "other" ? undefined : category,
    language: text(event.context.locale)?.toLowerCase(),
  });
  return {
    status: "mapped",
    body: {
      client_id: clientIdOf(event.profile),
      consent: { ad_user_data: marketing, ad_personalization: marketing },
      ...(country && { user_location: { country_id: country } }),
      ...(Object.keys(device).length > 0 && { device }),
      event: {
        name,
        // GA4 takes the past only, and a sender's clock may run ahead.
        timestamp_micros: Math.min(event.occurredAt, event.receivedAt) * 1000,
        params: fitParams({
          ...sessionParams(event),
          ...pageParams(event),
          ...params,
          ...experimentParams(event),
        }),
      },
    },
  };
}

/** GA4's form of a client id, `digits.digits`, the same for the same profile and never its key. */
export const clientIdOf = (profile: string): string => `${fnv1a32(profile)}.${fnv1a32(`ga4:${profile}`)}`;

/**
 * Without a session id and an engagement time an event shows in no report. GA4's session ids are digits: the second in
 * which the session began. An event without a session (a server's) gets the half hour that it fell into. The engagement
 * time of a single event is not known, so it is the least that counts as activity.
 */
function sessionParams(event: DeliveryEvent): Record<string, Param | undefined> {
  const { session } = event.context;
  const startedAt = session?.startedAt ?? Math.floor(event.occurredAt / 1_800_000) * 1_800_000;
  return {
    session_id: String(Math.floor(startedAt / 1000)),
    session_number: session?.number,
    engagement_time_msec: 1,
  };
}

function pageParams(event: DeliveryEvent): Record<string, Param | undefined> {
  const page = record(event.context.page);
  return { page_location: text(page.url), page_title: text(page.title), page_referrer: text(page.referrer) };
}

const experimentParams = (event: DeliveryEvent): Record<string, Param | undefined> => ({
  experiment_id: text(event.context.experiment_id),
  variation_id: text(event.context.variation_id),
});

function contentParams(value: unknown): Record<string, Param | undefined> {
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

/** `value` may not stand without `currency`. */
function cartValue(p: Properties): Record<string, Param | undefined> {
  const currency = text(p.currency);
  const price = number(p.price);
  if (currency === undefined || price === undefined) return {};
  return { currency, value: price * (number(p.quantity) ?? 1) };
}

/** `purchase` must have items; an order without any becomes one item that says so, with the order's value. */
function orderItems(p: Properties): Item[] {
  const lines = items(list(p.items));
  if (lines.length > 0) return lines;
  return [defined({ item_id: "(not set)", price: number(p.value), quantity: 1 })];
}

const items = (lines: readonly unknown[]): Item[] =>
  lines.map(record).map((line) =>
    defined({
      item_id: text(line.product_id) ?? "(not set)",
      item_name: text(line.name),
      item_category: text(line.category),
      price: number(line.price),
      quantity: number(line.quantity) ?? 1,
    }),
  );
