/**
 * One request with one event for every wire protocol (src/collect/protocols/registry.ts), as its own client sends it.
 * A unit test holds this table to the registry.
 */
import type { PROTOCOLS } from "../../../src/collect/protocols/registry.ts";
import type { BenchVisitor } from "../visitors.ts";
import { ga4Request, measurementRequest } from "./ga4.ts";
import { eventRequest } from "./native.ts";
import type { BenchRequest } from "./request.ts";
import { jitsuRequest, rudderstackBeacon, rudderstackRequest, segmentRequest } from "./segment-calls.ts";
import { snowplowPixel, snowplowRequest } from "./snowplow.ts";

export interface ProtocolRequest {
  /** As the report says it. */
  name: string;
  /** Whose code reads it; RudderStack's client calls Segment's paths unless it sends beacons. */
  protocol: keyof typeof PROTOCOLS;
  make(visitor: BenchVisitor, now: number): BenchRequest;
}

export const PROTOCOL_REQUESTS: readonly ProtocolRequest[] = [
  {
    name: "doorstep.js, POST /events",
    protocol: "native",
    make: (visitor, now) => eventRequest(visitor, 1, now),
  },
  { name: "Segment, POST /v1/t", protocol: "segment", make: segmentRequest },
  { name: "RudderStack, POST /v1/track", protocol: "segment", make: rudderstackRequest },
  { name: "RudderStack, POST /beacon/v1/batch", protocol: "rudderstack", make: rudderstackBeacon },
  { name: "Jitsu, POST /api/s/track", protocol: "jitsu", make: jitsuRequest },
  { name: "Snowplow, POST …/tp2", protocol: "snowplow", make: snowplowRequest },
  { name: "Snowplow, GET /i", protocol: "snowplow", make: snowplowPixel },
  { name: "GA4's tag, POST /g/collect", protocol: "ga4", make: ga4Request },
  { name: "GA4's Measurement Protocol, POST /mp/collect", protocol: "ga4", make: measurementRequest },
];
