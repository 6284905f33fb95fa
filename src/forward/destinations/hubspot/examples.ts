/** HubSpot's examples: run as tests, and shown in docs/destinations/hubspot.md. */
import type { DestinationExample } from "../contract.ts";
import { EXAMPLE_AT, exampleEvent, MARKETING_DENIED } from "../example-event.ts";
import type { HubspotBody } from "./map.ts";

const settings = { token: "pat-demo" };
const profile = "visitor_id:1.example";
const ours = {
  doorstep_profile: profile,
  doorstep_segments: "",
  doorstep_last_event_at: "2026-11-20T10:00:00.000Z",
};

export const hubspotExamples: readonly DestinationExample<HubspotBody>[] = [
  {
    title: "A form makes a lead",
    settings,
    event: exampleEvent("form_submit", { form_id: "newsletter" }, { segments: ["reader", "winter-fan"] }),
    traits: { email: "Ida@Example.com", first_name: "Ida" },
    expect: {
      status: "mapped",
      body: {
        email: "ida@example.com",
        profile,
        verified: false,
        occurredAt: EXAMPLE_AT,
        properties: {
          ...ours,
          firstname: "Ida",
          lifecyclestage: "lead",
          doorstep_segments: "reader;winter-fan",
          doorstep_last_event: "form_submit",
        },
      },
    },
  },
  {
    title: "A lead of a fair, imported with the server's key",
    settings,
    event: exampleEvent(
      "generate_lead",
      { lead_source: "ISPO 2026", value: 50, currency: "EUR" },
      { verified: true, identityState: "authenticated" },
    ),
    traits: { email: "ida@example.com", company: "Berg & Co." },
    expect: {
      status: "mapped",
      body: {
        email: "ida@example.com",
        profile,
        verified: true,
        occurredAt: EXAMPLE_AT,
        properties: {
          ...ours,
          company: "Berg & Co.",
          lifecyclestage: "lead",
          doorstep_last_event: "generate_lead",
        },
      },
    },
  },
  {
    title: "A new account makes a lead",
    settings,
    event: exampleEvent("sign_up", { method: "email" }),
    traits: { email: "ida@example.com" },
    expect: {
      status: "mapped",
      body: {
        email: "ida@example.com",
        profile,
        verified: false,
        occurredAt: EXAMPLE_AT,
        properties: { ...ours, lifecyclestage: "lead", doorstep_last_event: "sign_up" },
      },
    },
  },
  {
    title: "A purchase, proved by a server's key, makes a customer",
    settings,
    event: exampleEvent(
      "purchase",
      { order_id: "A-1001", value: 420, currency: "EUR" },
      { verified: true, identityState: "authenticated" },
    ),
    traits: { email: "ida@example.com", last_name: "Berg", phone: "+421900000000", company: "Fjell" },
    expect: {
      status: "mapped",
      body: {
        email: "ida@example.com",
        profile,
        verified: true,
        occurredAt: EXAMPLE_AT,
        properties: {
          ...ours,
          lastname: "Berg",
          phone: "+421900000000",
          company: "Fjell",
          lifecyclestage: "customer",
          doorstep_last_event: "purchase",
          doorstep_last_order_id: "A-1001",
          doorstep_last_order_value: "420",
        },
      },
    },
  },
  {
    title: "A page view of a known person keeps the topic",
    settings,
    event: exampleEvent("page_view", {
      content: { content_id: "a", content_type: "article", topic: "winter" },
    }),
    traits: { email: "ida@example.com" },
    expect: {
      status: "mapped",
      body: {
        email: "ida@example.com",
        profile,
        verified: false,
        occurredAt: EXAMPLE_AT,
        properties: { ...ours, doorstep_last_event: "page_view", doorstep_last_topic: "winter" },
      },
    },
  },
  {
    title: "A proved person who agreed, in a portal that keeps legal bases",
    settings: { ...settings, legal_basis: true },
    event: exampleEvent("login", {}, { verified: true, identityState: "authenticated" }),
    traits: { email: "ida@example.com" },
    expect: {
      status: "mapped",
      body: {
        email: "ida@example.com",
        profile,
        verified: true,
        occurredAt: EXAMPLE_AT,
        properties: {
          ...ours,
          hs_legal_basis: "Freely given consent from contact",
          doorstep_last_event: "login",
        },
      },
    },
  },
  {
    title: "Marketing was denied: no personal trait comes along, and so there is no contact",
    settings,
    event: exampleEvent(
      "purchase",
      { order_id: "A-1001", value: 420, currency: "EUR" },
      { consent: MARKETING_DENIED },
    ),
    expect: { status: "skipped", reason: "no_email" },
  },
  {
    title: "Without an e-mail address there is no contact",
    settings,
    event: exampleEvent("page_view", {}),
    expect: { status: "skipped", reason: "no_email" },
  },
];
