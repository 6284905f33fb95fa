/** The queue's examples: run as tests, and shown in docs/destinations/queue.md. */
import type { DestinationExample } from "../contract.ts";
import { exampleEvent, MARKETING_DENIED } from "../example-event.ts";
import type { QueueBody } from "./map.ts";

const settings = { binding: "MY_QUEUE" };
const order = exampleEvent(
  "purchase",
  { order_id: "A-1001", value: 420, currency: "EUR" },
  { context: {}, segments: ["reader"], verified: true, identityState: "authenticated" },
);
const timestamp = "2026-11-20T10:00:00.000Z";
const shared = {
  event_id: "evt-1",
  source: "web",
  received_at: "2026-11-20T10:00:00.800Z",
  profile: "visitor_id:1.example",
  identity_state: "authenticated",
  segments: ["reader"],
  features: {},
  context: {},
  consent: {
    receipt: "c-1",
    regime: "gdpr",
    place: "SK",
    granted: ["analytics", "marketing", "personalization"],
    grounds: { analytics: "cookie", marketing: "cookie", personalization: "cookie" },
    decided_at: "2026-11-20T09:58:00.000Z",
  },
};

export const queueExamples: readonly DestinationExample<QueueBody>[] = [
  {
    title: "An order of a proved person",
    settings,
    event: order,
    traits: { email: "ida@example.com" },
    expect: {
      status: "mapped",
      body: {
        v: 1,
        kind: "event",
        type: "purchase",
        timestamp,
        data: {
          ...shared,
          properties: order.properties,
          traits: { email: "ida@example.com" },
          traits_verified: true,
        },
      },
    },
  },
  {
    title: "A change of a profile: a segment entered",
    settings,
    event: {
      ...order,
      name: "profile_change",
      properties: {
        version: 2,
        changed: ["segments"],
        segments: { entered: ["vip"], left: [], all: ["reader", "vip"], out: [] },
      },
    },
    expect: {
      status: "mapped",
      body: {
        v: 1,
        kind: "profile_change",
        type: "profile_change",
        timestamp,
        data: {
          ...shared,
          properties: {
            version: 2,
            changed: ["segments"],
            segments: { entered: ["vip"], left: [], all: ["reader", "vip"], out: [] },
          },
        },
      },
    },
  },
  {
    title: "Marketing was denied, in California, with Meta's own fields",
    settings: { ...settings, vendor_consent: ["meta"] },
    event: { ...order, consent: MARKETING_DENIED },
    expect: {
      status: "mapped",
      body: {
        v: 1,
        kind: "event",
        type: "purchase",
        timestamp,
        data: {
          ...shared,
          properties: order.properties,
          consent: {
            receipt: "c-2",
            regime: "us",
            place: "US-CA",
            granted: ["analytics", "personalization"],
            grounds: { analytics: "default", marketing: "gpc", personalization: "default" },
            expires_at: "2026-11-21T10:00:00.000Z",
            gpc: true,
          },
          vendor_consent: {
            meta: {
              data_processing_options: ["LDU"],
              data_processing_options_country: 1,
              data_processing_options_state: 1000,
              opt_out: true,
            },
          },
        },
      },
    },
  },
];
