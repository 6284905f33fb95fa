/**
 * Snowplow's events as our contracts. What has no contract keeps the sender's own name and goes by the source's policy;
 * what means nothing here (the beats of a media player, a consent banner's speed) is left out.
 */
import { isEventName } from "#contracts/registry";
import { asId, asNumber, asRecord, asText, defined } from "../shape.ts";
import { contentIn } from "./content-fields.ts";
import { whole } from "./segment-fields.ts";
import { cartLine, cut, ECOMMERCE, type Mapped, mapAction } from "./snowplow-commerce.ts";
import { SNOWPLOW } from "./snowplow-consent.ts";
import type { Fields, Payload, SelfDescribing } from "./snowplow-payload.ts";

/** Self-describing events of Snowplow's own, by name. */
const EVENTS: Record<string, (data: Fields) => Mapped> = {
  link_click: (d) => ({
    name: "link_click",
    properties: defined({
      link_url: cut(d.targetUrl, 4096),
      link_text: cut(d.elementContent, 256),
      link_id: cut(d.elementId, 128),
    }),
  }),
  button_click: (d) => ({
    name: "cta_click",
    properties: defined({ cta_id: asId(d.id) ?? asId(d.name) ?? asId(d.label), label: cut(d.label, 256) }),
  }),
  submit_form: (d) => ({
    name: "form_submit",
    properties: defined({ form_id: asId(d.formId), fields: fieldNames(d.elements) }),
  }),
  // What was typed stays out: a form's values come only with its submission, and only those that the site lists.
  change_form: (d) => ({ name: "change_form", properties: formField(d) }),
  focus_form: (d) => ({ name: "focus_form", properties: formField(d) }),
  site_search: (d) => ({
    name: "search",
    properties: defined({
      search_term: Array.isArray(d.terms) ? d.terms.filter(asText).join(" ").slice(0, 256) : undefined,
      results: count(d.totalResults),
    }),
  }),
  screen_view: (d) => ({
    name: "screen_view",
    properties: defined({ screen_name: cut(d.name, 256), screen_class: cut(d.type, 256) }),
  }),
  social_interaction: (d) => ({ name: "share", properties: defined({ method: cut(d.network, 64) }) }),
  add_to_cart: (d) => ({ name: "add_to_cart", properties: cartLine(d) }),
  remove_from_cart: (d) => ({ name: "remove_from_cart", properties: cartLine(d) }),
};
const count = whole(0, 1e9);
const CONSENT = new Set(["consent_preferences", "consent_granted", "consent_withdrawn"]);

/** Structured events that everybody names alike; the field that their label is. */
const STRUCTURED: Record<string, string> = {
  login: "method",
  sign_up: "method",
  share: "method",
  search: "search_term",
};

/**
 * The contract and its properties for a payload, or undefined where it is left out. Transactions and their items are
 * not asked for here: snowplow.ts puts them together.
 */
export function nameAndProperties(payload: Payload): Mapped | undefined {
  const mapped = mapPayload(payload);
  const content = contentOf(payload);
  return mapped && content ? { name: mapped.name, properties: { ...mapped.properties, content } } : mapped;
}

function mapPayload(payload: Payload): Mapped | undefined {
  const { type, fields, event } = payload;
  if (event) return mapEvent(payload, event);
  if (type === "pv") return { name: "page_view", properties: {} };
  if (type === "pp") return { name: "page_ping", properties: defined({ max_scroll: depthOf(fields) }) };
  if (type === "se") return structured(fields);
  return { name: type, properties: {} };
}

function mapEvent(payload: Payload, { vendor, name, data }: SelfDescribing): Mapped | undefined {
  if (vendor === ECOMMERCE && name === "snowplow_ecommerce_action") return mapAction(payload);
  const isTheirs = vendor === SNOWPLOW || vendor.startsWith(`${SNOWPLOW}.`) || vendor === MOBILE;
  if (!isTheirs) return ownEvent(name, data);
  if (vendor === MEDIA || name.startsWith("media_player") || name === "cmp_visible") return undefined;
  if (CONSENT.has(name)) return { name: "consent_update", properties: {} };
  const map = Object.hasOwn(EVENTS, name) ? EVENTS[name] : undefined;
  return map ? map(data) : { name, properties: { ...data } };
}

const MEDIA = `${SNOWPLOW}.media`;
const MOBILE = "com.snowplowanalytics.mobile";

/** A schema of the site's own: one that is named as a contract is meant for it, in its fields too. */
function ownEvent(schema: string, data: Fields): Mapped {
  const name = schema.toLowerCase().replaceAll("-", "_");
  return { name: isEventName(name) ? name : schema, properties: { ...data } };
}

function structured(fields: Fields): Mapped {
  const action = asText(fields.se_ac) ?? "";
  const name = action
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_");
  const label = Object.hasOwn(STRUCTURED, name) ? STRUCTURED[name] : undefined;
  if (label !== undefined)
    return { name, properties: defined({ [label]: cut(fields.se_la, label === "method" ? 64 : 256) }) };
  return {
    name: action === "" ? "structured_event" : action,
    properties: defined({
      category: asText(fields.se_ca),
      action,
      label: asText(fields.se_la),
      property: asText(fields.se_pr),
      value: asNumber(fields.se_va),
    }),
  };
}

/** How deep the page was seen, in per cent, from the greatest offset, the viewport and the document. */
function depthOf(fields: Fields): number | undefined {
  const offset = asNumber(fields.pp_may);
  const [, seen] = sizeOf(fields.vp);
  const [, whole] = sizeOf(fields.ds);
  if (offset === undefined || !seen || !whole) return undefined;
  return Math.max(0, Math.min(100, Math.round(((offset + seen) / whole) * 100)));
}

/** `1280x720` as its two numbers. */
function sizeOf(value: unknown): (number | undefined)[] {
  return (asText(value) ?? "").split("x", 2).map(asNumber);
}

const formField = (d: Fields) =>
  defined({
    form_id: asText(d.formId),
    element_id: asText(d.elementId),
    element_type: asText(d.type) ?? asText(d.elementType) ?? asText(d.nodeName),
  });

function fieldNames(elements: unknown): string[] | undefined {
  if (!Array.isArray(elements)) return undefined;
  return elements
    .map((element) => asId(asRecord(element)?.name))
    .filter((name) => name !== undefined)
    .slice(0, 100);
}

/** What the page shows: an entity `content` of any vendor. */
const contentOf = ({ entities }: Payload): Fields | undefined =>
  entities.reduce<Fields | undefined>(
    (found, { name, data }) => found ?? (name === "content" ? contentIn(data) : undefined),
    undefined,
  );
