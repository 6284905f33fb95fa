/**
 * One event as what it says about a contact. Everything about the person comes from the traits; an event without an
 * e-mail address says nothing that a CRM could use.
 * https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/guide
 */
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { type EventName, isEventName } from "#contracts/registry";
import type { LifecycleStage } from "#contracts/taxonomy";
import type { MapResult } from "../contract.ts";
import { defined, number, record, text } from "../read.ts";
import { HUBSPOT_STAGES, type HubspotSettings, type Properties } from "./settings.ts";

export interface HubspotBody {
  /** Lower case, as HubSpot keeps it: the contact's unique id. */
  email: string;
  profile: string;
  /** Whether the address is proved to be this person's. */
  verified: boolean;
  /** Epoch ms. */
  occurredAt: number;
  properties: Properties;
}

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

/** Map one event to its contact. */
export function mapHubspot(
  event: DeliveryEvent,
  traits: Traits,
  settings: HubspotSettings,
): MapResult<HubspotBody> {
  const email = traits.email?.trim().toLowerCase();
  if (!email) return { status: "skipped", reason: "no_email" };
  const isOrder = event.name === "purchase";
  const value = number(event.properties.value);
  const properties: Properties = defined({
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
  return {
    status: "mapped",
    body: {
      email,
      profile: event.profile,
      verified: event.verified,
      occurredAt: event.occurredAt,
      properties,
    },
  };
}
