/**
 * Every wire protocol, one line each (and one in examples.ts beside it, which only tests and docs read). Routes and the
 * generic protocol tests iterate this object.
 */
import { ga4 } from "./ga4.ts";
import { jitsu } from "./jitsu.ts";
import { native } from "./native.ts";
import type { Protocol } from "./protocol.ts";
import { rudderstack } from "./rudderstack.ts";
import { segment } from "./segment.ts";
import { snowplow } from "./snowplow.ts";

export const PROTOCOLS = { native, segment, rudderstack, jitsu, snowplow, ga4 } satisfies Record<
  string,
  Protocol
>;
