/** Names and values of contact properties: which we write, what HubSpot takes, and how each is written by default. */
import type { WriteMode } from "#contracts/definitions/mapping";
import type { LifecycleStage } from "#contracts/taxonomy";
import { type Modes, writeValue } from "../../mapping/modes.ts";

/** Internal names: https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide */
export const PROPERTY_NAME = /^[a-z][a-z0-9_]{0,99}$/;

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
  "doorstep_score",
  "doorstep_last_event",
  "doorstep_last_event_at",
  "doorstep_last_order_id",
  "doorstep_last_order_value",
  "doorstep_last_topic",
] as const;

/** All of HubSpot's property values are strings. By our name, or by the portal's own for what a mapping adds. */
export type Properties = Readonly<Record<string, string>>;

/** How a proved value of a contact is written where a mapping does not say: these, and all others over what is there. */
const DEFAULT_MODES: Readonly<Record<string, WriteMode>> = {
  lifecyclestage: "never_backward",
  hs_legal_basis: "if_empty",
};

/** @param modes what the release says, by the path in the body */
export const modeOf = (name: string, modes: Modes | undefined): WriteMode =>
  modes?.[`properties.${name}`] ?? DEFAULT_MODES[name] ?? "overwrite";

/** What a property becomes. An empty text that overwrites clears it, as when somebody has left their last segment. */
export function written(mode: WriteMode, name: string, is: string, comes: string): string {
  if (mode === "overwrite") return comes;
  const made = writeValue(mode, is, comes, name === "lifecyclestage" ? LIFECYCLE_STAGES : undefined);
  return typeof made === "string" ? made : is;
}

/** What of `now` is not there already. */
export const changes = (known: Properties, now: Properties): Properties =>
  Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== (known[name] ?? "")));
