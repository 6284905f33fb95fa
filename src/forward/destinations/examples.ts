/** Every type's examples, one line each. Tests and docs read this; nothing that the Worker bundles does. */
import type { DestinationExample } from "./contract.ts";
import { ga4Examples } from "./ga4/examples.ts";
import { hubspotExamples } from "./hubspot/examples.ts";
import { metaExamples } from "./meta/examples.ts";
import { posthogExamples } from "./posthog/examples.ts";
import { queueExamples } from "./queue/examples.ts";
import type { DESTINATION_TYPES } from "./registry.ts";
import { salesforceExamples } from "./salesforce/examples.ts";
import { webhookExamples } from "./webhook/examples.ts";

export const DESTINATION_EXAMPLES: Record<
  keyof typeof DESTINATION_TYPES,
  readonly DestinationExample<unknown>[]
> = {
  ga4: ga4Examples,
  hubspot: hubspotExamples,
  meta: metaExamples,
  posthog: posthogExamples,
  queue: queueExamples,
  salesforce: salesforceExamples,
  webhook: webhookExamples,
};
