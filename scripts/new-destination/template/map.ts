/** One event as a record of Acme Tool. */
import * as z from "zod";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import type { MapResult } from "#forward/destinations/contract";

/** What the vendor takes of a name; the source of such a number is the vendor's page. */
const NAME_CHARACTERS = 100;

/** A mapping of the release may set what this allows, and is refused where it does not. */
export const acmeToolBody = z.strictObject({
  name: z.string().min(1),
  email: z.string(),
  /** ISO 8601. */
  time: z.string(),
  properties: z.record(z.string(), z.unknown()),
});
export type AcmeToolBody = z.infer<typeof acmeToolBody>;

/** Map one event; without an address there is nobody that it could be kept with. A change of a profile is mapped alike. */
export function mapAcmeTool(event: DeliveryEvent, traits: Traits): MapResult<AcmeToolBody> {
  if (event.name === "consent_update") return { status: "skipped", reason: "no_acme_tool_event" };
  const email = traits.email?.trim().toLowerCase();
  if (!email) return { status: "skipped", reason: "no_email" };
  return fitAcmeTool({
    name: event.name,
    email,
    time: new Date(event.occurredAt).toISOString(),
    properties: event.properties,
  });
}

/** By the vendor's limits: also what a mapping has changed. */
export const fitAcmeTool = (body: AcmeToolBody): MapResult<AcmeToolBody> => ({
  status: "mapped",
  body: { ...body, name: [...body.name].slice(0, NAME_CHARACTERS).join("") },
});
