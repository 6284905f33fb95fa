/** Every type of destination, one line each. Tests, docs, release validation and delivery iterate this object. */
import type { DestinationType } from "./contract.ts";
import { ga4 } from "./ga4/index.ts";
import { hubspot } from "./hubspot/index.ts";
import { meta } from "./meta/index.ts";
import { posthog } from "./posthog/index.ts";
import { queue } from "./queue/index.ts";
import { salesforce } from "./salesforce/index.ts";
import { webhook } from "./webhook/index.ts";

export const DESTINATION_TYPES = {
  ga4,
  hubspot,
  meta,
  posthog,
  queue,
  salesforce,
  webhook,
} satisfies Record<string, DestinationType>;

/** The type of that name, or undefined. */
export const destinationType = (name: string): DestinationType | undefined =>
  Object.entries<DestinationType>(DESTINATION_TYPES).find(([key]) => key === name)?.[1];
