/**
 * One event as what it says about a person's record, and as a record of its own where the settings ask for one. Fields
 * carry the org's API names, so that a release's mapping may add any other. Names of settings that leave a field out are
 * left out here.
 */
import * as z from "zod";
import { WRITE_MODES } from "#contracts/definitions/mapping";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { PROFILE_CHANGE, profileChangeSchema } from "#contracts/messages/profile_change";
import type { LifecycleStage } from "#contracts/taxonomy";
import type { MapResult } from "../contract.ts";
import { list, number, record, text } from "../read.ts";
import {
  EMAIL_LENGTH,
  EVENT_FIELDS,
  type Fields,
  ITEMS_LENGTH,
  joined,
  named,
  PERSON_FIELDS,
  type PersonField,
  SEGMENTS_LENGTH,
  type Value,
} from "./fields.ts";
import { apiName, type EventObject, personField, type SalesforceSettings } from "./settings.ts";

const fieldsSchema = z.record(apiName, z.union([z.string(), z.number(), z.boolean(), z.null()]));

export const salesforceBody = z.strictObject({
  /** The external id's value: the person. */
  key: z.string().min(1).max(255),
  profile: z.string(),
  /** Whether the key is proved to be this person's. */
  verified: z.boolean(),
  /** Epoch ms. */
  occurredAt: z.number(),
  fields: fieldsSchema,
  /** Write modes that a mapping has set, by path: `fields.Phone`. */
  modes: z.record(z.string(), z.enum(WRITE_MODES)).exactOptional(),
  event: z
    .strictObject({
      object: apiName,
      external_id: apiName,
      person: apiName.exactOptional(),
      fields: fieldsSchema,
    })
    .exactOptional(),
});
export type SalesforceBody = z.infer<typeof salesforceBody>;

/** Which stage an event is evidence of. */
const STAGES: Readonly<Record<string, LifecycleStage>> = {
  form_submit: "lead",
  generate_lead: "lead",
  sign_up: "lead",
  purchase: "customer",
};

export function mapSalesforce(
  event: DeliveryEvent,
  traits: Traits,
  settings: SalesforceSettings,
): MapResult<SalesforceBody> {
  const email = traits.email?.trim().toLowerCase();
  const key = settings.key === "email" ? email : traits.customer_id?.trim();
  if (!key) return { status: "skipped", reason: `no_${settings.key}` };
  if (email && email.length > EMAIL_LENGTH) return { status: "failed", code: "email_too_long" };

  const values = event.name === PROFILE_CHANGE ? ofChange(event, settings) : ofEvent(event, settings);
  if (!values) return { status: "failed", code: "change_unreadable" };
  const fields = named(PERSON_FIELDS, personNames(settings), {
    first_name: text(traits.first_name),
    last_name: text(traits.last_name),
    email,
    phone: text(traits.phone),
    company: text(traits.company),
    profile: event.profile,
    ...values,
  });
  // The key goes beside the fields: what comes later may change any of these, and not whom they are of.
  delete fields[settings.external_id];
  Object.assign(fields, optOuts(event, settings));
  const own = Object.hasOwn(settings.events, event.name) ? settings.events[event.name] : undefined;
  return {
    status: "mapped",
    body: {
      key,
      profile: event.profile,
      verified: event.verified,
      occurredAt: event.occurredAt,
      fields,
      ...(own && {
        event: {
          object: own.object,
          external_id: own.external_id,
          ...(own.person !== undefined && { person: own.person }),
          fields: eventFields(event, own),
        },
      }),
    },
  };
}

type PersonValues = { [K in PersonField]?: Value | undefined };

function ofEvent(event: DeliveryEvent, settings: SalesforceSettings): PersonValues {
  const { name, properties, occurredAt, segments } = event;
  const isOrder = name === "purchase";
  const stage = Object.hasOwn(STAGES, name) ? STAGES[name] : undefined;
  return {
    lead_source: text(properties.lead_source),
    stage: stage && (settings.stages[stage] ?? stage),
    segments: joined(segments, ";", SEGMENTS_LENGTH),
    last_event: name,
    last_event_at: new Date(occurredAt).toISOString(),
    last_order_id: isOrder ? text(properties.order_id) : undefined,
    last_order_value: isOrder ? number(properties.value) : undefined,
    last_order_currency: isOrder ? text(properties.currency) : undefined,
    last_topic: text(record(properties.content).topic),
  };
}

function ofChange(event: DeliveryEvent, settings: SalesforceSettings): PersonValues | undefined {
  const change = profileChangeSchema.safeParse(event.properties);
  if (!change.success) return undefined;
  const { segments, stage, score } = change.data;
  return {
    stage: stage && (settings.stages[stage.to] ?? stage.to),
    score: score?.to,
    segments: segments && joined(segments.all, ";", SEGMENTS_LENGTH),
  };
}

/** Opt-outs that a proved person decided themself: not where a region's default, or somebody's claim, denies. */
function optOuts({ consent, verified }: DeliveryEvent, { opt_outs }: SalesforceSettings): Fields {
  const out: Fields = {};
  for (const [field, purpose] of Object.entries(opt_outs)) {
    const isOwn = (consent.grounds[purpose] ?? "default") !== "default";
    if (verified && isOwn && !consent.granted.includes(purpose)) out[field] = true;
  }
  return out;
}

const personNames = (settings: SalesforceSettings) =>
  Object.fromEntries(
    Object.keys(PERSON_FIELDS).map((key) => [key, personField(key as PersonField, settings) ?? false]),
  ) as { [K in PersonField]: string | false };

function eventFields(
  { name, properties, context, profile, occurredAt }: DeliveryEvent,
  { fields }: EventObject,
): Fields {
  const content = record(properties.content);
  const items = list(properties.items);
  return named(EVENT_FIELDS, fields, {
    event: name,
    occurred_at: new Date(occurredAt).toISOString(),
    profile,
    order_id: text(properties.order_id),
    value: number(properties.value),
    currency: text(properties.currency),
    tax: number(properties.tax),
    shipping: number(properties.shipping),
    coupon: text(properties.coupon),
    item_count: items.length > 0 ? items.length : undefined,
    items: items.length > 0 ? itemsText(items) : undefined,
    content_id: text(content.content_id),
    content_type: text(content.content_type),
    content_topic: text(content.topic),
    form_id: text(properties.form_id),
    lead_source: text(properties.lead_source),
    campaign: text(record(context.utm).campaign),
    page_url: text(record(context.page).url),
  });
}

/** A JSON array of as many whole lines as there is room for. */
const itemsText = (items: readonly unknown[]): string =>
  `[${joined(
    items.map((item) => JSON.stringify(item)),
    ",",
    ITEMS_LENGTH - 2,
  )}]`;
