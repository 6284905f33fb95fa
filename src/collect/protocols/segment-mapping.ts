/**
 * Segment's calls and e-commerce events, translated to our contracts, so that a purchase is a `purchase` whoever sent it.
 * Source: https://segment.com/docs/connections/spec/ecommerce/v2/ and .../spec/common/
 */
import { isEventName } from "#contracts/registry";
import { asId, asNumber, asRecord, asText, defined } from "../shape.ts";

type Fields = Record<string, unknown>;

/** Names of track calls with a contract; any other name is tried in snake_case. */
const TRACK: Record<string, { name: string; map(p: Fields): Fields }> = {
  "order completed": { name: "purchase", map: order },
  "product added": {
    name: "add_to_cart",
    map: (p) => ({ ...item(p), ...defined({ currency: asText(p.currency) }) }),
  },
  "signed in": { name: "login", map: (p) => defined({ method: asText(p.method) }) },
  "form submitted": {
    name: "form_submit",
    map: (p) =>
      defined({
        form_id: asId(p.form_id) ?? asId(p.id) ?? asText(p.form_name),
        form_name: asText(p.form_name),
      }),
  },
  "cta clicked": {
    name: "cta_click",
    map: (p) => defined({ ...p, cta_id: asId(p.cta_id) ?? asId(p.id) ?? asText(p.label) }),
  },
};

/** The contract and its properties for a call; undefined for a call that Doorstep does not collect. */
export function nameAndProperties(
  type: string,
  record: Fields,
): { name: string; properties: Fields } | undefined {
  const properties = asRecord(record.properties) ?? {};
  if (type === "page") return { name: "page_view", properties: defined({ content: content(properties) }) };
  if (type === "identify") return { name: "identify", properties: {} };
  if (type !== "track") return undefined;
  const event = asText(record.event) ?? "";
  const call = event.trim().toLowerCase();
  const known = Object.hasOwn(TRACK, call) ? TRACK[call] : undefined;
  if (known) return { name: known.name, properties: known.map(properties) };
  const name = event
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .slice(0, 64);
  const found = content(properties);
  return {
    name: isEventName(name) ? name : event.slice(0, 64),
    properties: found ? { ...properties, content: found } : properties,
  };
}

/** Segment's context as ours. Page calls also carry the page in their properties. */
export function contextOf(context: Fields, record: Fields): Fields {
  const page = { ...asRecord(context.page), ...(record.type === "page" ? asRecord(record.properties) : {}) };
  const campaign = asRecord(context.campaign);
  const library = asRecord(context.library);
  const name = asText(library?.name)?.slice(0, 64);
  return defined({
    page: defined({
      url: asText(page.url)?.slice(0, 4096),
      title: asText(page.title)?.slice(0, 512),
      referrer: asText(page.referrer)?.slice(0, 4096),
    }),
    utm:
      campaign &&
      defined({
        source: asText(campaign.source)?.slice(0, 128),
        medium: asText(campaign.medium)?.slice(0, 128),
        campaign: asText(campaign.name)?.slice(0, 256),
        term: asText(campaign.term)?.slice(0, 256),
        content: asText(campaign.content)?.slice(0, 256),
      }),
    locale: asText(context.locale)?.slice(0, 35),
    library: name && defined({ name, version: asText(library?.version)?.slice(0, 32) }),
  });
}

/** Segment's reserved traits as ours. Source: https://segment.com/docs/connections/spec/identify/#traits */
export function identityTraits(traits: Fields | undefined): Fields | undefined {
  if (!traits) return undefined;
  return defined({
    email: asText(traits.email),
    phone: asText(traits.phone),
    customer_id: asId(traits.customer_id) ?? asId(traits.customerId),
    first_name: asText(traits.firstName) ?? asText(traits.first_name),
    last_name: asText(traits.lastName) ?? asText(traits.last_name),
    company: asText(traits.company) ?? asText(asRecord(traits.company)?.name),
  });
}

function content(p: Fields): Fields | undefined {
  const nested = asRecord(p.content);
  if (nested) return nested;
  if (p.content_id === undefined) return undefined;
  return defined({
    content_id: p.content_id,
    content_type: p.content_type ?? "page",
    topic: p.topic,
    taxonomy: p.taxonomy,
    author: p.author,
    publish_date: p.publish_date,
  });
}

function order(p: Fields): Fields {
  const products = Array.isArray(p.products) ? p.products : undefined;
  return defined({
    order_id: asId(p.order_id) ?? asId(p.orderId) ?? p.order_id,
    value: asNumber(p.total) ?? asNumber(p.value) ?? asNumber(p.revenue) ?? p.total,
    currency: asText(p.currency)?.toUpperCase(),
    tax: asNumber(p.tax),
    shipping: asNumber(p.shipping),
    coupon: asText(p.coupon),
    items: products?.map((product) => item(asRecord(product) ?? {})),
  });
}

function item(p: Fields): Fields {
  return defined({
    product_id: asId(p.product_id) ?? asId(p.productId) ?? asId(p.sku) ?? p.product_id,
    name: asText(p.name),
    category: asText(p.category),
    price: asNumber(p.price),
    quantity: asNumber(p.quantity),
  });
}
