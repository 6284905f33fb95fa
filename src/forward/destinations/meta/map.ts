/**
 * One event as Meta takes it: what events.ts makes of it, who it is about (customer.ts), and Meta's own consent fields.
 * Its `event_id` is put in as it is sent, unless the settings ask for the sender's own.
 * https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/server-event
 */
import * as z from "zod";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { metaConsent } from "../consent-fields.ts";
import type { MapResult } from "../contract.ts";
import { defined, record, text } from "../read.ts";
import { customerOf, customerSchema, isFindable } from "./customer.ts";
import { customSchema, metaEvent } from "./events.ts";
import { ACTION_SOURCES, type MetaSettings } from "./settings.ts";

/** https://developers.facebook.com/docs/meta-pixel/implementation/conversion-tracking (custom events) */
const NAME_LENGTH = 50;

export const metaBody = z.strictObject({
  event_name: z.string().min(1),
  /** Epoch seconds. */
  event_time: z.int(),
  event_id: z.string().min(1).exactOptional(),
  action_source: z.enum(ACTION_SOURCES),
  event_source_url: z.string().exactOptional(),
  opt_out: z.boolean(),
  data_processing_options: z.array(z.literal("LDU")).readonly(),
  data_processing_options_country: z.number().exactOptional(),
  data_processing_options_state: z.number().exactOptional(),
  user_data: customerSchema,
  custom_data: customSchema,
});
export type MetaBody = z.infer<typeof metaBody>;

/** Map one event. Meta is an advertiser's: without consent for marketing nothing is told, in however limited a form. */
export function mapMeta(event: DeliveryEvent, traits: Traits, settings: MetaSettings): MapResult<MetaBody> {
  if (!event.consent.granted.includes("marketing"))
    return { status: "skipped", reason: "marketing_not_granted" };
  const own = metaEvent(event.name, event.properties);
  if ("skipped" in own) return { status: "skipped", reason: own.skipped };
  const url = text(record(event.context.page).url);
  return fitMeta({
    event_name: own.name,
    // Meta takes the past only, and a sender's clock may run ahead.
    event_time: Math.floor(Math.min(event.occurredAt, event.receivedAt) / 1000),
    ...(settings.event_id === "event" && { event_id: event.id }),
    action_source: settings.action_sources[event.source] ?? (url ? "website" : "other"),
    ...(url && { event_source_url: url }),
    ...metaConsent(event.consent),
    user_data: customerOf(event, traits),
    custom_data: defined(own.custom),
  });
}

/**
 * What Meta would refuse, with all that is sent beside it, never leaves: a website's event without its page or its
 * browser, one that could be anybody's, and a purchase without what it was worth. A name is cut to 50 characters.
 */
export function fitMeta(body: MetaBody): MapResult<MetaBody> {
  const { action_source, event_source_url, user_data, custom_data } = body;
  if (action_source === "website" && !event_source_url) return { status: "skipped", reason: "no_page_url" };
  if (action_source === "website" && !user_data.client_user_agent)
    return { status: "skipped", reason: "no_user_agent" };
  if (!isFindable(user_data)) return { status: "skipped", reason: "no_customer_information" };
  const event_name = Array.from(body.event_name).slice(0, NAME_LENGTH).join("");
  if (event_name === "Purchase" && (custom_data.value === undefined || custom_data.currency === undefined))
    return { status: "failed", code: "purchase_without_value" };
  return { status: "mapped", body: { ...body, event_name } };
}
