/** PostHog's examples: run as tests, and shown in docs/destinations/posthog.md. */
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import type { DestinationExample, MapResult } from "../contract.ts";
import { EXAMPLE_AT, exampleEvent, MARKETING_DENIED } from "../example-event.ts";
import type { PosthogBody } from "./map.ts";

type Properties = Record<string, unknown>;

const settings = { api_key: "phc_sandbox" };

/** What every event of the example's visitor has. */
const shared = {
  $lib: "doorstep",
  $current_url: "https://shop.example/winter",
  $host: "shop.example",
  $pathname: "/winter",
  title: "Winter",
  $referrer: "https://search.example/",
  $referring_domain: "search.example",
  $session_id: "01a1f865-22a0-7a84-8baf-5d8c3ff24168",
  $geoip_disable: true,
  doorstep_source: "web",
  doorstep_consent: ["analytics", "marketing", "personalization"],
};
const anonymous = { $process_person_profile: false };

const sentAs = (event: string, properties: Properties): MapResult<PosthogBody> => ({
  status: "mapped",
  body: {
    event,
    distinct_id: "visitor_id:1.example",
    timestamp: new Date(EXAMPLE_AT).toISOString(),
    properties: { ...shared, ...properties },
  },
});

const known: Partial<DeliveryEvent> = { identityState: "authenticated", verified: true };
const skis = { product_id: "fjell-skis", price: 420, currency: "EUR" };
const cart = { value: 70, currency: "EUR", items: [{ product_id: "wool-gloves", price: 39, quantity: 2 }] };
const banner = { promotion_id: "winter-sale", creative_slot: "home-top" };

/** Go by our own names, with their properties as they are. */
const OWN: [title: string, name: string, properties: Properties][] = [
  ["Half a minute of reading", "page_ping", { engaged_seconds: 30, max_scroll: 60 }],
  ["An offer was seen", "content_impression", { slot: "hero", offer: "winter-hero" }],
  ["A click on the hero's button", "cta_click", { cta_id: "hero-cta", label: "See the skis", slot: "hero" }],
  ["A link to another site", "link_click", { link_url: "https://weather.example/oslo", outbound: true }],
  ["Half of an article was read", "scroll", { percent: 50 }],
  ["A search on the site", "search", { search_term: "gloves", results: 12 }],
  ["A shared product", "share", { method: "link", product_id: "fjell-skis" }],
  ["A form", "form_submit", { form_id: "newsletter", fields: ["email"] }],
  ["A lead at a fair", "generate_lead", { lead_source: "ISPO 2026", value: 50, currency: "EUR" }],
  ["A banner was seen", "view_promotion", banner],
  ["A banner was clicked", "select_promotion", banner],
  ["A category was shown", "view_item_list", { list_id: "winter", currency: "EUR", items: cart.items }],
  ["A product was chosen from a list", "select_item", { ...skis, list_id: "winter", index: 1 }],
  ["The page of a product", "view_item", skis],
  ["A wish", "add_to_wishlist", skis],
  ["A product put into the cart", "add_to_cart", { ...skis, value: 420 }],
  ["A product taken out of the cart", "remove_from_cart", skis],
  ["The cart was looked at", "view_cart", cart],
  ["A checkout was begun", "begin_checkout", cart],
  ["The way of shipping", "add_shipping_info", { ...cart, shipping_tier: "courier" }],
  ["The way of payment", "add_payment_info", { ...cart, payment_type: "card" }],
  ["An order", "purchase", { ...cart, order_id: "A-1001", shipping: 9 }],
  ["An order was paid back", "refund", { order_id: "A-1001" }],
  ["A new account", "sign_up", { method: "email" }],
  ["A log-in", "login", { method: "password" }],
  ["A consent decision", "consent_update", { analytics: "granted", marketing: "denied" }],
];

