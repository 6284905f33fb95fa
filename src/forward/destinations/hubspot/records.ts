/**
 * What an event says of other records than the contact: the company of a `group` event, the deal of an order, and the
 * custom event that the settings name. Pure; map.ts adds them to the body. Companies and deals are made of proofs only.
 * https://developers.hubspot.com/docs/api-reference/latest/crm/objects/companies/guide
 * https://developers.hubspot.com/docs/api-reference/latest/crm/objects/deals/guide
 */
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { defined, number, record, text } from "../read.ts";
import type { HubspotBody } from "./map.ts";
import type { HubspotSettings } from "./settings.ts";

type Part<K extends keyof HubspotBody> = { [P in K]?: NonNullable<HubspotBody[P]> };

/** A household or a team is no company. `industry` is a closed list of HubSpot's, and left to a mapping. */
export function companyOf(
  { name, properties: p, verified }: DeliveryEvent,
  traits: Traits,
  { companies }: HubspotSettings,
): Part<"company"> {
  const id = text(p.group_id);
  if (!companies || !verified || name !== "group" || id === undefined) return {};
  if ((text(p.group_type) ?? "company") !== "company") return {};
  const employees = number(p.employees);
  const properties = defined({
    name: text(traits.company),
    numberofemployees: employees === undefined ? undefined : String(employees),
  });
  return { company: { id, properties } };
}

/** An order is a deal that is won; a refund takes from its amount. */
export function dealOf(
  { name, properties: p, occurredAt, verified }: DeliveryEvent,
  { deals }: HubspotSettings,
): Part<"deal"> {
  const id = text(p.order_id);
  if (!deals || !verified || id === undefined || (name !== "purchase" && name !== "refund")) return {};
  const value = number(p.value);
  const isPurchase = name === "purchase";
  const properties = defined({
    dealname: `Order ${id}`,
    // A refund that comes before its order makes the deal, too.
    pipeline: deals.pipeline,
    dealstage: deals.stage,
    closedate: isPurchase ? new Date(occurredAt).toISOString() : undefined,
    deal_currency_code: isPurchase && deals.currency ? text(p.currency) : undefined,
  });
  return { deal: { id, kind: name, ...(value !== undefined && { value }), properties } };
}

/** The custom event that the settings make of this one. Lists and objects have no place in it. */
export function customEventOf(event: DeliveryEvent, { custom_events }: HubspotSettings): Part<"event"> {
  const custom = Object.entries(custom_events).find(([name]) => name === event.name)?.[1];
  if (!custom) return {};
  const properties: Record<string, string> = {};
  for (const [property, path] of Object.entries(custom.properties)) {
    const value = path.split(".").reduce<unknown>((at, step) => own(at, step), event);
    if (["string", "number", "boolean"].includes(typeof value)) properties[property] = String(value);
  }
  return { event: { name: custom.name, properties } };
}

const own = (value: unknown, name: string): unknown =>
  Object.hasOwn(record(value), name) ? record(value)[name] : undefined;
