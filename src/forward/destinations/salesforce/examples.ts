/** Salesforce's examples: run as tests, and shown in docs/destinations/salesforce.md. */
import type { DestinationExample } from "../contract.ts";
import { EXAMPLE_AT, exampleEvent, MARKETING_DENIED } from "../example-event.ts";
import type { SalesforceBody } from "./map.ts";

const settings = {
  login_url: "https://acme.my.salesforce.com",
  client_id: "doorstep-demo",
  client_secret: "salesforce-demo",
};
const orders = { purchase: { object: "Doorstep_Order__c", person: "Lead__r" } };
const profile = "visitor_id:1.example";
const moment = "2026-11-20T10:00:00.000Z";
const proved = { verified: true, identityState: "authenticated" } as const;

const body = (
  last_event: string,
  fields: SalesforceBody["fields"] = {},
  more: Partial<SalesforceBody> = {},
) => ({
  status: "mapped" as const,
  body: {
    key: "ida@example.com",
    profile,
    verified: false,
    occurredAt: EXAMPLE_AT,
    fields: {
      Email: "ida@example.com",
      Doorstep_Profile__c: profile,
      Doorstep_Segments__c: "",
      Doorstep_Last_Event__c: last_event,
      Doorstep_Last_Event_At__c: moment,
      ...fields,
    },
    ...more,
  },
});

const items = [
  { product_id: "fjell-skis", name: "Fjell touring skis", price: 420, quantity: 1 },
  { product_id: "wool-gloves", price: 39, quantity: 2 },
];

