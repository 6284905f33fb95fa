/**
 * One event as the payload of a webhook: `type`, `timestamp` and `data`, as Standard Webhooks suggests. The receiver
 * gets what its purposes allow, and the consent that the event travels on, so that it can act on it.
 */
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import type { MapResult } from "../contract.ts";

export interface WebhookBody {
  type: string;
  /** ISO 8601, when the event happened. */
  timestamp: string;
  data: Record<string, unknown>;
}

/** Map one event; every event is mapped. */
export function mapWebhook(event: DeliveryEvent, traits: Traits): MapResult<WebhookBody> {
  return {
    status: "mapped",
    body: {
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
        consent: {
          receipt: event.consent.receipt,
          regime: event.consent.regime,
          granted: event.consent.granted,
        },
        // A claim is not a proof: the receiver is told which it is.
        ...(Object.keys(traits).length > 0 && { traits, traits_verified: event.verified }),
      },
    },
  };
}
