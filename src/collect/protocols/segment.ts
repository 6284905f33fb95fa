/**
 * Segment's HTTP tracking API, for its unmodified clients, and for RudderStack's, which call the same paths; what only
 * RudderStack's have is in rudderstack.ts.
 * Source: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/ and the npm clients
 * `@segment/analytics-next` and `@segment/analytics-node`, whose requests the tests record.
 */
import { asRecord, asText } from "../shape.ts";
import { jsonAnswer, type Protocol, postJson } from "./protocol.ts";
import { asksAnonymity, RUDDERSTACK_HEADERS } from "./rudderstack-client.ts";
import { CALL_OF_PATH, readCalls } from "./segment-call.ts";

const IMPORT = "/v1/import";

export const segment = {
  name: "segment",
  routes: postJson(
    "/v1/t",
    "/v1/track",
    "/v1/p",
    "/v1/page",
    "/v1/i",
    "/v1/identify",
    "/v1/g",
    "/v1/group",
    "/v1/a",
    "/v1/alias",
    "/v1/s",
    "/v1/screen",
    "/v1/b",
    "/v1/batch",
    IMPORT,
  ),
  allowHeaders: RUDDERSTACK_HEADERS,
  keyIn: ({ body }) => asText(asRecord(body)?.writeKey),
  isAnonymous: ({ body }) => asksAnonymity(body),
  parse(request, stamp) {
    const { path } = request.route;
    const type = CALL_OF_PATH[path.slice(path.lastIndexOf("/") + 1)];
    return readCalls(request, { type, historical: path === IMPORT }, stamp);
  },
  respond: () => jsonAnswer(200, { success: true }),
} satisfies Protocol;
