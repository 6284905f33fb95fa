/** What the docs say of every type, one line each. Read by scripts/docs and tests; nothing that the Worker bundles does. */
import type { DestinationAbout } from "./contract.ts";
import { ga4About } from "./ga4/about.ts";
import { hubspotAbout } from "./hubspot/about.ts";
import { metaAbout } from "./meta/about.ts";
import { posthogAbout } from "./posthog/about.ts";
import { queueAbout } from "./queue/about.ts";
import type { DESTINATION_TYPES } from "./registry.ts";
import { salesforceAbout } from "./salesforce/about.ts";
import { webhookAbout } from "./webhook/about.ts";

export const DESTINATION_ABOUT: Record<keyof typeof DESTINATION_TYPES, DestinationAbout> = {
  ga4: ga4About,
  hubspot: hubspotAbout,
  meta: metaAbout,
  posthog: posthogAbout,
  queue: queueAbout,
  salesforce: salesforceAbout,
  webhook: webhookAbout,
};
