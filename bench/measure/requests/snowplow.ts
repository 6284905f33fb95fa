/**
 * One page view as `@snowplow/browser-tracker` 4.10.1 sends it with nothing set but the app id, by POST and by GET, its
 * cookies included. Recorded from the unmodified tracker in Chromium; page and visitor are the bench's own.
 */
import { randomUUID } from "node:crypto";
import { type BenchVisitor, WRITE_KEY } from "../visitors.ts";
import type { BenchRequest } from "./request.ts";
import { browserHeaders, PAGE, postHeaders } from "./sender.ts";

const SNOWPLOW = "iglu:com.snowplowanalytics.snowplow";
const EVENTS = ["page_view"];
const SESSION = "83285930-66bf-4dff-be74-6acab4c13f50";
const GIF = "GIF89a";

/** `POST /com.snowplowanalytics.snowplow/tp2`, its entities as JSON in a text. */
export function snowplowRequest(visitor: BenchVisitor, now: number): BenchRequest {
  const { stm, ...payload } = payloadOf(visitor, now);
  return {
    method: "POST",
    path: "/com.snowplowanalytics.snowplow/tp2",
    headers: postHeaders(visitor, "application/json; charset=UTF-8", ...cookiesOf(visitor, now)),
    body: JSON.stringify({
      schema: `${SNOWPLOW}/payload_data/jsonschema/1-0-4`,
      data: [{ ...payload, co: entities(), stm }],
    }),
    answer: { status: 200, begins: "ok" },
    events: EVENTS,
  };
}

/** `GET /i`, its entities in base64url. */
export function snowplowPixel(visitor: BenchVisitor, now: number): BenchRequest {
  const { stm = "", ...payload } = payloadOf(visitor, now);
  const cx = Buffer.from(entities()).toString("base64url");
  const query = Object.entries({ stm, ...payload, cx }).map(([k, v]) => `${k}=${encodeURIComponent(v)}`);
  return {
    method: "GET",
    path: `/i?${query.join("&")}`,
    headers: { ...browserHeaders(visitor, ...cookiesOf(visitor, now)), accept: "*/*" },
    body: "",
    answer: { status: 200, begins: GIF },
    events: EVENTS,
  };
}

const payloadOf = ({ anonymousId }: BenchVisitor, now: number): Record<string, string> => ({
  e: "pv",
  url: PAGE.url,
  page: PAGE.title,
  refr: PAGE.referrer,
  eid: randomUUID(),
  tv: "js-4.10.1",
  tna: "sp",
  aid: WRITE_KEY,
  p: "web",
  cookie: "1",
  cs: "UTF-8",
  lang: PAGE.locale,
  res: "1280x720",
  cd: "24",
  tz: "Europe/Bratislava",
  dtm: String(now - 1000),
  vp: "1280x720",
  ds: "1280x4310",
  vid: "1",
  sid: SESSION,
  duid: anonymousId,
  stm: String(now),
});

const entities = () =>
  JSON.stringify({
    schema: `${SNOWPLOW}/contexts/jsonschema/1-0-0`,
    data: [{ schema: `${SNOWPLOW}/web_page/jsonschema/1-0-0`, data: { id: randomUUID() } }],
  });

function cookiesOf({ anonymousId }: BenchVisitor, now: number): string[] {
  const seconds = Math.floor(now / 1000);
  return [
    "_sp_ses.1fff=*",
    `_sp_id.1fff=${anonymousId}.${seconds - 300}.1.${seconds}..${SESSION}..${SESSION}.${now - 300_000}.2`,
  ];
}
