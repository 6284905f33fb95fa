/** The webhook's examples: run as tests, and shown in docs/destinations/webhook.md. */
import type { DestinationExample } from "../contract.ts";
import { exampleEvent, MARKETING_DENIED } from "../example-event.ts";
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
  consent: {
    receipt: "c-1",
    regime: "gdpr",
    place: "SK",
    granted: ["analytics", "marketing", "personalization"],
    grounds: { analytics: "cookie", marketing: "cookie", personalization: "cookie" },
    decided_at: "2026-11-20T09:58:00.000Z",
  },
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
  {
    title: "All granted, with the vendors' own fields for a receiver that hands events on to them",
    settings: { ...settings, vendor_consent: ["google", "meta"] },
    event: login,
    expect: {
      status: "mapped",
      body: {
        type: "login",
        timestamp: "2026-11-20T10:00:00.000Z",
        data: {
          ...shared,
          segments: [],
          features: {},
          properties: { method: "password" },
          vendor_consent: {
            google: { ad_user_data: "GRANTED", ad_personalization: "GRANTED" },
            meta: { data_processing_options: [], opt_out: false },
          },
        },
      },
    },
  },
  {
    title: "A change of a profile: a segment entered, and a new score",
    settings,
    event: {
      ...login,
      name: "profile_change",
      segments: ["reader", "vip"],
      properties: {
        version: 1_795_168_800_000,
        changed: ["segments", "score"],
        segments: { entered: ["vip"], left: [], all: ["vip"], out: [] },
        score: { from: 20, to: 45 },
      },
    },
    expect: {
      status: "mapped",
      body: {
        type: "profile_change",
        timestamp: "2026-11-20T10:00:00.000Z",
        data: {
          ...shared,
          segments: ["reader", "vip"],
          features: {},
          properties: {
            version: 1_795_168_800_000,
            changed: ["segments", "score"],
            segments: { entered: ["vip"], left: [], all: ["vip"], out: [] },
            score: { from: 20, to: 45 },
          },
        },
      },
    },
  },
  {
    title: "Marketing was denied, in California",
    settings: { ...settings, vendor_consent: ["google", "meta"] },
    event: { ...login, consent: MARKETING_DENIED },
    expect: {
      status: "mapped",
      body: {
        type: "login",
        timestamp: "2026-11-20T10:00:00.000Z",
        data: {
          ...shared,
          segments: [],
          features: {},
          properties: { method: "password" },
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
            google: { ad_user_data: "DENIED", ad_personalization: "DENIED" },
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