export const posthogExamples: readonly DestinationExample<PosthogBody>[] = [
  {
    title: "A page view with content, on a phone in Slovakia",
    settings,
    event: exampleEvent(
      "page_view",
      {
        content: {
          content_id: "first-winter",
          content_type: "article",
          topic: "winter",
          taxonomy: ["winter"],
        },
      },
      {
        segments: ["winter-fans"],
        context: {
          ...exampleEvent("page_view", {}).context,
          device: { type: "mobile", os: "iOS", browser: "Mobile Safari 19" },
          geo: { country: "SK", region: "BL" },
          utm: { source: "letter", campaign: "winter" },
          locale: "sk-SK",
        },
      },
    ),
    expect: sentAs("$pageview", {
      content_id: "first-winter",
      content_type: "article",
      content_topic: "winter",
      content_taxonomy: ["winter"],
      utm_source: "letter",
      utm_campaign: "winter",
      $device_type: "Mobile",
      $os: "iOS",
      $browser: "Mobile Safari",
      $browser_version: 19,
      $browser_language: "sk-SK",
      $geoip_country_code: "SK",
      $geoip_subdivision_1_code: "BL",
      doorstep_segments: ["winter-fans"],
      ...anonymous,
    }),
  },
  {
    title: "A screen of an app",
    settings,
    event: exampleEvent("screen_view", { screen_name: "Home" }),
    expect: sentAs("$screen", { screen_name: "Home", $screen_name: "Home", ...anonymous }),
  },
  ...OWN.map(([title, name, properties]) => ({
    title,
    settings,
    event: exampleEvent(name, properties),
    expect: sentAs(name, { ...properties, ...anonymous }),
  })),
  {
    title: "An event without a contract",
    settings,
    event: exampleEvent("custom", {
      event: "Configurator Finished",
      fields: { steps: 5, saved: true, token: "mine" },
    }),
    expect: sentAs("Configurator Finished", { steps: 5, saved: true, ...anonymous }),
  },
  {
    title: "An event without a contract, by a name that is PostHog's own",
    settings,
    event: exampleEvent("custom", { event: "$create_alias" }),
    expect: { status: "skipped", reason: "reserved_name" },
  },
  {
    title: "A person who logged in, with what is proved of them",
    settings,
    event: exampleEvent("login", { method: "password" }, known),
    traits: { email: "ida@example.com", first_name: "Ida", last_name: "Berg" },
    expect: sentAs("login", {
      method: "password",
      $set: { email: "ida@example.com", first_name: "Ida", last_name: "Berg", name: "Ida Berg" },
    }),
  },
  {
    title: "What a visitor only claims fills what is empty",
    settings,
    event: exampleEvent("identify", {}, { identityState: "pseudonymous" }),
    traits: { email: "ida@example.com" },
    expect: sentAs("$identify", { $set_once: { email: "ida@example.com" } }),
  },
  {
    title: "Nothing is told of a person where there is none",
    settings,
    event: exampleEvent("identify", {}),
    traits: { email: "ida@example.com" },
    expect: { status: "skipped", reason: "anonymous_profile" },
  },
  {
    title: "Traits that did not come along leave nothing to tell",
    settings,
    event: exampleEvent("identify", {}, known),
    expect: { status: "skipped", reason: "no_traits" },
  },
  {
    title: "A person belongs to a company, which is proved: a claim says nothing of the company",
    settings,
    event: exampleEvent(
      "group",
      { group_id: "berg-co", group_type: "company", employees: 40 },
      { verified: true },
    ),
    traits: { company: "Berg & Co." },
    expect: sentAs("$groupidentify", {
      $group_type: "company",
      $group_key: "berg-co",
      $group_set: { name: "Berg & Co.", employees: 40 },
      ...anonymous,
    }),
  },
  {
    title: "A change of a profile: segments, stage and score",
    settings,
    event: exampleEvent(
      "profile_change",
      {
        version: 3,
        changed: ["segments", "stage", "score"],
        segments: { entered: ["winter-fans"], left: [], all: ["winter-fans"] },
        stage: { from: "lead", to: "mql" },
        score: { from: 20, to: 35 },
      },
      { ...known, context: {} },
    ),
    expect: {
      status: "mapped",
      body: {
        event: "$set",
        distinct_id: "visitor_id:1.example",
        timestamp: new Date(EXAMPLE_AT).toISOString(),
        properties: {
          $lib: "doorstep",
          $geoip_disable: true,
          doorstep_source: "web",
          doorstep_consent: shared.doorstep_consent,
          doorstep_changed: ["segments", "stage", "score"],
          doorstep_version: 3,
          $set: { doorstep_segments: ["winter-fans"], doorstep_stage: "mql", doorstep_score: 35 },
        },
      },
    },
  },
  {
    title: "A change of an anonymous profile, of which PostHog has no person",
    settings,
    event: exampleEvent("profile_change", { version: 1, changed: ["score"], score: { from: null, to: 5 } }),
    expect: { status: "skipped", reason: "anonymous_profile" },
  },
  {
    title: "Everybody is a person, where the settings say so",
    settings: { ...settings, person_profiles: "always" },
    event: exampleEvent("scroll", { percent: 50 }),
    expect: sentAs("scroll", { percent: 50 }),
  },
  {
    title: "Marketing was denied: PostHog may count, and is told whatever else was allowed",
    settings,
    event: exampleEvent("scroll", { percent: 50 }, { consent: MARKETING_DENIED }),
    expect: sentAs("scroll", {
      percent: 50,
      doorstep_consent: ["analytics", "personalization"],
      ...anonymous,
    }),
  },
];
