/**
 * What Meta documents that an event must be. One that is not so fails the whole request, and none of it is processed.
 * events  https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/server-event
 * people  https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/customer-information-parameters
 * click   https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/fbp-and-fbc
 * values  https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/custom-data
 * limits  https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api
 * LDU     https://developers.facebook.com/docs/marketing-apis/data-processing-options
 */
import { isIP } from "node:net";
import { z } from "zod";

/** "You can send up to 1,000 events in data." */
export const EVENTS_LIMIT = 1_000;
const DAY_SECONDS = 86_400;
/** A sender's clock may run ahead a little. */
const AHEAD_SECONDS = 60;

/** Subcodes that Meta answers with; others have none here. */
const TOO_OLD = 2804003;
const NOT_ENOUGH = 2804050;

const hash = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hex, in lower case");
const hashes = z.union([hash, z.array(hash).min(1)]).optional();
/** Recommended to be hashed, and taken as it is. */
const ids = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional();

const userData = z.object({
  em: hashes,
  ph: hashes,
  fn: hashes,
  ln: hashes,
  ge: hashes,
  db: hashes,
  ct: hashes,
  st: hashes,
  zp: hashes,
  country: hashes,
  external_id: ids,
  client_ip_address: z
    .string()
    .refine((address) => isIP(address) !== 0, "must be an IPv4 or IPv6 address")
    .optional(),
  client_user_agent: z.string().min(1).optional(),
  fbc: z
    .string()
    .regex(/^fb\.\d\.\d{13}\.\S+$/, "must be fb.subdomainIndex.creationTime.fbclid, in milliseconds")
    .optional(),
  fbp: z
    .string()
    .regex(/^fb\.\d\.\d{13}\.\d+$/, "must be fb.subdomainIndex.creationTime.randomNumber")
    .optional(),
});

const CURRENCIES = new Set(Intl.supportedValuesOf("currency"));

const customData = z.looseObject({
  value: z.number().optional(),
  currency: z
    .string()
    .refine((code) => CURRENCIES.has(code.toUpperCase()), "must be an ISO 4217 code")
    .optional(),
  content_ids: z.array(z.union([z.string(), z.number()])).optional(),
  content_type: z.enum(["product", "product_group"]).optional(),
  contents: z
    .array(
      z.looseObject({
        id: z.string().min(1),
        quantity: z.number().min(0),
        item_price: z.number().optional(),
      }),
    )
    .optional(),
  num_items: z.number().optional(),
  search_string: z.string().optional(),
  order_id: z.string().optional(),
});

const limited = z.union([z.tuple([]), z.tuple([z.literal("LDU")])]);

const serverEvent = z.looseObject({
  event_name: z.string().min(1),
  event_time: z.int().min(0),
  event_id: z.string().min(1).optional(),
  event_source_url: z.url({ protocol: /^https?$/ }).optional(),
  action_source: z.enum([
    "email",
    "website",
    "app",
    "phone_call",
    "chat",
    "physical_store",
    "system_generated",
    "business_messaging",
    "other",
  ]),
  opt_out: z.boolean().optional(),
  data_processing_options: limited.optional(),
  data_processing_options_country: z.union([z.literal(0), z.literal(1)]).optional(),
  data_processing_options_state: z
    .int()
    .refine((state) => state === 0 || (state >= 1000 && state <= 1013), "must be 0 or a state's number")
    .optional(),
  user_data: userData,
  custom_data: customData.optional(),
});
export type ServerEvent = z.infer<typeof serverEvent>;

/** What Meta can find a person by. The rest of `user_data` could be anybody's. */
const FINDS = ["em", "ph", "external_id", "fbc", "fbp"] as const;

type Refusal = { message: string; subcode?: number };

/** Why Meta refuses an event at that place of `data`, or the event. */
export function readEvent(
  given: unknown,
  place: number,
  now: Date,
): { event: ServerEvent } | { refusal: Refusal } {
  const parsed = serverEvent.safeParse(given);
  const refuse = (message: string, subcode?: number) => ({
    refusal: { message: `data[${place}]: ${message}`, ...(subcode !== undefined && { subcode }) },
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse(`${issue?.path.join(".")}: ${issue?.message}`);
  }
  const event = parsed.data;
  const { action_source, user_data, custom_data, data_processing_options } = event;
  const ageSeconds = now.getTime() / 1000 - event.event_time;
  if (ageSeconds > (action_source === "physical_store" ? 62 : 7) * DAY_SECONDS)
    return refuse("event_time: the event is too old", TOO_OLD);
  if (ageSeconds < -AHEAD_SECONDS) return refuse("event_time: lies in the future; is it in seconds?");
  if (action_source === "website" && event.event_source_url === undefined)
    return refuse("event_source_url: is required for website events");
  if (action_source === "website" && user_data.client_user_agent === undefined)
    return refuse("user_data.client_user_agent: is required for website events");
  const hasNetwork = user_data.client_ip_address !== undefined && user_data.client_user_agent !== undefined;
  const hasName = user_data.fn !== undefined && user_data.ln !== undefined && user_data.ct !== undefined;
  if (!FINDS.some((key) => user_data[key] !== undefined) && !hasNetwork && !hasName)
    return refuse("user_data: insufficient customer information parameters", NOT_ENOUGH);
  if (
    event.event_name === "Purchase" &&
    (custom_data?.value === undefined || custom_data.currency === undefined)
  )
    return refuse("custom_data: Purchase requires value and currency");
  const { data_processing_options_country: country, data_processing_options_state: state } = event;
  if (data_processing_options?.length === 1 && (country === undefined) !== (state === undefined))
    return refuse("data_processing_options: country and state go together");
  return { event };
}
