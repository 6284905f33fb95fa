/**
 * What a mapping's paths and conditions read: the event as its destination may see it, under the names that this page of
 * the docs lists (docs/mapping.md), and the personal traits that came with it. Pure; used by apply.ts.
 */
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import type { Scope } from "./compile.ts";

/** Everything but what is sealed. */
export const scopeOf = (event: DeliveryEvent, traits: Traits): Scope => ({
  id: event.id,
  name: event.name,
  occurred_at: event.occurredAt,
  received_at: event.receivedAt,
  source: event.source,
  profile: event.profile,
  identity_state: event.identityState,
  verified: event.verified,
  segments: event.segments,
  features: event.features,
  consent: event.consent,
  properties: event.properties,
  context: event.context,
  traits,
});
