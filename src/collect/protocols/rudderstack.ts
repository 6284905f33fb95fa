/**
 * What RudderStack's HTTP API has beside the paths that it shares with Segment's (segment.ts): beacons and pixels.
 * Source: https://www.rudderstack.com/docs/api/http-api/ and .../pixel-api/, and `@rudderstack/analytics-js` 3.34, whose
 * requests the tests record.
 */
import { withStringsOf } from "./consent-parameters.ts";
import { fieldsOfQuery, pixelAnswer } from "./pixel.ts";
import type { Protocol, Route } from "./protocol.ts";
import { asksAnonymity, RUDDERSTACK_HEADERS } from "./rudderstack-client.ts";
import { readCalls } from "./segment-call.ts";

export const BEACON: Route = { method: "POST", path: "/beacon/v1/batch", body: "json" };
export const TRACK: Route = { method: "GET", path: "/pixel/v1/track", body: "none" };
export const PAGE: Route = { method: "GET", path: "/pixel/v1/page", body: "none" };

const NOT_FIELDS = new Set(["writeKey"]);
/** Some of its pixels carry the id as JSON. */
const QUOTED = /^"(.*)"$/;

export const rudderstack = {
  name: "rudderstack",
  routes: [BEACON, TRACK, PAGE],
  allowHeaders: RUDDERSTACK_HEADERS,
  keyIn: ({ query }) => query().get("writeKey") ?? undefined,
  isAnonymous: ({ route, body, query }) =>
    route.method === "GET" ? query().get("context.trulyAnonymousTracking") === "true" : asksAnonymity(body),
  parse(request, stamp) {
    if (request.route.path === BEACON.path) return readCalls(request, {}, stamp);
    const call = fieldsOfQuery(request.query(), NOT_FIELDS);
    if (typeof call.anonymousId === "string") call.anonymousId = call.anonymousId.replace(QUOTED, "$1");
    const type = request.route.path === PAGE.path ? "page" : "track";
    return withStringsOf(request.query(), readCalls({ ...request, body: call }, { type }, stamp));
  },
  respond: (_, { route }) =>
    route.method === "GET" ? pixelAnswer() : { status: 200, contentType: "text/plain", body: "OK" },
} satisfies Protocol;
