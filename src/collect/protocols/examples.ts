/** Every protocol's examples, one line each. Tests and docs read this; nothing that the Worker bundles does. */
import { GA4_EXAMPLES } from "./ga4-examples.ts";
import { JITSU_EXAMPLES } from "./jitsu-examples.ts";
import { NATIVE_EXAMPLES } from "./native-examples.ts";
import type { Example } from "./protocol.ts";
import type { PROTOCOLS } from "./registry.ts";
import { RUDDERSTACK_EXAMPLES } from "./rudderstack-examples.ts";
import { SEGMENT_EXAMPLES } from "./segment-examples.ts";
import { SNOWPLOW_EXAMPLES } from "./snowplow-examples.ts";

export const PROTOCOL_EXAMPLES: Record<keyof typeof PROTOCOLS, readonly Example[]> = {
  native: NATIVE_EXAMPLES,
  segment: SEGMENT_EXAMPLES,
  rudderstack: RUDDERSTACK_EXAMPLES,
  jitsu: JITSU_EXAMPLES,
  snowplow: SNOWPLOW_EXAMPLES,
  ga4: GA4_EXAMPLES,
};
