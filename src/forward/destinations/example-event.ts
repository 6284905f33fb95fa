/** The event that the examples of all destinations vary, so that each example shows only what it is about. */
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";

/** 2026-11-20T10:00:00Z, the moment of all examples. */
export const EXAMPLE_AT = 1_795_168_800_000;

/** An event with a name and properties, all granted, seen on a page in a second session. */
export const exampleEvent = (
  name: string,
  properties: Record<string, unknown>,
  changes: Partial<DeliveryEvent> = {},
): DeliveryEvent => ({
  id: "evt-1",
  name,
  occurredAt: EXAMPLE_AT,
  receivedAt: EXAMPLE_AT + 800,
  source: "web",
  properties,
  context: {
    page: { url: "https://shop.example/winter", title: "Winter", referrer: "https://search.example/" },
    session: { id: "s-1", number: 2, startedAt: EXAMPLE_AT - 60_000 },
  },
  consent: {
    receipt: "c-1",
    regime: "gdpr",
    place: "SK",
    granted: ["analytics", "marketing", "personalization"],
    grounds: { analytics: "cookie", marketing: "cookie", personalization: "cookie" },
    decidedAt: EXAMPLE_AT - 120_000,
  },
  profile: "visitor_id:1.example",
  identityState: "anonymous",
  segments: [],
  features: {},
  verified: false,
  ...changes,
});

/** The consent of a visitor in California who let the site be measured, and whose browser sends Global Privacy Control. */
export const MARKETING_DENIED: DeliveryEvent["consent"] = {
  receipt: "c-2",
  regime: "us",
  place: "US-CA",
  granted: ["analytics", "personalization"],
  grounds: { analytics: "default", marketing: "gpc", personalization: "default" },
  decidedAt: 0,
  expiresAt: EXAMPLE_AT + 86_400_000,
  gpc: true,
};
