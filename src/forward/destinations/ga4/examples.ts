/** GA4's examples: run as tests, and shown in docs/destinations/ga4.md. */
import type { DestinationExample } from "../contract.ts";
import { EXAMPLE_AT, exampleEvent } from "../example-event.ts";
import type { Ga4Body } from "./map.ts";

const settings = { measurement_id: "G-DEMO", api_secret: "ga4-demo" };

const client = { client_id: "2885342794.1313914180" };
const granted = { ad_user_data: "GRANTED", ad_personalization: "GRANTED" } as const;
const session = {
  session_id: String((EXAMPLE_AT - 60_000) / 1000),
  session_number: 2,
  engagement_time_msec: 1,
};
const page = {
  page_location: "https://shop.example/winter",
  page_title: "Winter",
  page_referrer: "https://search.example/",
};
const timestamp_micros = EXAMPLE_AT * 1000;

export const ga4Examples: readonly DestinationExample<Ga4Body>[] = [
  {
    title: "A page view with content, on a phone in Slovakia",
    settings,
    event: exampleEvent(
      "page_view",
      {
        content: {
          content_id: "first-winter-on-skis",
          content_type: "article",
          topic: "winter",
          taxonomy: ["winter", "beginners"],
        },
      },
      {
        context: {
          ...exampleEvent("page_view", {}).context,
          device: { type: "mobile" },
          geo: { country: "SK" },
          locale: "sk-SK",
        },
      },
    ),
    expect: {
      status: "mapped",
      body: {
        ...client,
        consent: granted,
        user_location: { country_id: "SK" },
        device: { category: "mobile", language: "sk-sk" },
        event: {
          name: "page_view",
          timestamp_micros,
          params: {
            ...session,
            ...page,
            content_id: "first-winter-on-skis",
            content_type: "article",
            content_topic: "winter",
            content_taxonomy: "winter,beginners",
          },
        },
      },
    },
  },
  {
    title: "A purchase, with consent for analytics only: no ads, and no trait of the person",
    settings,
    event: exampleEvent(
      "purchase",
      {
        order_id: "A-1001",
        value: 420,
        currency: "EUR",
        tax: 70,
        shipping: 0,
        coupon: "WINTER",
        items: [
          {
            product_id: "fjell-skis",
            name: "Fjell touring skis",
            category: "winter",
            price: 420,
            quantity: 1,
          },
        ],
      },
      { consent: { ...exampleEvent("purchase", {}).consent, granted: ["analytics"] } },
    ),
    traits: { email: "ida@example.com" },
    expect: {
      status: "mapped",
      body: {
        ...client,
        consent: { ad_user_data: "DENIED", ad_personalization: "DENIED" },
        event: {
          name: "purchase",
          timestamp_micros,
          params: {
            ...session,
            ...page,
            transaction_id: "A-1001",
            value: 420,
            currency: "EUR",
            tax: 70,
            shipping: 0,
            coupon: "WINTER",
            items: [
              {
                item_id: "fjell-skis",
                item_name: "Fjell touring skis",
                item_category: "winter",
                price: 420,
                quantity: 1,
              },
            ],
          },
        },
      },
    },
  },
  {
    title: "Two pairs of gloves in the cart",
    settings,
    event: exampleEvent("add_to_cart", {
      product_id: "wool-gloves",
      name: "Wool gloves",
      price: 39,
      quantity: 2,
      currency: "EUR",
    }),
    expect: {
      status: "mapped",
      body: {
        ...client,
        consent: granted,
        event: {
          name: "add_to_cart",
          timestamp_micros,
          params: {
            ...session,
            ...page,
            currency: "EUR",
            value: 78,
            items: [{ item_id: "wool-gloves", item_name: "Wool gloves", price: 39, quantity: 2 }],
          },
        },
      },
    },
  },
  {
    title: "A form becomes a lead, without its values",
    settings,
    event: exampleEvent("form_submit", { form_id: "newsletter", fields: ["email", "first_name"] }),
    traits: { email: "ida@example.com", first_name: "Ida" },
    expect: {
      status: "mapped",
      body: {
        ...client,
        consent: granted,
        event: {
          name: "generate_lead",
          timestamp_micros,
          params: { ...session, ...page, form_id: "newsletter" },
        },
      },
    },
  },
  {
    title: "A click on the hero's button",
    settings,
    event: exampleEvent("cta_click", { cta_id: "hero-cta", label: "See the skis", slot: "hero" }),
    expect: {
      status: "mapped",
      body: {
        ...client,
        consent: granted,
        event: {
          name: "select_content",
          timestamp_micros,
          params: {
            ...session,
            ...page,
            content_type: "cta",
            content_id: "hero-cta",
            cta_label: "See the skis",
            slot: "hero",
          },
        },
      },
    },
  },
  {
    title: "An offer was seen",
    settings,
    event: exampleEvent("content_impression", { slot: "hero", offer: "winter-hero" }),
    expect: {
      status: "mapped",
      body: {
        ...client,
        consent: granted,
        event: {
          name: "content_impression",
          timestamp_micros,
          params: { ...session, ...page, slot: "hero", offer: "winter-hero" },
        },
      },
    },
  },
  {
    title: "Half of an article was read",
    settings,
    event: exampleEvent("scroll", { percent: 50 }),
    expect: {
      status: "mapped",
      body: {
        ...client,
        consent: granted,
        event: { name: "scroll", timestamp_micros, params: { ...session, ...page, percent_scrolled: 50 } },
      },
    },
  },
  {
    title: "A log-in from a server, without a session",
    settings,
    event: exampleEvent("login", { method: "password" }, { context: {} }),
    expect: {
      status: "mapped",
      body: {
        ...client,
        consent: granted,
        event: {
          name: "login",
          timestamp_micros,
          params: { session_id: "1795168800", engagement_time_msec: 1, method: "password" },
        },
      },
    },
  },
  {
    title: "GA4 has no event for a consent decision",
    settings,
    event: exampleEvent("consent_update", { analytics: "granted" }),
    expect: { status: "skipped", reason: "no_ga4_event" },
  },
  {
    title: "GA4 has no event for traits alone",
    settings,
    event: exampleEvent("identify", {}),
    traits: { email: "ida@example.com" },
    expect: { status: "skipped", reason: "no_ga4_event" },
  },
];
