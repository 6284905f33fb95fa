/**
 * One track call, as the clients send it that speak as Segment's do: `@segment/analytics-next` 1.84.3,
 * `@rudderstack/analytics-js` 3.34.1 and `@jitsu/js` 1.11.0, their cookies included. Recorded from the unmodified
 * clients in Chromium; only what names the page and the visitor is the bench's own.
 */
import { randomUUID } from "node:crypto";
import { type BenchVisitor, SITE, WRITE_KEY } from "../visitors.ts";
import type { BenchRequest } from "./request.ts";
import { GLOVES, PAGE, postHeaders } from "./sender.ts";

const EVENTS = ["add_to_cart"];
const CAMPAIGN = { source: "newsletter", medium: "email", name: "sunday-letter" };
const WINDOW = { width: 1280, height: 720, innerWidth: 1280, innerHeight: 720, density: 1 };
const iso = (at: number) => new Date(at).toISOString();
const base64 = (text: string) => Buffer.from(text).toString("base64");
const basic = () => `Basic ${base64(`${WRITE_KEY}:`)}`;

/** `POST /v1/t`: the key in the header and in the body, which is labelled as text. */
export function segmentRequest(visitor: BenchVisitor, now: number): BenchRequest {
  const { anonymousId, userAgent } = visitor;
  const context = {
    page: {
      path: PAGE.path,
      referrer: PAGE.referrer,
      search: PAGE.search,
      title: PAGE.title,
      url: PAGE.url,
    },
    userAgent,
    userAgentData: {
      brands: [
        { brand: "Not:A-Brand", version: "8" },
        { brand: "Chromium", version: "141" },
      ],
      mobile: false,
      platform: "Linux",
    },
    locale: PAGE.locale,
    library: { name: "analytics.js", version: "npm:next-1.84.3" },
    campaign: CAMPAIGN,
    timezone: "Europe/Bratislava",
  };
  return {
    method: "POST",
    path: "/v1/t",
    headers: {
      ...postHeaders(visitor, "text/plain", `ajs_anonymous_id=${anonymousId}`),
      authorization: basic(),
    },
    body: JSON.stringify({
      timestamp: iso(now - 1000),
      integrations: {},
      event: "Product Added",
      type: "track",
      properties: GLOVES,
      context,
      messageId: `ajs-next-${now - 1000}-${randomUUID()}`,
      anonymousId,
      writeKey: WRITE_KEY,
      userId: null,
      sentAt: iso(now),
      _metadata: { bundled: ["Segment.io"], unbundled: [], bundledIds: [] },
    }),
    answer: { status: 200, begins: '{"success":true}' },
    events: EVENTS,
  };
}

/** `POST /v1/track`, with headers of its own. */
export function rudderstackRequest(visitor: BenchVisitor, now: number): BenchRequest {
  return {
    method: "POST",
    path: "/v1/track",
    headers: {
      ...postHeaders(visitor, "application/json;charset=UTF-8", ...rudderstackCookies(visitor, now)),
      accept: "application/json",
      authorization: basic(),
      anonymousid: base64(visitor.anonymousId),
      sentat: iso(now),
    },
    body: JSON.stringify({ ...rudderstackCall(visitor, now), sentAt: iso(now) }),
    answer: { status: 200, begins: '{"success":true}' },
    events: EVENTS,
  };
}

/** `POST /beacon/v1/batch` of one call: what it sends with `useBeacon`, a Blob with the key in the query. */
export const rudderstackBeacon = (visitor: BenchVisitor, now: number): BenchRequest => ({
  method: "POST",
  path: `/beacon/v1/batch?writeKey=${WRITE_KEY}`,
  headers: postHeaders(visitor, "text/plain", ...rudderstackCookies(visitor, now)),
  body: JSON.stringify({ sentAt: iso(now), batch: [rudderstackCall(visitor, now)] }),
  answer: { status: 200, begins: "OK" },
  events: EVENTS,
});

function rudderstackCall({ anonymousId, userAgent }: BenchVisitor, now: number): Record<string, unknown> {
  const version = "3.34.1";
  return {
    properties: GLOVES,
    event: "Product Added",
    type: "track",
    channel: "web",
    context: {
      traits: {},
      sessionId: now - 300_000,
      app: {
        name: "RudderLabs JavaScript SDK",
        namespace: "com.rudderlabs.javascript",
        version,
        installType: "npm",
      },
      library: { name: "RudderLabs JavaScript SDK", version, variant: "bundled" },
      userAgent,
      os: { name: "", version: "" },
      locale: PAGE.locale,
      screen: WINDOW,
      campaign: CAMPAIGN,
      page: {
        path: PAGE.path,
        referrer: PAGE.referrer,
        referring_domain: "www.google.com",
        search: PAGE.search,
        title: PAGE.title,
        url: PAGE.url,
        tab_url: PAGE.url,
        initial_referrer: PAGE.referrer,
        initial_referring_domain: "www.google.com",
      },
      timezone: "GMT+0100",
    },
    originalTimestamp: iso(now - 1000),
    messageId: randomUUID(),
    userId: "",
    anonymousId,
    integrations: { All: true },
  };
}

/** Its cookies hold JSON, encoded. */
function rudderstackCookies({ anonymousId }: BenchVisitor, now: number): string[] {
  const session = { id: now - 300_000, expiresAt: now + 1_500_000, timeout: 1_800_000, autoTrack: true };
  return Object.entries({
    rl_anonymous_id: anonymousId,
    rl_page_init_referrer: PAGE.referrer,
    rl_page_init_referring_domain: "www.google.com",
    rl_session: session,
  }).map(([name, value]) => `${name}=${encodeURIComponent(`RS_ENC_v3_${base64(JSON.stringify(value))}`)}`);
}

/** `POST /api/s/track`, the key in a header and masked in the body. */
export function jitsuRequest(visitor: BenchVisitor, now: number): BenchRequest {
  const { anonymousId, userAgent } = visitor;
  const context = {
    library: { name: "@jitsu/js", version: "1.11.0", env: "browser" },
    userAgent,
    locale: PAGE.locale,
    screen: WINDOW,
    traits: {},
    page: {
      path: PAGE.path,
      referrer: PAGE.referrer,
      referring_domain: "www.google.com",
      host: SITE,
      search: PAGE.search,
      title: PAGE.title,
      url: PAGE.url,
      encoding: "UTF-8",
    },
    clientIds: {},
    campaign: CAMPAIGN,
  };
  return {
    method: "POST",
    path: "/api/s/track",
    headers: {
      ...postHeaders(visitor, "application/json", `__eventn_id=${anonymousId}`),
      "x-write-key": `shop:${WRITE_KEY}`,
    },
    body: JSON.stringify({
      type: "track",
      event: "Product Added",
      properties: GLOVES,
      userId: null,
      anonymousId,
      timestamp: iso(now - 1000),
      sentAt: iso(now),
      messageId: randomUUID().replaceAll("-", "").slice(0, 20),
      writeKey: "shop:***",
      context,
    }),
    answer: { status: 200, begins: '{"ok":true}' },
    events: EVENTS,
  };
}
