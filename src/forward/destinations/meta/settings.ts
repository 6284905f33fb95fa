/** Settings of a Meta dataset (a pixel is one), for the Conversions API. */
import * as z from "zod";

/** https://developers.facebook.com/docs/graph-api/changelog (v26.0 of 29 July 2026; Meta keeps a version two years). */
export const API_VERSION = "v26.0";

/** Who may get the access token. */
export const META_HOSTS = ["graph.facebook.com"];

/**
 * Where an event happened, in Meta's words. `app` is missing: it needs fields that only an app's own SDK knows, and
 * `business_messaging`, which is Meta's own.
 * https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/server-event
 */
export const ACTION_SOURCES = [
  "website",
  "email",
  "phone_call",
  "chat",
  "physical_store",
  "system_generated",
  "other",
] as const;

export const metaSettings = z.strictObject({
  dataset_id: z
    .string()
    .regex(/^\d{5,20}$/, "must be the number of a dataset or pixel")
    .meta({
      title: "Dataset id",
      description: "The number of the dataset (or pixel), in Events Manager under Data sources, Settings.",
    }),
  access_token: z
    .string()
    .regex(/^[\x21-\x7e]{1,1000}$/)
    .meta({
      title: "Access token",
      description:
        'From Events Manager: Settings, Conversions API, "Generate access token". Give it as `{"$secret": "META_TOKEN"}`.',
    }),
  test_event_code: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,40}$/)
    .optional()
    .meta({
      title: "Test event code",
      description: "While it is set, all events show under Test events, and count as real ones all the same.",
    }),
  event_id: z.enum(["item", "event"]).default("item").meta({
    title: "Event id",
    description:
      "What Meta tells a repetition by, together with the event's name. `item`: Doorstep's own. `event`: the id that the sender gave the event, where the Pixel runs on the same pages and sends it as its `eventID`; ids must then be unique among all visitors.",
  }),
  action_sources: z.record(z.string(), z.enum(ACTION_SOURCES)).default({}).meta({
    title: "Where events happen",
    description:
      "Doorstep's source → Meta's `action_source`. Without it, an event of a page is `website`, and any other is `other`.",
  }),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .default("https://graph.facebook.com")
    .meta({ title: "Endpoint", description: "Meta's own; another one only in local development." }),
});

export type MetaSettings = z.infer<typeof metaSettings>;
