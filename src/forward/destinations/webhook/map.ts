/**
 * One event as the payload of a webhook: `type`, `timestamp` and `data`, as Standard Webhooks suggests. The receiver
 * gets what its purposes allow, and the consent that the event travels on, so that it can act on it.
 */
import * as z from "zod";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import { VENDOR_CONSENT } from "../consent-fields.ts";
import type { MapResult } from "../contract.ts";
import type { WebhookSettings } from "./settings.ts";

export const webhookBody = z.strictObject({
  type: z.string(),
  /** ISO 8601, when the event happened. */
  timestamp: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type WebhookBody = z.infer<typeof webhookBody>;

/** Map one event, or one change of a profile; every one is mapped. */
export function mapWebhook(
  event: DeliveryEvent,
  traits: Traits,
  { vendor_consent }: WebhookSettings,
): MapResult<WebhookBody> {
  return { status: "mapped", body: payloadOf(event, traits, vendor_consent) };
}

/** What a receiver of its own gets of an event: the webhook's payload, and the queue's. */
export function payloadOf(
  event: DeliveryEvent,
  traits: Traits,
  vendors: WebhookSettings["vendor_consent"],
): WebhookBody {
  const ofVendors = vendors.map((vendor) => [vendor, VENDOR_CONSENT[vendor](event.consent)]);
  return {
    type: event.name,
    timestamp: new Date(event.occurredAt).toISOString(),
    data: {
      event_id: event.id,
      source: event.source,
      received_at: new Date(event.receivedAt).toISOString(),
      profile: event.profile,
      identity_state: event.identityState,
      segments: event.segments,
      features: event.features,
      properties: event.properties,
      context: event.context,
      consent: consentOf(event.consent),
      ...(ofVendors.length > 0 && { vendor_consent: Object.fromEntries(ofVendors) }),
      // A claim is not a proof: the receiver is told which it is.
      ...(Object.keys(traits).length > 0 && { traits, traits_verified: event.verified }),
    },
  };
}

/** The whole decision. A time that is not known is left out. */
const consentOf = (consent: ConsentDecision): Record<string, unknown> => ({
  receipt: consent.receipt,
  regime: consent.regime,
  ...(consent.place !== undefined && { place: consent.place }),
  granted: consent.granted,
  grounds: consent.grounds,
  ...(consent.decidedAt > 0 && { decided_at: new Date(consent.decidedAt).toISOString() }),
  ...(consent.expiresAt !== undefined && { expires_at: new Date(consent.expiresAt).toISOString() }),
  ...(consent.gpc && { gpc: true }),
});
