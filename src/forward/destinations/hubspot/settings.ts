/** Settings of a HubSpot portal. What is not set up is not written: by default contacts alone. */
import * as z from "zod";
import { EVENT_VALUES } from "./event-limits.ts";
import { PROPERTIES, PROPERTY_NAME } from "./properties.ts";

/** Who may get the token. */
export const HUBSPOT_HOSTS = ["hubapi.com"];

const property = z
  .string()
  .regex(PROPERTY_NAME, "must be the internal name of a property: a-z, 0-9 and _, 100 at most");
const stage = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, "must be an internal name or number");

const companies = z.strictObject({
  id_property: property.default("doorstep_account_id").meta({
    title: "Unique property of companies",
    description:
      "A company property that holds the account's id (`group_id`). It must be a single-line text with unique values: HubSpot takes a domain for no unique value.",
  }),
});

const deals = z.strictObject({
  id_property: property.default("doorstep_order_id").meta({
    title: "Unique property of deals",
    description: "A deal property with unique values, which holds the order's id.",
  }),
  pipeline: stage.default("default").meta({
    title: "Pipeline",
    description: "Internal name of the pipeline that orders go to.",
  }),
  stage: stage.default("closedwon").meta({
    title: "Stage of an order",
    description: "Internal name of the deal stage of a purchase.",
  }),
  refunded_stage: stage.optional().meta({
    title: "Stage of a refund",
    description: "Deal stage of an order that was paid back in whole; without it the stage stays.",
  }),
  currency: z.boolean().default(true).meta({
    title: "Currency",
    description:
      "Write `deal_currency_code`. Turn it off in a portal with one currency, which has no such property.",
  }),
});

const customEvent = z.strictObject({
  name: z
    .string()
    .regex(/^pe\d{1,15}_[a-z0-9_-]{1,100}$/, "must be a full name such as pe1234567_order")
    .meta({ title: "Full name", description: "`pe{HubID}_{name}`, as HubSpot shows it." }),
  properties: z
    .record(
      z.string().regex(EVENT_VALUES.name, "must start with a-z and have 50 of a-z, 0-9 and _ at most"),
      z.string().regex(/^[a-z_]+(\.[A-Za-z0-9_-]+)*$/, 'must be a path such as "properties.order_id"'),
    )
    .refine((given) => Object.keys(given).length <= EVENT_VALUES.properties, "must be 50 properties at most")
    .default({})
    .meta({
      title: "Properties",
      description: "Property of the custom event → path in our event, such as `properties.order_id`.",
    }),
});

/** Properties that HubSpot finds a contact by: they say whom it is of, and nothing else is written there. */
export const OF_WHOM: ReadonlySet<string> = new Set(["email", "hs_additional_emails", "hs_object_id"]);

/** No property of the portal may be two of ours, nor what says whom the contact is of. */
function onceEach(given: Readonly<Record<string, string | false>>, context: z.RefinementCtx): void {
  const taken = new Set(OF_WHOM);
  for (const name of PROPERTIES) {
    const portal = given[name] ?? name;
    if (portal === false) continue;
    if (taken.has(portal))
      context.addIssue({ code: "custom", path: [name], message: "is the property of another" });
    taken.add(portal);
  }
}

export const hubspotSettings = z.strictObject({
  token: z.string().min(1).max(500).meta({
    title: "Access token",
    description: "Of a private app or a service key, with the scopes that the docs name.",
  }),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .default("https://api.hubapi.com")
    .meta({
      title: "Endpoint",
      description:
        "HubSpot's API. The token goes to no host but `hubapi.com` and those under it (in local development to any).",
    }),
  properties: z
    .partialRecord(z.enum(PROPERTIES), z.union([property, z.literal(false)]))
    .superRefine(onceEach)
    .default({})
    .meta({
      title: "Names of properties",
      description:
        "Another name for one of our contact properties in this portal, or `false` to leave it out.",
    }),
  legal_basis: z.boolean().default(false).meta({
    title: "Legal basis",
    description: "Tell HubSpot's legal basis for processing a contact's data, where the person agreed.",
  }),
  companies: companies.optional().meta({
    title: "Companies",
    description: "Make a company of each `group` event, and associate its proved members.",
  }),
  deals: deals.optional().meta({
    title: "Deals",
    description: "Make a deal of each proved purchase, and associate its contact.",
  }),
  custom_events: z.record(z.string().max(100), customEvent).default({}).meta({
    title: "Custom events",
    description: "Our event → the custom event that HubSpot shows on the contact's timeline.",
  }),
});

export type HubspotSettings = z.infer<typeof hubspotSettings>;

/** The portal's name of a contact property of ours; any other is the portal's own. Undefined where it is left out. */
export function portalName(name: string, { properties }: HubspotSettings): string | undefined {
  const given = (properties as Readonly<Record<string, string | false | undefined>>)[name];
  return given === false ? undefined : (given ?? name);
}
