/**
 * Jitsu's ingest API, for its unmodified clients: Segment's calls at paths of its own, with the key as `id:secret`.
 * Source: `@jitsu/js` 1.11, whose requests the tests record, and https://docs.jitsu.com/sending-data/http
 */
import { Problem } from "#core/problem";
import { parseJson } from "#door/body";
import type { Query } from "../query.ts";
import { asRecord, asText } from "../shape.ts";
import { withStringsOf } from "./consent-parameters.ts";
import { fieldsOfQuery, pixelAnswer } from "./pixel.ts";
import { type Answer, type CollectResult, jsonAnswer, type Protocol, type Route } from "./protocol.ts";
import { CALL_OF_PATH, readCalls } from "./segment-call.ts";

const BROWSER: Route = { method: "POST", path: "/api/s/:type", body: "json" };
const SERVER: Route = { method: "POST", path: "/api/s/s2s/:type", body: "json" };
const PIXEL: Route = { method: "GET", path: "/api/px/:type", body: "none" };

const BATCH = "batch";
/** Parameters of the pixel that are no fields of its event. */
const NOT_FIELDS = new Set([
  "data",
  "writekey",
  "writeKey",
  "cookie_domain",
  "process_headers",
  "destination_url",
]);

export const jitsu = {
  name: "jitsu",
  routes: [BROWSER, SERVER, PIXEL],
  allowHeaders: ["x-enable-debug", "x-ip-policy"],
  // A key of Jitsu's is `id:secret`. Ours is the second half, which its client never writes into a body or a log.
  keyIn({ headers, query, body }) {
    const key = headers.get("x-write-key") ?? query().get("writekey") ?? asText(asRecord(body)?.writeKey);
    return key?.slice(key.indexOf(":") + 1);
  },
  parse(request, stamp) {
    const { route, params } = request;
    const named = params.type ?? "";
    // `event` leaves it to the item to say what it is.
    if (route.method === "POST" && named === BATCH) return readCalls(request, ITEMS, stamp);
    const body = route.method === "GET" ? eventOfPixel(request.query()) : request.body;
    const type = Object.hasOwn(CALL_OF_PATH, named) ? CALL_OF_PATH[named] : undefined;
    const parsed = readCalls(
      { ...request, body },
      { ...ITEMS, type: type ?? asText(asRecord(body)?.type) ?? named },
      stamp,
    );
    return route.method === "GET" ? withStringsOf(request.query(), parsed) : parsed;
  },
  respond: (result, { route, params }) => {
    if (route.method === "GET") return pixelAnswer();
    return params.type === BATCH ? batchAnswer(result) : jsonAnswer(200, { ok: true });
  },
} satisfies Protocol;

/** Its client leaves out every id where it is told to (`privacy.disableUserIds`). */
const ITEMS = { mayBeNobody: true };

/** @throws Problem 400 `invalid_body`, `invalid_json`, `too_deep` for a `data` that is not base64 of a JSON object */
function eventOfPixel(query: Query): Record<string, unknown> {
  const data = query.get("data");
  return fieldsOfQuery(query, NOT_FIELDS, data === null ? {} : objectOf(data));
}

const decoder = new TextDecoder();

function objectOf(data: string): Record<string, unknown> {
  // In a query a `+` that was not escaped arrives as a space.
  const bytes = bytesOf(data.replaceAll(" ", "+"));
  const record = bytes && asRecord(parseJson(decoder.decode(bytes)));
  if (!record)
    throw new Problem(400, "invalid_body", 'The parameter "data" must be base64 of a JSON object.');
  return record;
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  } catch {
    return undefined; // Not base64: the caller answers 400.
  }
}

/** As Jitsu answers a batch: how many were read, and what was wrong with the others. */
function batchAnswer({ accepted, dropped, rejected }: CollectResult): Answer {
  return jsonAnswer(200, {
    ok: rejected.length === 0,
    receivedEvents: accepted + dropped.length + rejected.length,
    okEvents: accepted + dropped.length,
    ...(rejected.length > 0 && {
      errors: rejected.slice(0, 100).map(({ id, code }) => `Message ID: ${id}: ${code}`),
    }),
  });
}
