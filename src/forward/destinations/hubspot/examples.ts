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

const order = exampleEvent(
  "purchase",
  { order_id: "A-1001", value: 420, currency: "EUR" },
  { verified: true, identityState: "authenticated" },
);
const proved = { email: "ida@example.com", profile, verified: true, occurredAt: EXAMPLE_AT };

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
    title: "An order in a portal with deals and a custom event for orders",
    settings: {
      ...settings,
      deals: { pipeline: "shop", stage: "paid", refunded_stage: "refunded" },
      custom_events: { purchase: { name: "pe1234567_order", properties: { value: "properties.value" } } },
    },
    event: order,
    traits: { email: "ida@example.com" },
    expect: {
      status: "mapped",
      body: {
        ...proved,
        properties: {
          ...ours,
          lifecyclestage: "customer",
          doorstep_last_event: "purchase",
          doorstep_last_order_id: "A-1001",
          doorstep_last_order_value: "420",
        },
        deal: {
          id: "A-1001",
          kind: "purchase",
          value: 420,
          properties: {
            dealname: "Order A-1001",
            pipeline: "shop",
            dealstage: "paid",
            closedate: "2026-11-20T10:00:00.000Z",
            deal_currency_code: "EUR",
          },
        },
        event: { name: "pe1234567_order", properties: { value: "420" } },
      },
    },
  },
  {
    title: "A part of it is paid back: the deal loses as much",
    settings: { ...settings, deals: {} },
    event: { ...order, name: "refund", properties: { order_id: "A-1001", value: 39, currency: "EUR" } },
    traits: { email: "ida@example.com" },
    expect: {
      status: "mapped",
      body: {
        ...proved,
        properties: { ...ours, doorstep_last_event: "refund" },
        deal: {
          id: "A-1001",
          kind: "refund",
          value: 39,
          properties: { dealname: "Order A-1001", pipeline: "default", dealstage: "closedwon" },
        },
      },
    },
  },
  {
    title: "A person belongs to a company, in a portal with companies",
    settings: { ...settings, companies: {} },
    event: { ...order, name: "group", properties: { group_id: "berg-co", employees: 40 } },
    traits: { email: "ida@example.com", company: "Berg & Co." },
    expect: {
      status: "mapped",
      body: {
        ...proved,
        properties: { ...ours, company: "Berg & Co.", doorstep_last_event: "group" },
        company: { id: "berg-co", properties: { name: "Berg & Co.", numberofemployees: "40" } },
      },
    },
  },
  {
    title: "A change of a profile: a segment entered, a stage reached, a new score and phone number",
    settings,
    event: {
      ...order,
      name: "profile_change",
      segments: ["reader", "vip"],
      properties: {
        version: 1_795_168_800_000,
        changed: ["segments", "stage", "score", "traits.phone"],
        segments: { entered: ["vip"], left: [], all: ["vip"] },
        stage: { from: "lead", to: "mql" },
        score: { from: 20, to: 45 },
      },
    },
    traits: { email: "ida@example.com", phone: "+421900000000", first_name: "Ida" },
    expect: {
      status: "mapped",
      body: {
        ...proved,
        properties: {
          phone: "+421900000000",
          lifecyclestage: "marketingqualifiedlead",
          doorstep_profile: profile,
          doorstep_segments: "reader;vip",
          doorstep_score: "45",
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