export const salesforceExamples: readonly DestinationExample<SalesforceBody>[] = [
  {
    title: "A form makes a lead",
    settings,
    event: exampleEvent("form_submit", { form_id: "newsletter" }, { segments: ["reader", "winter-fan"] }),
    traits: { email: "Ida@Example.com", first_name: "Ida" },
    expect: body("form_submit", {
      FirstName: "Ida",
      Doorstep_Stage__c: "lead",
      Doorstep_Segments__c: "reader;winter-fan",
    }),
  },
  {
    title:
      "A lead of a fair, imported with the server's key, in an org that keeps stages as the lead's status",
    settings: { ...settings, fields: { stage: "Status" }, stages: { lead: "Open - Not Contacted" } },
    event: exampleEvent("generate_lead", { lead_source: "ISPO 2026", value: 50, currency: "EUR" }, proved),
    traits: { email: "ida@example.com", last_name: "Berg", company: "Berg & Co." },
    expect: body(
      "generate_lead",
      { LastName: "Berg", Company: "Berg & Co.", LeadSource: "ISPO 2026", Status: "Open - Not Contacted" },
      { verified: true },
    ),
  },
  {
    title: "A new account makes a lead",
    settings,
    event: exampleEvent("sign_up", { method: "email" }),
    traits: { email: "ida@example.com" },
    expect: body("sign_up", { Doorstep_Stage__c: "lead" }),
  },
  {
    title: "An order, proved by a server's key, is a record of its own that belongs to the lead",
    settings: { ...settings, events: orders },
    event: exampleEvent(
      "purchase",
      { order_id: "A-1001", value: 498, currency: "EUR", tax: 83, shipping: 0, coupon: "WINTER", items },
      proved,
    ),
    traits: { email: "ida@example.com", last_name: "Berg", phone: "+421900000000" },
    expect: body(
      "purchase",
      {
        LastName: "Berg",
        Phone: "+421900000000",
        Doorstep_Stage__c: "customer",
        Doorstep_Last_Order_Id__c: "A-1001",
        Doorstep_Last_Order_Value__c: 498,
        Doorstep_Last_Order_Currency__c: "EUR",
      },
      {
        verified: true,
        event: {
          object: "Doorstep_Order__c",
          external_id: "Doorstep_Event_Id__c",
          person: "Lead__r",
          fields: {
            Doorstep_Event__c: "purchase",
            Doorstep_Occurred_At__c: moment,
            Doorstep_Profile__c: profile,
            Doorstep_Order_Id__c: "A-1001",
            Doorstep_Value__c: 498,
            Doorstep_Currency__c: "EUR",
            Doorstep_Tax__c: 83,
            Doorstep_Shipping__c: 0,
            Doorstep_Coupon__c: "WINTER",
            Doorstep_Item_Count__c: 2,
            Doorstep_Items__c: JSON.stringify(items),
            Doorstep_Page_Url__c: "https://shop.example/winter",
          },
        },
      },
    ),
  },
  {
    title: "A cart, in a field that the org calls otherwise and without the page",
    settings: {
      ...settings,
      events: {
        add_to_cart: {
          object: "Interest__c",
          external_id: "Key__c",
          fields: { value: "Amount__c", page_url: false },
        },
      },
    },
    event: exampleEvent("add_to_cart", { product_id: "wool-gloves", price: 39, value: 78, currency: "EUR" }),
    traits: { email: "ida@example.com" },
    expect: body(
      "add_to_cart",
      {},
      {
        event: {
          object: "Interest__c",
          external_id: "Key__c",
          fields: {
            Doorstep_Event__c: "add_to_cart",
            Doorstep_Occurred_At__c: moment,
            Doorstep_Profile__c: profile,
            Amount__c: 78,
            Doorstep_Currency__c: "EUR",
          },
        },
      },
    ),
  },
  {
    title: "A page view of a known person keeps the topic",
    settings,
    event: exampleEvent("page_view", {
      content: { content_id: "a", content_type: "article", topic: "winter" },
    }),
    traits: { email: "ida@example.com" },
    expect: body("page_view", { Doorstep_Last_Topic__c: "winter" }),
  },
  {
    title: "A contact, recognised by the customer's number",
    settings: { ...settings, object: "Contact", external_id: "Customer_Number__c", key: "customer_id" },
    event: exampleEvent("login", {}, proved),
    traits: { customer_id: "K-4711", email: "ida@example.com", company: "Berg & Co." },
    expect: body("login", {}, { key: "K-4711", verified: true }),
  },
  {
    title: "A change of the profile: stage, score and segments",
    settings,
    event: exampleEvent(
      "profile_change",
      {
        version: 7,
        changed: ["segments", "stage", "score"],
        segments: { entered: ["winter-fan"], left: [], all: ["reader", "winter-fan"] },
        stage: { from: "lead", to: "mql" },
        score: { from: 40, to: 65 },
      },
      proved,
    ),
    traits: { email: "ida@example.com" },
    expect: {
      status: "mapped",
      body: {
        key: "ida@example.com",
        profile,
        verified: true,
        occurredAt: EXAMPLE_AT,
        fields: {
          Email: "ida@example.com",
          Doorstep_Profile__c: profile,
          Doorstep_Stage__c: "mql",
          Doorstep_Score__c: 65,
          Doorstep_Segments__c: "reader;winter-fan",
        },
      },
    },
  },
  {
    title: "A proved person who has denied personalization themself, in an org that keeps opt-outs",
    settings: { ...settings, opt_outs: { Do_Not_Profile__c: "personalization" } },
    event: exampleEvent(
      "login",
      {},
      {
        ...proved,
        consent: {
          ...exampleEvent("login", {}).consent,
          granted: ["analytics", "marketing"],
        },
      },
    ),
    traits: { email: "ida@example.com" },
    expect: body("login", { Do_Not_Profile__c: true }, { verified: true }),
  },
  {
    title: "Marketing was denied: no personal trait comes along, and so there is no lead",
    settings,
    event: exampleEvent(
      "purchase",
      { order_id: "A-1001", value: 420, currency: "EUR" },
      { consent: MARKETING_DENIED },
    ),
    expect: { status: "skipped", reason: "no_email" },
  },
  {
    title: "An address that Salesforce has no room for is refused: half an address is somebody else's",
    settings,
    event: exampleEvent("form_submit", { form_id: "newsletter" }),
    traits: { email: `${"a".repeat(64)}@${"b".repeat(20)}.example` },
    expect: { status: "failed", code: "email_too_long" },
  },
];
