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

const BEACON: Route = { method: "POST", path: "/beacon/v1/batch", body: "json" };
const TRACK: Route = { method: "GET", path: "/pixel/v1/track", body: "none" };
const PAGE: Route = { method: "GET", path: "/pixel/v1/page", body: "none" };

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
  examples: [
    {
      title: "beacon: a page and a track",
      route: BEACON,
      query: "writeKey=wk_demo",
      body: {
        sentAt: "2026-11-22T10:00:00.500Z",
        batch: [
          {
            type: "page",
            channel: "web",
            anonymousId: "8b1f3f0c-5a3b-4a52-9f0d-2f6f5d2f1f10",
            messageId: "rs-1",
            originalTimestamp: "2026-11-22T10:00:00.000Z",
            context: {
              library: { name: "RudderLabs JavaScript SDK", version: "3.34.1" },
              page: { url: "https://shop.example/", title: "Shop", referrer: "$direct" },
              campaign: {},
            },
            properties: { url: "https://shop.example/", title: "Shop" },
          },
          {
            type: "track",
            event: "Product Viewed",
            anonymousId: "8b1f3f0c-5a3b-4a52-9f0d-2f6f5d2f1f10",
            messageId: "rs-2",
            originalTimestamp: "2026-11-22T10:00:00.200Z",
            properties: { product_id: "wool-gloves", price: 39, currency: "EUR" },
          },
        ],
      },
      accepted: 2,
      names: ["page_view", "view_item"],
    },
    {
      title: "pixel: a track",
      route: TRACK,
      query:
        "writeKey=wk_demo&anonymousId=a-1&event=Promotion+Viewed&properties.promotion_id=winter-sale&context.page.url=https%3A%2F%2Fshop.example%2F",
      accepted: 1,
      names: ["view_promotion"],
    },
    {
      title: "pixel: a page",
      route: PAGE,
      query:
        "writeKey=wk_demo&anonymousId=%22a-1%22&name=Newsletter&properties.url=https%3A%2F%2Fshop.example%2Fmail",
      accepted: 1,
      names: ["page_view"],
    },
  ],
} satisfies Protocol;
