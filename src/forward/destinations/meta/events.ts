/**
 * The vocabulary as Meta's: its standard events and their fields where it has them, our own names where it has not. Pure;
 * `mapMeta` (map.ts) adds what all events share.
 * https://developers.facebook.com/documentation/meta-pixel/reference (standard events)
 * https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/custom-data
 */
import * as z from "zod";
import { type EventName, isEventName } from "#contracts/registry";
import { list, number, record, text } from "../read.ts";

type Properties = Readonly<Record<string, unknown>>;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const line = z.strictObject({ id: z.string(), quantity: z.number(), item_price: z.number().exactOptional() });
/** Meta's own fields that have a type of their own. */
const typed = z.looseObject({
  value: z.number().optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  content_ids: z.array(z.string()).optional(),
  content_type: z.enum(["product", "product_group"]).optional(),
  contents: z.array(line).optional(),
  num_items: z.number().optional(),
});
/** Any other is a custom property. */
export const customSchema = z
  .record(z.string(), z.union([scalar, z.array(scalar), z.array(line)]))
  .refine((fields) => typed.safeParse(fields).success, "a field of Meta's own is not of its type");
type Scalar = z.infer<typeof scalar>;
type Given = Record<string, z.infer<typeof customSchema>[string] | undefined>;

/** An event of Meta's, or why it has none. */
export type MetaEvent = { name: string; custom: Given } | { skipped: string };

type Mapper = (properties: Properties) => MetaEvent;

const as =
  (name: string, custom: (p: Properties) => Given = () => ({})): Mapper =>
  (p) => ({ name, custom: { ...content(p.content), ...custom(p) } });

/** Scalars of these names, as they are. */
const same =
  (...names: string[]) =>
  (p: Properties): Given =>
    Object.fromEntries(names.map((name) => [name, scalarOf(p[name])]));

/** What is missing here, Meta has no use for: it has neither traits without an action, nor accounts, nor consent. */
const EVENTS: Partial<Record<EventName, Mapper>> = {
  page_view: as("PageView"),
  // An app's events need what only Meta's SDK in the app knows (`app_data`).
  screen_view: () => ({ skipped: "app_event" }),
  page_ping: as("page_ping", same("engaged_seconds", "max_scroll")),
  content_impression: as("content_impression", same("slot", "offer")),
  cta_click: as("cta_click", same("cta_id", "label", "href", "slot", "offer")),
  link_click: as(
    "link_click",
    same("link_url", "link_text", "link_id", "outbound", "file_name", "file_extension"),
  ),
  scroll: as("scroll", same("percent")),
  search: as("Search", (p) => ({ search_string: text(p.search_term), ...same("results")(p) })),
  share: as("share", (p) => ({ ...same("method")(p), ...(text(p.product_id) && products([p])) })),
  form_submit: as("Lead", (p) => ({ content_name: text(p.form_name), ...same("form_id")(p) })),
  generate_lead: as("Lead", (p) => ({ ...money(p.value, p.currency), ...same("lead_source", "form_id")(p) })),
  view_promotion: as("view_promotion", promotion),
  select_promotion: as("select_promotion", promotion),
  view_item_list: as("view_item_list", (p) => ({
    ...same("list_id", "list_name", "currency")(p),
    ...products(list(p.items)),
  })),
  select_item: as("select_item", product),
  view_item: as("ViewContent", product),
  add_to_wishlist: as("AddToWishlist", product),
  add_to_cart: as("AddToCart", product),
  remove_from_cart: as("remove_from_cart", product),
  view_cart: as("view_cart", cart),
  begin_checkout: as("InitiateCheckout", (p) => ({ ...cart(p), num_items: count(list(p.items)) })),
  add_shipping_info: as("add_shipping_info", (p) => ({ ...cart(p), ...same("shipping_tier")(p) })),
  add_payment_info: as("AddPaymentInfo", (p) => ({ ...cart(p), ...same("payment_type")(p) })),
  purchase: as("Purchase", order),
  refund: as("refund", order),
  sign_up: as("CompleteRegistration", (p) => ({ status: "true", ...same("method")(p) })),
  login: as("login", same("method")),
  custom,
};

/** One event as Meta's: its name and its own fields. */
export function metaEvent(name: string, properties: Properties): MetaEvent {
  const map = isEventName(name) ? EVENTS[name] : undefined;
  return map ? map(properties) : { skipped: "no_meta_event" };
}

/** A value says nothing without its currency. */
function money(value: unknown, currency: unknown): Given {
  const code = text(currency);
  return code !== undefined && /^[A-Z]{3}$/.test(code) ? { value: number(value), currency: code } : {};
}

function products(lines: readonly unknown[]): Given {
  const contents = lines.map(record).flatMap((line) => {
    const id = text(line.product_id);
    const price = number(line.price);
    return id === undefined
      ? []
      : [{ id, quantity: number(line.quantity) ?? 1, ...(price !== undefined && { item_price: price }) }];
  });
  if (contents.length === 0) return {};
  return { content_type: "product", content_ids: contents.map(({ id }) => id), contents };
}

/** Something was done with one product, or with several at once. What its sender does not say it was worth is added up. */
function product(p: Properties): Given {
  const lines = list(p.items).length > 0 ? list(p.items) : [p];
  return {
    content_name: text(p.name),
    content_category: text(p.category),
    ...same("list_id", "list_name", "index")(p),
    ...products(lines),
    ...money(number(p.value) ?? worth(lines), p.currency),
  };
}

function cart(p: Properties): Given {
  return { ...products(list(p.items)), ...money(p.value, p.currency), ...same("coupon")(p) };
}

function order(p: Properties): Given {
  return { ...cart(p), ...same("order_id", "tax", "shipping")(p) };
}

function promotion(p: Properties): Given {
  const named = same("promotion_id", "promotion_name", "creative_name", "creative_slot");
  return { ...named(p), ...products(list(p.items)) };
}

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

const count = (lines: readonly unknown[]): number | undefined =>
  lines.length === 0
    ? undefined
    : lines.reduce<number>((n, line) => n + (number(record(line).quantity) ?? 1), 0);

/** Meta's `content_type` knows products alone, so that ours has another name. */
function content(value: unknown): Given {
  const given = record(value);
  return {
    content_id: text(given.content_id),
    content_kind: text(given.content_type),
    content_category: text(given.topic),
    content_author: text(given.author),
    content_publish_date: text(given.publish_date),
    content_taxonomy:
      list(given.taxonomy)
        .flatMap((entry) => text(entry) ?? [])
        .join(",") || undefined,
  };
}

/** Fields that must have a shape, which a sender's own value has not shown to have. */
const NOT_FREE: ReadonlySet<string> = new Set(["content_ids", "content_type", "contents", "num_items"]);

/** An event without a contract, under the name that its sender gave it: `Subscribe` or `Schedule` are Meta's own. */
function custom(p: Properties): MetaEvent {
  const name = text(p.event)?.trim();
  if (!name) return { skipped: "no_valid_name" };
  // One of a contract's has fields that this one has not shown to have.
  if (isEventName(name)) return { skipped: "reserved_name" };
  const { value, currency, ...fields } = record(p.fields);
  const free = Object.keys(fields).filter((field) => !NOT_FREE.has(field));
  return { name, custom: { ...same(...free)(fields), ...money(value, currency) } };
}

const scalarOf = (value: unknown): Scalar | undefined =>
  typeof value === "boolean" ? value : (text(value) ?? number(value));
