/** GA4's examples: run as tests, and shown in docs/destinations/ga4.md. */
import type { DestinationExample } from "../contract.ts";
import { exampleEvent, MARKETING_DENIED } from "../example-event.ts";
import { client, granted, page, sentAs, session, settings, timestamp_micros } from "./example.ts";
import { commerceExamples } from "./examples-commerce.ts";
import { type Ga4Body, userIdOf } from "./map.ts";

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
    title: "A form becomes a lead, without its values",
    settings,
    event: exampleEvent("form_submit", { form_id: "newsletter", fields: ["email", "first_name"] }),
    traits: { email: "ida@example.com", first_name: "Ida" },
    expect: sentAs("generate_lead", { form_id: "newsletter" }),
  },
  {
    title: "Marketing was denied: GA4 may count, and use nothing for advertising",
    settings,
    event: exampleEvent("scroll", { percent: 50 }, { consent: MARKETING_DENIED }),
    expect: {
      status: "mapped",
      body: {
        ...client,
        consent: { ad_user_data: "DENIED", ad_personalization: "DENIED" },
        event: {
          name: "scroll",
          timestamp_micros,
          params: { ...session, ...page, percent_scrolled: 50 },
        },
      },
    },
  },
  {
    title: "A click on the hero's button",
    settings,
    event: exampleEvent("cta_click", { cta_id: "hero-cta", label: "See the skis", slot: "hero" }),
    expect: sentAs("select_content", {
      content_type: "cta",
      content_id: "hero-cta",
      cta_label: "See the skis",
      slot: "hero",
    }),
  },
  {
    title: "An offer was seen",
    settings,
    event: exampleEvent("content_impression", { slot: "hero", offer: "winter-hero" }),
    expect: sentAs("content_impression", { slot: "hero", offer: "winter-hero" }),
  },
  {
    title: "Half of an article was read",
    settings,
    event: exampleEvent("scroll", { percent: 50 }),
    expect: sentAs("scroll", { percent_scrolled: 50 }),
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
    title: "A person who is logged in, counted by a user id",
    settings: { ...settings, user_id: true },
    event: exampleEvent("login", { method: "password" }, { identityState: "authenticated" }),
    expect: {
      status: "mapped",
      body: {
        ...client,
        user_id: userIdOf("visitor_id:1.example"),
        consent: granted,
        event: {
          name: "login",
          timestamp_micros,
          params: { ...session, ...page, method: "password" },
        },
      },
    },
  },
  {
    title: "Half a minute of reading, as engagement",
    settings,
    event: exampleEvent("page_ping", { engaged_seconds: 30, max_scroll: 60 }),
    expect: sentAs("page_ping", { engagement_time_msec: 30_000, percent_scrolled: 60 }),
  },
  {
    title: "A link to another site",
    settings,
    event: exampleEvent("link_click", { link_url: "https://weather.example/oslo", outbound: true }),
    expect: sentAs("click", {
      link_url: "https://weather.example/oslo",
      link_domain: "weather.example",
      outbound: "true",
    }),
  },
  {
    title: "A download",
    settings,
    event: exampleEvent("link_click", {
      link_url: "https://shop.example/sizes.pdf",
      file_name: "sizes.pdf",
      file_extension: "pdf",
    }),
    expect: sentAs("file_download", {
      link_url: "https://shop.example/sizes.pdf",
      link_domain: "shop.example",
      file_name: "sizes.pdf",
      file_extension: "pdf",
    }),
  },
  {
    title: "A search on the site",
    settings,
    event: exampleEvent("search", { search_term: "gloves", results: 12 }),
    expect: sentAs("search", { search_term: "gloves", results: 12 }),
  },
  {
    title: "A shared product",
    settings,
    event: exampleEvent("share", { method: "link", product_id: "fjell-skis" }),
    expect: sentAs("share", { method: "link", content_type: "product", item_id: "fjell-skis" }),
  },
  {
    title: "A shared article",
    settings,
    event: exampleEvent("share", { content: { content_id: "first-winter", content_type: "article" } }),
    expect: sentAs("share", {
      content_id: "first-winter",
      content_type: "article",
      item_id: "first-winter",
    }),
  },
  {
    title: "A lead at a fair",
    settings,
    event: exampleEvent("generate_lead", { lead_source: "ISPO 2026", value: 50, currency: "EUR" }),
    traits: { email: "ida@example.com" },
    expect: sentAs("generate_lead", { lead_source: "ISPO 2026", value: 50, currency: "EUR" }),
  },
  {
    title: "A new account",
    settings,
    event: exampleEvent("sign_up", { method: "email" }),
    traits: { email: "ida@example.com" },
    expect: sentAs("sign_up", { method: "email" }),
  },
  {
    title: "A person belongs to a company",
    settings,
    event: exampleEvent("group", { group_id: "berg-co", group_type: "company", employees: 40 }),
    traits: { company: "Berg & Co." },
    expect: sentAs("join_group", { group_id: "berg-co", group_type: "company" }),
  },
  {
    title: "An event without a contract, with the fields that its source lists",
    settings,
    event: exampleEvent("custom", {
      event: "Configurator Finished",
      fields: { steps: 5, model: "touring", saved: true, value: 10, session_id: "mine" },
    }),
    expect: sentAs("configurator_finished", { steps: 5, model: "touring", saved: "true" }),
  },
  {
    title: "An event without a contract, by a name that GA4 keeps for itself",
    settings,
    event: exampleEvent("custom", { event: "Session Start" }),
    expect: { status: "skipped", reason: "reserved_name" },
  },
  {
    title: "An event without a contract, by a name without a Latin letter",
    settings,
    event: exampleEvent("custom", { event: "Покупка" }),
    expect: { status: "skipped", reason: "no_valid_name" },
  },
  {
    title: "Screens are Firebase's: a web stream does not take them",
    settings,
    event: exampleEvent("screen_view", { screen_name: "Home" }),
    expect: { status: "skipped", reason: "reserved_name" },
  },
  ...commerceExamples,
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
