/**
 * What one call of Segment's specification means to us: its contract, properties and traits. RudderStack's and Jitsu's
 * calls are the same. Source: https://segment.com/docs/connections/spec/
 */
import { isEventName } from "#contracts/registry";
import { asRecord, asText } from "../shape.ts";
import { contentIn } from "./content-fields.ts";
import { eventOfContract, namedEvent } from "./ecommerce-segment.ts";
import {
  type Fields,
  type FieldTable,
  field,
  id,
  readFields,
  required,
  text,
  whole,
} from "./segment-fields.ts";

/** What a call means; `properties` are not yet checked against the contract. */
export interface Meaning {
  name: string;
  properties: Record<string, unknown>;
  traits?: Record<string, unknown> | undefined;
}

const NONE: Fields = {};

/** @returns undefined for a type of call that the specification does not know */
export function meaningOf(type: string, record: Fields, context: Fields): Meaning | undefined {
  const known = asRecord(context.traits);
  switch (type) {
    case "track":
      return trackOf(record, known);
    case "page": {
      const content = contentOf(asRecord(record.properties) ?? NONE);
      return { name: "page_view", properties: content ? { content } : {}, traits: traitsOf(known) };
    }
    case "screen":
      return { name: "screen_view", properties: screenOf(record), traits: traitsOf(known) };
    case "identify":
      return { name: "identify", properties: {}, traits: traitsOf(known, asRecord(record.traits)) };
    case "alias":
      return { name: "identify", properties: {}, traits: traitsOf(known) };
    case "group":
      return groupOf(record, known);
    default:
      return undefined;
  }
}

function trackOf(record: Fields, known: Fields | undefined): Meaning {
  const event = (asText(record.event) ?? "").trim();
  const given = asRecord(record.properties) ?? NONE;
  const mapping = namedEvent(event.toLowerCase(), given);
  const name = mapping ? mapping.name : contractNamed(event);
  const ours = mapping ?? (name === undefined ? undefined : eventOfContract(name));
  const traits = traitsOf(known, ours?.hasTraits ? given : undefined);
  if (!ours) {
    const content = contentOf(given);
    return {
      name: name ?? event.slice(0, 64),
      properties: content ? { ...given, content } : { ...given },
      traits,
    };
  }
  const properties = readFields(ours.fields, given);
  const content = ours.hasContent ? contentOf(given) : undefined;
  if (content) properties.content = content;
  // Who uses our own name may use our own fields, too; of a vendor's name, the vendor's fields are all there are.
  return { name: ours.name, properties: mapping ? properties : { ...given, ...properties }, traits };
}

/** "Page View", "page_view" and "page-view" are the contract page_view. */
function contractNamed(event: string): string | undefined {
  const name = event
    .slice(0, 128)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_");
  return isEventName(name) ? name : undefined;
}

function screenOf(record: Fields): Record<string, unknown> {
  const given = asRecord(record.properties) ?? NONE;
  const name = record.name ?? given.screen_name ?? given.name ?? record.category;
  const properties = readFields(SCREEN, { ...given, screen_name: name });
  const content = contentOf(given);
  if (content) properties.content = content;
  return properties;
}

const SCREEN: FieldTable = {
  screen_name: required(text(256), "screen_name"),
  screen_class: field(text(256), "screen_class", "class"),
};

/** A group's traits are the group's own; only its name says something of the person: where they belong. */
function groupOf(record: Fields, known: Fields | undefined): Meaning {
  const given = asRecord(record.traits) ?? NONE;
  const traits = traitsOf(known) ?? {};
  const company = asText(given.name) ?? asText(given.company);
  if (company !== undefined) traits.company = company;
  return { name: "group", properties: readFields(GROUP, { ...given, groupId: record.groupId }), traits };
}

const GROUP: FieldTable = {
  group_id: required(id, "groupId"),
  group_type: field(text(64), "group_type", "type"),
  industry: field(text(128), "industry"),
  employees: field(whole(0, 1e8), "employees"),
  plan: field(text(64), "plan"),
};

/**
 * Reserved traits as ours; what is said later counts. Source: https://segment.com/docs/connections/spec/identify/#traits
 * @returns undefined where there are none
 */
function traitsOf(...given: (Fields | undefined)[]): Record<string, unknown> | undefined {
  let out: Record<string, unknown> | undefined;
  for (const traits of given) if (traits) out = { ...out, ...readFields(TRAITS, traits) };
  return out;
}

/** Also the `name` of a company that comes as an object. */
const company = (value: unknown): unknown => text(256)(asRecord(value)?.name ?? value);

const TRAITS: FieldTable = {
  email: field(asText, "email"),
  phone: field(asText, "phone"),
  customer_id: field(id, "customer_id", "customerId"),
  first_name: field(text(128), "firstName", "first_name", "firstname"),
  last_name: field(text(128), "lastName", "last_name", "lastname"),
  company: field(company, "company"),
};

/** What the page or screen shows: an object of its own, or its fields beside the others. */
const contentOf = (p: Fields): Record<string, unknown> | undefined =>
  contentIn(asRecord(p.content) ?? NONE) ?? contentIn(p);

/** The vendor's context as ours. A page call also carries the page in its properties. */
export function contextOf(context: Fields, type: string, record: Fields): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const ofPage = type === "page" ? asRecord(record.properties) : undefined;
  const named = type === "page" && asText(record.name) !== undefined ? { title: record.name } : undefined;
  put(out, "page", readFields(PAGE, { ...named, ...asRecord(context.page), ...ofPage }));
  const campaign = asRecord(context.campaign);
  if (campaign) put(out, "utm", readFields(CAMPAIGN, campaign));
  const locale = text(35)(context.locale);
  if (locale !== undefined) out.locale = locale;
  const library = asRecord(context.library);
  if (library && asText(library.name)) out.library = readFields(LIBRARY, library);
  return out;
}

/** RudderStack's browser client says "$direct" where there is none. */
const referrer = (value: unknown): unknown => (value === "$direct" ? undefined : text(4096)(value));

const PAGE: FieldTable = {
  url: field(text(4096), "url"),
  title: field(text(512), "title"),
  referrer: field(referrer, "referrer"),
};
const CAMPAIGN: FieldTable = {
  source: field(text(128), "source"),
  medium: field(text(128), "medium"),
  campaign: field(text(256), "name", "campaign"),
  term: field(text(256), "term"),
  content: field(text(256), "content"),
};
const LIBRARY: FieldTable = { name: field(text(64), "name"), version: field(text(32), "version") };

/** An empty object says nothing, and would hide what the page's own URL says. */
function put(out: Record<string, unknown>, name: string, value: Record<string, unknown>): void {
  for (const _ in value) {
    out[name] = value;
    return;
  }
}
