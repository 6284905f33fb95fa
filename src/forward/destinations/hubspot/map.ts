/**
 * One event as what it says to a CRM: a contact, and what records.ts adds to it. Everything about the person comes from
 * the traits; an event without an e-mail address says nothing that a CRM could use.
 * https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide
 */
import * as z from "zod";
import { WRITE_MODES } from "#contracts/definitions/mapping";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { PROFILE_CHANGE, profileChangeSchema } from "#contracts/messages/profile_change";
import { type EventName, isEventName } from "#contracts/registry";
import type { LifecycleStage } from "#contracts/taxonomy";
import type { MapResult } from "../contract.ts";
import { defined, number, record, text } from "../read.ts";
import { fitEvent } from "./event-limits.ts";
import { HUBSPOT_STAGES, PROPERTY_NAME } from "./properties.ts";
import { companyOf, customEventOf, dealOf } from "./records.ts";
import { type HubspotSettings, OF_WHOM, portalName } from "./settings.ts";

const properties = z.record(z.string().regex(PROPERTY_NAME), z.string());

export const hubspotBody = z.strictObject({
  /** Lower case, as HubSpot keeps it: the contact's unique id. */
  email: z.string(),
  profile: z.string(),
  /** Whether the address is proved to be this person's. */
  verified: z.boolean(),
  /** Epoch ms. */
  occurredAt: z.number(),
  /** By our names (PROPERTIES), or the portal's own for what a mapping adds. */
  properties,
  /** How a mapping wants single properties written, by their paths here: `properties.phone`, `deal.properties.amount` … */
  modes: z.record(z.string(), z.enum(WRITE_MODES)).exactOptional(),
  company: z.strictObject({ id: z.string(), properties }).exactOptional(),
  deal: z
    .strictObject({
      id: z.string(),
      /** `refund`: `value` was paid back; all, where it has none. */
      kind: z.enum(["purchase", "refund"]),
      value: z.number().exactOptional(),
      properties,
    })
    .exactOptional(),
  event: z.strictObject({ name: z.string(), properties: z.record(z.string(), z.string()) }).exactOptional(),
});
export type HubspotBody = z.infer<typeof hubspotBody>;

/** Which stage an event is evidence of. */
const STAGES: Readonly<Partial<Record<EventName, LifecycleStage>>> = {
  form_submit: "lead",
  generate_lead: "lead",
  sign_up: "lead",
  purchase: "customer",
};

const stageOf = (name: string): string | undefined => {
  const stage = isEventName(name) ? STAGES[name] : undefined;
  return stage && HUBSPOT_STAGES[stage];
};

/** The option of `hs_legal_basis` that is true of a person who agreed. */
const CONSENT = "Freely given consent from contact";

/**
 * Consent is the basis only where the person themself said so: not where silence is consent, and not where it is only
 * claimed that it was this person.
 */
const isAgreed = ({ consent: { granted, grounds }, verified }: DeliveryEvent): boolean =>
  verified && granted.includes("marketing") && (grounds.marketing ?? "default") !== "default";

/** Map one event, or one change of a profile. */
export function mapHubspot(
  event: DeliveryEvent,
  traits: Traits,
  settings: HubspotSettings,
): MapResult<HubspotBody> {
  const isChange = event.name === PROFILE_CHANGE;
  const contact = isChange ? changed(event, traits) : happened(event, traits, settings);
  if (!contact) return { status: "failed", code: "not_a_profile_change" };
  return fitHubspot(
    {
      email: traits.email ?? "",
      profile: event.profile,
      verified: event.verified,
      occurredAt: event.occurredAt,
      properties: contact,
      ...(!isChange && {
        ...companyOf(event, traits, settings),
        ...dealOf(event, settings),
        ...customEventOf(event, settings),
      }),
    },
    settings,
  );
}

/** What holds of every body, also of one that a mapping has changed. */
export function fitHubspot(body: HubspotBody, settings: HubspotSettings): MapResult<HubspotBody> {
  const email = body.email.trim().toLowerCase();
  if (!email) return { status: "skipped", reason: "no_email" };
  const profile = portalName("doorstep_profile", settings);
  const isReserved = ([name, value]: [string, string]) => {
    const portal = portalName(name, settings);
    // An erasure finds the contact by its profile, and a claim is weighed by it.
    return (
      OF_WHOM.has(portal ?? name) || (portal === profile && portal !== undefined && value !== body.profile)
    );
  };
  if (Object.entries(body.properties).some(isReserved)) return { status: "failed", code: "field_reserved" };
  const { event } = body;
  return {
    status: "mapped",
    body: {
      ...body,
      email,
      ...(event && { event: { ...event, properties: fitEvent(event.properties) } }),
    },
  };
}

function happened(event: DeliveryEvent, traits: Traits, settings: HubspotSettings): Record<string, string> {
  const isOrder = event.name === "purchase";
  const value = number(event.properties.value);
  return defined({
    firstname: text(traits.first_name),
    lastname: text(traits.last_name),
    phone: text(traits.phone),
    company: text(traits.company),
    lifecyclestage: stageOf(event.name),
    hs_legal_basis: settings.legal_basis && isAgreed(event) ? CONSENT : undefined,
    doorstep_profile: event.profile,
    doorstep_segments: event.segments.join(";"),
    doorstep_last_event: event.name,
    doorstep_last_event_at: new Date(event.occurredAt).toISOString(),
    doorstep_last_order_id: isOrder ? text(event.properties.order_id) : undefined,
    doorstep_last_order_value: isOrder && value !== undefined ? String(value) : undefined,
    doorstep_last_topic: text(record(event.properties.content).topic),
  });
}

/** What is new of a profile; undefined where it is no change. A trait that is not new has come to name the contact. */
function changed(event: DeliveryEvent, traits: Traits): Record<string, string> | undefined {
  const parsed = profileChangeSchema.safeParse(event.properties);
  if (!parsed.success) return undefined;
  const { changed: names, segments, stage, score } = parsed.data;
  const trait = (name: keyof Traits) => (names.includes(`traits.${name}`) ? text(traits[name]) : undefined);
  return defined({
    firstname: trait("first_name"),
    lastname: trait("last_name"),
    phone: trait("phone"),
    company: trait("company"),
    lifecyclestage: stage && HUBSPOT_STAGES[stage.to],
    doorstep_profile: event.profile,
    // All that the profile is in, as with events: the change itself names only those that are watched.
    doorstep_segments: segments && event.segments.join(";"),
    doorstep_score: score && String(score.to),
  });
}
