/**
 * What every event shares: the wire shape of the native protocol, its context and its traits. Contracts of single
 * events (contracts/events/*) add their `properties`. All other protocols are translated into this shape first.
 */
import * as z from "zod";
import { ALL, behavioural, identifier, personal, technical } from "./fields.ts";
import { once } from "./once.ts";
import { CLICK_IDS, type ClickId, CONTENT_TYPES, type Purpose } from "./taxonomy.ts";

const text = (max: number) => z.string().max(max);

/** What a page or a slot shows. Source: the CMS, by `<meta name="doorstep:content">` or its adapter. */
export const contentSchema = once(() =>
  z.object({
    content_id: behavioural(text(128).min(1)),
    content_type: behavioural(z.enum(CONTENT_TYPES)),
    topic: behavioural(text(64)).optional(),
    taxonomy: behavioural(z.array(text(64)).max(20)).optional(),
    author: behavioural(text(128)).optional(),
    publish_date: behavioural(z.iso.date()).optional(),
  }),
);

/** One line of a cart or an order. `price` is per unit, in the event's currency. */
export const itemSchema = once(() =>
  z.object({
    product_id: behavioural(text(128).min(1)),
    name: behavioural(text(256), "text").optional(),
    category: behavioural(text(128)).optional(),
    price: behavioural(z.number().min(0).max(1e9)).optional(),
    quantity: behavioural(z.int().min(1).max(1e6)).optional(),
    brand: behavioural(text(128)).optional(),
    variant: behavioural(text(128), "text").optional(),
    coupon: behavioural(text(64), "text").optional(),
    /** What is taken off the price of one unit. */
    discount: behavioural(z.number().min(0).max(1e9)).optional(),
    /** Place in a list, from 0. */
    index: behavioural(z.int().min(0).max(1e6)).optional(),
    list_id: behavioural(text(128)).optional(),
    list_name: behavioural(text(256), "text").optional(),
  }),
);

/** ISO 4217, upper case. */
export const currencySchema = once(() =>
  behavioural(z.string().regex(/^[A-Z]{3}$/, "must be an ISO 4217 code such as EUR")),
);

/** An address as mail is sent to: ASCII alone, an internationalised domain in Punycode; no quoted local parts. */
export const EMAIL_PATTERN =
  /^(?!\.)(?!.*\.\.)[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}(?<!\.)@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{1,59})$/;

/** A person's own data that comes with an event. Values are claims unless the source proves them. */
export const traitsSchema = once(() =>
  z.object({
    email: identifier(z.email({ pattern: EMAIL_PATTERN }).max(254), [
      "marketing",
      "personalization",
    ]).optional(),
    phone: identifier(text(32), ["marketing", "personalization"]).optional(),
    customer_id: identifier(text(128).min(1), ["analytics", "marketing", "personalization"]).optional(),
    first_name: personal(text(128)).optional(),
    last_name: personal(text(128)).optional(),
    company: personal(text(256)).optional(),
  }),
);

/** The id of one click on an ad: it singles out a person's click, so that it is kept for marketing alone. */
const clickId = once(() => identifier(text(512), []).optional());

/** What the sender knows about the moment of the event. The door adds the rest itself: see `enrichedContextSchema`. */
export const contextSchema = once(() =>
  z.object({
    page: z
      .object({
        url: behavioural(text(4096), "url").optional(),
        title: behavioural(text(512), "text").optional(),
        referrer: behavioural(text(4096), "url").optional(),
      })
      .optional(),
    utm: z
      .object({
        source: behavioural(text(128), "text").optional(),
        medium: behavioural(text(128), "text").optional(),
        campaign: behavioural(text(256), "text").optional(),
        term: behavioural(text(256), "text").optional(),
        content: behavioural(text(256), "text").optional(),
        id: behavioural(text(128), "text").optional(),
      })
      .optional(),
    /** Without it, the door reads them from the page's URL. */
    click_ids: z
      // The entries are the list's names, each once.
      .object(
        Object.fromEntries(CLICK_IDS.map((name) => [name, clickId()])) as Record<
          ClickId,
          ReturnType<typeof clickId>
        >,
      )
      .optional(),
    locale: technical(text(35)).optional(),
    experiment_id: behavioural(text(128)).optional(),
    variation_id: behavioural(text(128)).optional(),
    library: z.object({ name: technical(text(64)), version: technical(text(32)).optional() }).optional(),
  }),
);

const consentValue = () => z.enum(["granted", "denied"]);

/** The sender's own statement on consent; it can restrict, and it grants only where nothing else denies. */
export const consentStatementSchema = once(() =>
  z.object({
    analytics: consentValue().optional(),
    marketing: consentValue().optional(),
    personalization: consentValue().optional(),
    /** A TC string of the IAB's framework. */
    tcf: z.string().optional(),
    /** A GPP string, and the sections of it that apply; without them all that it has. */
    gpp: z.string().optional(),
    gpp_sid: z.array(z.int().min(-1).max(255)).max(100).optional(),
    /** Google's types, as `gtag("consent", …)` has them. */
    consent_mode: z
      .object({
        ad_storage: consentValue().optional(),
        ad_user_data: consentValue().optional(),
        ad_personalization: consentValue().optional(),
        analytics_storage: consentValue().optional(),
        personalization_storage: consentValue().optional(),
      })
      .optional(),
  }),
);
export type ConsentStatement = { [P in Purpose]?: "granted" | "denied" | undefined };

/** So many of them with one event. */
export const MAX_IDENTIFIERS = 20;

/** Further identifiers by namespace, of Doorstep or of the release: `{"login_id": "ida", "person-loyalty_card": "4512"}`. */
export const identifiersSchema = once(() =>
  z
    .record(z.string().regex(/^[a-z][a-z0-9_-]{1,39}$/), identifier(z.union([text(256), z.number()]), ALL))
    .meta({ maxProperties: MAX_IDENTIFIERS }),
);

/** One event as the native protocol carries it, before its contract is known. */
export const nativeEventSchema = once(() =>
  z.object({
    id: z.string().min(1).max(100),
    name: z.string().min(1).max(64),
    version: z.string().max(16).optional(),
    occurred_at: z.iso.datetime({ offset: true }),
    anonymous_id: z.string().min(1).max(128).optional(),
    user_id: z.string().min(1).max(128).optional(),
    /** As `identifiersSchema`; one that names nobody costs itself and not its event. */
    identifiers: z.unknown().optional(),
    properties: z.unknown().optional(),
    context: z.unknown().optional(),
    traits: z.unknown().optional(),
    consent: z.unknown().optional(),
  }),
);

/** The body of `POST /events`. */
export const nativeBodySchema = once(() =>
  z.object({
    write_key: z.string().max(128).optional(),
    sent_at: z.iso.datetime({ offset: true }).optional(),
    /** Holds for the events that have no `consent` of their own. */
    consent: z.unknown().optional(),
    events: z.array(nativeEventSchema()).max(500),
  }),
);

export type Traits = z.infer<ReturnType<typeof traitsSchema>>;
export type ClientContext = z.infer<ReturnType<typeof contextSchema>>;
export type Content = z.infer<ReturnType<typeof contentSchema>>;
export type Item = z.infer<ReturnType<typeof itemSchema>>;
