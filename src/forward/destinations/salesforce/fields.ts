/**
 * What we say of a person and of an event, and the fields of the org that it goes into unless the settings name others.
 * Fields that end in `__c` are custom: the org must have them (about.ts lists their types).
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_lead.htm
 */
import type { WriteMode } from "#contracts/definitions/mapping";

interface Field {
  /** API name. */
  name: string;
  /** Characters that the field holds; longer texts are cut. */
  length?: number;
  /** How it is written to a record that has a value; `overwrite` where nothing is said. */
  mode?: WriteMode;
  /** It tells what the edge knows: whoever created the record may renew it. */
  own?: true;
}

/** Long enough for a text area, a multi-select picklist or a text of 255 characters to be chosen by the org. */
const TEXT = 255;

export const PERSON_FIELDS = {
  first_name: { name: "FirstName", length: 40 },
  last_name: { name: "LastName", length: 80 },
  email: { name: "Email" },
  phone: { name: "Phone", length: 40 },
  /** Of leads only: a contact's company is its account. */
  company: { name: "Company", length: TEXT },
  lead_source: { name: "LeadSource", length: TEXT, mode: "if_empty" },
  profile: { name: "Doorstep_Profile__c", own: true },
  stage: { name: "Doorstep_Stage__c", mode: "never_backward", own: true },
  score: { name: "Doorstep_Score__c", own: true },
  segments: { name: "Doorstep_Segments__c", own: true },
  last_event: { name: "Doorstep_Last_Event__c", own: true },
  last_event_at: { name: "Doorstep_Last_Event_At__c", mode: "never_backward", own: true },
  last_order_id: { name: "Doorstep_Last_Order_Id__c", length: TEXT, own: true },
  last_order_value: { name: "Doorstep_Last_Order_Value__c", own: true },
  last_order_currency: { name: "Doorstep_Last_Order_Currency__c", own: true },
  last_topic: { name: "Doorstep_Last_Topic__c", length: TEXT, own: true },
} as const satisfies Record<string, Field>;
export type PersonField = keyof typeof PERSON_FIELDS;

/** Fields of an object that holds one record for each event. */
export const EVENT_FIELDS = {
  event: { name: "Doorstep_Event__c" },
  occurred_at: { name: "Doorstep_Occurred_At__c" },
  profile: { name: "Doorstep_Profile__c" },
  order_id: { name: "Doorstep_Order_Id__c", length: TEXT },
  value: { name: "Doorstep_Value__c" },
  currency: { name: "Doorstep_Currency__c" },
  tax: { name: "Doorstep_Tax__c" },
  shipping: { name: "Doorstep_Shipping__c" },
  coupon: { name: "Doorstep_Coupon__c", length: TEXT },
  item_count: { name: "Doorstep_Item_Count__c" },
  items: { name: "Doorstep_Items__c" },
  content_id: { name: "Doorstep_Content_Id__c", length: TEXT },
  content_type: { name: "Doorstep_Content_Type__c", length: TEXT },
  content_topic: { name: "Doorstep_Content_Topic__c", length: TEXT },
  form_id: { name: "Doorstep_Form_Id__c", length: TEXT },
  lead_source: { name: "Doorstep_Lead_Source__c", length: TEXT },
  campaign: { name: "Doorstep_Campaign__c", length: TEXT },
  page_url: { name: "Doorstep_Page_Url__c", length: TEXT },
} as const satisfies Record<string, Field>;

/** What a field of Salesforce may hold, as JSON carries it. */
export type Value = string | number | boolean | null;
/** By API name. */
export type Fields = Record<string, Value>;

/** An e-mail field takes no more, and half an address is somebody else's. */
export const EMAIL_LENGTH = 80;
/** A multi-select picklist holds so much; a long text area, which would do as well, at least that. */
export const SEGMENTS_LENGTH = 4_096;
/** What a long text area holds unless the org allows it more. */
export const ITEMS_LENGTH = 32_768;

/** A text cut to what a field holds, never within a character. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");
}

/** As many of the parts as there is room for, joined: no part is cut. */
export function joined(parts: readonly string[], separator: string, length: number): string {
  let text = "";
  for (const part of parts) {
    const longer = text === "" ? part : text + separator + part;
    if (longer.length > length) break;
    text = longer;
  }
  return text;
}

/** Values by what they mean → by the org's names, cut to size; what has no value or no field is left out. */
export function named<Name extends string>(
  fields: Record<Name, Field>,
  names: { readonly [K in Name]?: string | false | undefined },
  values: { readonly [K in Name]?: Value | undefined },
): Fields {
  const out: Fields = {};
  for (const key in fields) {
    const name: string | false = names[key] ?? fields[key].name;
    const value: Value | undefined = values[key];
    if (name === false || value === undefined) continue;
    const { length } = fields[key];
    out[name] = typeof value === "string" && length !== undefined ? cut(value, length) : value;
  }
  return out;
}
