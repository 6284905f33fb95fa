/** The webhook's examples: run as tests, and shown in docs/destinations/webhook.md. */
import type { DestinationExample } from "../contract.ts";
import { exampleEvent } from "../example-event.ts";
import type { WebhookBody } from "./map.ts";

const settings = {
  url: "https://hooks.example.com/doorstep",
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
};

const login = exampleEvent("login", { method: "password" }, { context: {} });
const form = exampleEvent(
  "form_submit",
  { form_id: "newsletter" },
  { context: {}, segments: ["reader"], features: { page_views: 7 } },
);
const shared = {
  event_id: "evt-1",
  source: "web",
  received_at: "2026-11-20T10:00:00.800Z",
  profile: "visitor_id:1.example",
  identity_state: "anonymous",
  context: {},
  consent: { receipt: "c-1", regime: "gdpr", granted: ["analytics", "marketing"] },
};

export const webhookExamples: readonly DestinationExample<WebhookBody>[] = [
  {
    title: "An event without traits",
    settings,
    event: login,
    expect: {
      status: "mapped",
      body: {
        type: "login",
        timestamp: "2026-11-20T10:00:00.000Z",
        data: { ...shared, segments: [], features: {}, properties: { method: "password" } },
      },
    },
  },
  {
    title: "A form whose e-mail address is only claimed",
    settings,
    event: form,
    traits: { email: "ida@example.com" },
    expect: {
      status: "mapped",
      body: {
        type: "form_submit",
        timestamp: "2026-11-20T10:00:00.000Z",
        data: {
          ...shared,
          segments: ["reader"],
          features: { page_views: 7 },
          properties: { form_id: "newsletter" },
          traits: { email: "ida@example.com" },
          traits_verified: false,
        },
      },
    },
  },
];
