/** Settings of a HubSpot portal, and the names of the contact properties that we write. */
import * as z from "zod";
import type { LifecycleStage } from "#contracts/taxonomy";

/** Lifecycle stages in HubSpot's order; a contact moves forward only. */
export const LIFECYCLE_STAGES = [
  "subscriber",
  "lead",
  "marketingqualifiedlead",
  "salesqualifiedlead",
  "opportunity",
  "customer",
  "evangelist",
] as const;

/** Our stages by HubSpot's internal names. */
export const HUBSPOT_STAGES: Readonly<Record<LifecycleStage, (typeof LIFECYCLE_STAGES)[number]>> = {
  lead: "lead",
  mql: "marketingqualifiedlead",
  sql: "salesqualifiedlead",
  customer: "customer",
};

/** Properties besides `email`. The `doorstep_*` ones are custom: the portal must have them, as texts. */
export const PROPERTIES = [
  "firstname",
  "lastname",
  "phone",
  "company",
  "lifecyclestage",
  "hs_legal_basis",
  "doorstep_profile",
  "doorstep_segments",
  "doorstep_last_event",
  "doorstep_last_event_at",
  "doorstep_last_order_id",
  "doorstep_last_order_value",
  "doorstep_last_topic",
] as const;
export type PropertyName = (typeof PROPERTIES)[number];

/** All of HubSpot's property values are strings. */
export type Properties = Partial<Record<PropertyName, string>>;

/** Who may get the token. */
export const HUBSPOT_HOSTS = ["hubapi.com"];

export const hubspotSettings = z.strictObject({
  /** A private app's token with `crm.objects.contacts.read` and `.write`; give it as `{"$secret": "HUBSPOT_TOKEN"}`. */
  token: z.string().min(1).max(500),
  /** HubSpot's own (`HUBSPOT_HOSTS`); in local development anything http(s). */
  endpoint: z.url({ protocol: /^https?$/ }).default("https://api.hubapi.com"),
  /** Another name for a property of ours in this portal, or `false` to leave it out. */
  properties: z
    .partialRecord(
      z.enum(PROPERTIES),
      z.union([z.string().regex(/^[a-z][a-z0-9_]{0,99}$/), z.literal(false)]),
    )
    .default({}),
  /** Tell HubSpot's legal basis for processing a contact's data. */
  legal_basis: z.boolean().default(false),
});

export type HubspotSettings = z.infer<typeof hubspotSettings>;

/** The portal's name of a property; undefined where it is left out. */
export const portalName = (name: PropertyName, settings: HubspotSettings): string | undefined => {
  const given = settings.properties[name];
  return given === false ? undefined : (given ?? name);
};
