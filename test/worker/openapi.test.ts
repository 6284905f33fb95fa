/** The OpenAPI documents beside the real app: every route is described, and what it answers is what they say. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { dayOf } from "#consent/counts/days";
import { appendConsent } from "#consent/store";
import { insertToken } from "#console/access/store";
import type { Receipt } from "#contracts/messages/receipt";
import { insertFailures } from "#forward/failures/store";
import { insertJob } from "#forward/jobs/store";
import { putDeadItem } from "#forward/store";
import { showLive } from "#lake/receipts";
import {
  ADMIN_GROUPS,
  adminDocument,
  PUBLIC_GROUPS,
  publicDocument,
} from "../../scripts/openapi/documents.ts";
import { problemSchema } from "../../scripts/openapi/problems.ts";
import { createApp } from "../../src/app.ts";
import { readSettings } from "../../src/env.ts";
import { operatorApi } from "../../src/operator.ts";
import { itemOf, webhookTo } from "./forward/delivery.ts";
import type { Case } from "./openapi/case.ts";
import { CMS, contentCases } from "./openapi/content.ts";
import { IDENTITY_CASES, makePeople } from "./openapi/identity.ts";
import { makeReleases, releaseCases } from "./openapi/releases.ts";
import { LISTS, segmentCases } from "./openapi/segments.ts";
import { ALL, event, HOST, RELEASE } from "./product.ts";
import { publicRoutes } from "./public-routes.ts";
import { email, stepDeps, take, workOffAll } from "./subjects/world.ts";

const withSecret = { ...env, HOOK: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
const app = createApp(withSecret);
const settingsRead = readSettings(withSecret);
if (!settingsRead.ok) throw new Error(settingsRead.problems.join());
const operator = operatorApi(withSecret, settingsRead.settings, async () => {});

const PATHS = { ...publicDocument().paths, ...adminDocument().paths };
const ANSWERS = new Map<string, z.ZodType>(
  [...PUBLIC_GROUPS, ...ADMIN_GROUPS].flatMap((group) => Object.entries(group.answers)),
);

describe("the documents", () => {
  it("describe every route of the app, and no other", () => {
    // `ALL` are middlewares; a preflight belongs to the operation that it asks for.
    const routes = [...publicRoutes(withSecret), ...operator.routes]
      .filter(({ method }) => method !== "ALL" && method !== "OPTIONS")
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}")}`);
    const described = Object.entries(PATHS).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual([...new Set(routes)].sort());
  });

  it.each(["/openapi.json", "/admin/openapi.json"])("are served: %s", async (path) => {
    const response = await app.request(`${HOST}${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("application/json");
    expect(await response.json()).toMatchObject({ openapi: "3.1.1", servers: [{ url: expect.any(String) }] });
  });
});

/** Its name changes with what is in it; the script has it. */
const CONSOLE_PART = /console-\w+\.js/.exec(
  await (await app.request(`${HOST}/admin/console.js`)).text(),
)?.[0];

const RELEASE_WITH_ALL = {
  ...RELEASE,
  slots: { hero: { fallback: "plain" }, empty: {} },
  content: { plain: { html: "<p>Hello</p>" }, sale: { html: "<p>Sale</p>", data: { percent: 10 } } },
  offers: { sale: { slot: "hero", content: "sale" } },
  destinations: { hook: webhookTo() },
  cms: CMS,
  lists: LISTS,
};

const BROWSER = {
  origin: HOST,
  "sec-fetch-site": "same-origin",
  "user-agent": "Mozilla/5.0 Chrome/154.0.0.0",
};
const OPERATOR = { authorization: "Bearer admin_test" };
const KEY = { "x-write-key": "wk_demo" };

const EVENT = event("page_view");
const CALL = { type: "track", event: "Order Completed", anonymousId: "a-1", messageId: "oa-1" };

const SEEN = { eventId: "oa-seen", at: Date.parse("2026-11-22T10:00:00Z") };
/** One of each stage, with all that it may say. */
const RECEIPTS: Receipt[] = [
  {
    ...SEEN,
    stage: "door",
    name: "page_view",
    source: "web",
    protocol: "native",
    outcome: "accepted",
    consent: {
      receipt: "r-1",
      regime: "gdpr",
      granted: ["analytics"],
      grounds: { analytics: "cookie" },
      decidedAt: 1,
    },
    removed: [{ path: "traits.email", action: "hashed", reason: "purpose_not_granted" }],
  },
  {
    ...SEEN,
    stage: "ingest",
    outcome: "folded",
    profile: "visitor_id:1.a",
    identityState: "anonymous",
    segments: ["loyal"],
    routed: { hook: "queued", ga4: "no_consent" },
  },
  {
    ...SEEN,
    stage: "delivery",
    destination: "hook",
    itemId: "i-1",
    attempt: 1,
    outcome: "retry",
    code: "http_503",
  },
  {
    ...SEEN,
    eventId: "oa-slot",
    stage: "slot",
    slot: "hero",
    release: 1,
    outcome: "offer",
    offer: "sale",
    segments: ["loyal"],
    losers: [{ offer: "other", reason: "outranked" }],
  },
];

const SERVER = { authorization: "Bearer sk_demo", "content-type": "application/json" };
const SUBJECT_REQUEST = {
  regulation: "gdpr",
  subject_request_id: "a7551968-d5d6-44b2-9831-815ac9017798",
  subject_request_type: "access",
  submitted_time: "2026-11-22T10:00:00Z",
  subject_identities: [{ identity_type: "email", identity_value: "oa@example.com" }],
};
const OF_SUBJECT = `/privacy/requests/${SUBJECT_REQUEST.subject_request_id}`;
/** Subject requests that are there before the cases: as they were taken in, two of them worked off. */
const KNOWN = {
  access: "00000000-0000-4000-8000-000000000001",
  erasure: "00000000-0000-4000-8000-000000000002",
  pending: "00000000-0000-4000-8000-000000000003",
  cancelled: "00000000-0000-4000-8000-000000000004",
  open: "00000000-0000-4000-8000-000000000005",
} as const;
const ofKnown = (name: keyof typeof KNOWN, then: string) =>
  `/admin/api/subject-requests/${KNOWN[name]}${then}`;

/** In order: the first one publishes what the others read. */
const CASES: Case[] = [
  {
    operation: "post /admin/api/releases",
    status: 201,
    headers: OPERATOR,
    body: { document: RELEASE_WITH_ALL, note: "All" },
  },
  { operation: "post /admin/api/releases", status: 422, headers: OPERATOR, body: { document: {} } },
  { operation: "post /admin/api/releases", status: 400, headers: OPERATOR, body: {} },
  { operation: "post /admin/api/releases", status: 401, body: {} },
  { operation: "get /admin/api/releases", status: 200, headers: OPERATOR },
  { operation: "get /admin/api/releases/active", status: 200, headers: OPERATOR },
  ...releaseCases(OPERATOR, RELEASE_WITH_ALL),

  {
    operation: "post /admin/api/previews",
    status: 201,
    headers: OPERATOR,
    body: { segments: ["loyal"], path: "/" },
  },
  {
    operation: "post /admin/api/previews",
    status: 404,
    headers: OPERATOR,
    body: { release: "draft:none" },
  },
  { operation: "post /admin/api/previews", status: 400, headers: OPERATOR, body: { path: "//evil.example" } },

  { operation: "get /admin/api/quarantine", status: 200, headers: OPERATOR },
  { operation: "post /admin/api/quarantine/dry-run", status: 200, headers: OPERATOR, body: { cause: {} } },
  { operation: "post /admin/api/quarantine/replay", status: 202, headers: OPERATOR, body: { cause: {} } },
  { operation: "post /admin/api/quarantine/discard", status: 200, headers: OPERATOR, body: { cause: {} } },

  { operation: "get /health", status: 200 },
  { operation: "get /sourceConfig", path: "/sourceConfig?writeKey=wk_demo", status: 200 },
  { operation: "get /sourceConfig/", path: "/sourceConfig/?writeKey=wk_demo", status: 200 },
  { operation: "get /sourceConfig/", path: "/sourceConfig/?writeKey=wk_none", status: 404 },
  { operation: "post /beacon/v1/batch", status: 200, headers: KEY, body: { batch: [CALL] } },
  {
    operation: "get /pixel/v1/track",
    path: "/pixel/v1/track?writeKey=wk_demo&event=Cart+Viewed&userId=u",
    status: 200,
  },
  { operation: "get /pixel/v1/page", path: "/pixel/v1/page?writeKey=wk_demo&userId=u", status: 200 },
  { operation: "get /pixel/v1/page", path: "/pixel/v1/page?userId=u", status: 401 },
  { operation: "post /api/s/{type}", path: "/api/s/track", status: 200, headers: KEY, body: CALL },
  {
    operation: "post /api/s/s2s/{type}",
    path: "/api/s/s2s/batch",
    status: 200,
    headers: KEY,
    body: { batch: [CALL, 7] },
  },
  { operation: "get /api/px/{type}", path: "/api/px/page?writekey=shop:wk_demo", status: 200 },
  { operation: "get /api/px/{type}", path: "/api/px/page?writekey=shop:wk_demo&data=x", status: 400 },
  { operation: "get /doorstep-more.js", status: 200 },
  { operation: "get /doorstep-slots.js", status: 200 },
  { operation: "get /doorstep-slots.d.ts", status: 200 },
  { operation: "get /doorstep-preview.js", status: 200 },
  { operation: "get /doorstep.d.ts", status: 200 },
  { operation: "get /ready", status: 200 },
  { operation: "get /.well-known/gpc.json", status: 200 },

  { operation: "get /privacy/discovery", status: 200 },
  { operation: "post /privacy/requests", status: 201, headers: SERVER, body: SUBJECT_REQUEST },
  { operation: "post /privacy/requests", status: 400, headers: SERVER, body: {} },
  {
    operation: "post /privacy/requests",
    status: 415,
    body: SUBJECT_REQUEST,
    headers: { "content-type": "text/plain" },
  },
  {
    operation: "post /privacy/requests",
    status: 409,
    headers: SERVER,
    body: { ...SUBJECT_REQUEST, regulation: "ccpa" },
  },
  { operation: "get /privacy/requests/{id}", path: OF_SUBJECT, status: 200, headers: SERVER },
  { operation: "get /privacy/requests/{id}", path: OF_SUBJECT, status: 404 },
  {
    operation: "get /privacy/requests/{id}/results",
    path: `${OF_SUBJECT}/results`,
    status: 404,
    headers: SERVER,
  },
  { operation: "get /admin/api/subject-requests", status: 200, headers: OPERATOR },
  {
    operation: "get /admin/api/subject-requests/{id}",
    path: `/admin/api/subject-requests/${SUBJECT_REQUEST.subject_request_id}`,
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "get /privacy/requests/{id}/results",
    path: `/privacy/requests/${KNOWN.access}/results`,
    status: 200,
    headers: SERVER,
  },
  {
    operation: "get /admin/api/subject-requests/{id}/identities",
    path: ofKnown("pending", "/identities"),
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "get /admin/api/subject-requests/{id}/results",
    path: ofKnown("access", "/results"),
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "get /admin/api/subject-requests/{id}/proof",
    path: ofKnown("erasure", "/proof"),
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "get /admin/api/subject-requests/{id}/proof",
    path: ofKnown("access", "/proof"),
    status: 404,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/subject-requests/{id}/verify",
    path: ofKnown("pending", "/verify"),
    status: 200,
    headers: OPERATOR,
    body: { note: "Called." },
  },
  {
    operation: "post /admin/api/subject-requests/{id}/verify",
    path: ofKnown("pending", "/verify"),
    status: 409,
    headers: OPERATOR,
    body: { note: "Called." },
  },
  {
    operation: "post /admin/api/subject-requests/{id}/cancel",
    path: ofKnown("cancelled", "/cancel"),
    status: 200,
    headers: OPERATOR,
    body: { reason: "Another." },
  },
  {
    operation: "post /admin/api/subject-requests/{id}/extend",
    path: ofKnown("open", "/extend"),
    status: 200,
    headers: OPERATOR,
    body: { reason: "Many." },
  },
  {
    operation: "post /admin/api/subject-requests/{id}/extend",
    path: ofKnown("open", "/extend"),
    status: 409,
    headers: OPERATOR,
    body: { reason: "Many." },
  },
  {
    operation: "post /admin/api/subject-requests/{id}/retry",
    path: ofKnown("open", "/retry"),
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/subject-requests",
    status: 201,
    headers: OPERATOR,
    body: {
      type: "access",
      regulation: "gdpr",
      verified: false,
      note: "n",
      identities: SUBJECT_REQUEST.subject_identities,
    },
  },
  {
    operation: "post /admin/api/suppressions/check",
    status: 200,
    headers: OPERATOR,
    body: { namespace: "email", value: "oa@example.com" },
  },
  {
    operation: "post /admin/api/suppressions/lift",
    status: 200,
    headers: OPERATOR,
    body: { namespace: "email", value: "oa@example.com", reason: "r" },
  },

  { operation: "get /consent", status: 200, headers: BROWSER },
  { operation: "put /consent", status: 200, headers: BROWSER, body: { purposes: ALL } },
  { operation: "put /consent", status: 400, headers: BROWSER, body: { purposes: { ads: "granted" } } },
  { operation: "put /consent", status: 403, body: { purposes: ALL } },
  {
    operation: "put /consent",
    status: 200,
    headers: { authorization: "Bearer sk_demo" },
    body: { subject: { namespace: "user_id", value: "oa-1" }, purposes: { marketing: "denied" } },
  },
  { operation: "put /consent", status: 400, headers: BROWSER, body: { tcf: "x" } },
  { operation: "get /consent/history", status: 200, headers: BROWSER },
  { operation: "get /consent/history", status: 403, headers: { "sec-fetch-site": "cross-site" } },
  { operation: "get /consent/page", status: 200, headers: BROWSER },
  { operation: "post /consent/page", status: 303, headers: BROWSER, form: "decision=none" },
  { operation: "post /consent/page", status: 403, body: {} },
  { operation: "post /consent/page", status: 400, headers: BROWSER, body: {} },

  {
    operation: "post /events",
    status: 202,
    headers: { ...BROWSER, ...KEY },
    body: {
      events: [
        { ...EVENT, consent: { analytics: "granted" } },
        { ...EVENT, id: "oa-denied", consent: { analytics: "denied" } },
        { ...EVENT, consent: { analytics: "granted" } },
        { ...EVENT, id: "oa-unknown", name: "nothing_of_ours" },
        { ...EVENT, id: "oa-version", version: "9.9.9" },
        { ...EVENT, id: "oa-old", occurred_at: "2020-01-01T00:00:00Z" },
        { ...EVENT, id: "oa-new", occurred_at: "2999-01-01T00:00:00Z" },
        { ...EVENT, id: "oa-wrong", name: "purchase" },
        { ...EVENT, id: "oa-statement", consent: "yes" },
      ],
    },
  },
  { operation: "post /events", status: 400, headers: KEY, body: [] },
  { operation: "post /events", status: 400, headers: KEY },
  { operation: "post /events", status: 401, body: { events: [] } },
  {
    operation: "post /events",
    status: 403,
    headers: { ...KEY, origin: "https://evil.example" },
    body: { events: [] },
  },
  { operation: "post /events", status: 413, headers: KEY, body: { events: Array(501).fill(EVENT) } },
  {
    operation: "post /events",
    status: 415,
    headers: { ...KEY, "content-encoding": "br" },
    body: { events: [] },
  },

  { operation: "post /v1/track", status: 200, headers: KEY, body: CALL },
  { operation: "post /v1/batch", status: 200, headers: KEY, body: { batch: [CALL], writeKey: "wk_demo" } },
  { operation: "post /v1/alias", status: 401, body: CALL },
  { operation: "post /v1/m", status: 200, body: {} },
  { operation: "get /v1/projects/{key}/settings", path: "/v1/projects/wk_demo/settings", status: 200 },
  { operation: "get /v1/projects/{key}/settings", path: "/v1/projects/wk_none/settings", status: 404 },

  { operation: "get /i", path: "/i?aid=wk_demo&e=pv", status: 200 },
  { operation: "get /i", status: 401 },
  {
    operation: "post /{vendor}/{version}",
    path: "/com.acme/events",
    status: 200,
    body: { data: [{ aid: "wk_demo", e: "pv" }, { e: "ue" }] },
  },
  { operation: "post /{vendor}/{version}", path: "/com.acme/events", status: 400, headers: KEY, body: {} },
  { operation: "get /g/collect", path: "/g/collect?tid=wk_demo&en=page_view", status: 204 },
  { operation: "post /g/collect", path: "/g/collect?tid=wk_demo&en=page_view", status: 204 },
  {
    operation: "post /mp/collect",
    path: "/mp/collect?api_secret=wk_demo",
    status: 204,
    body: { client_id: "1.2", events: [{ name: "login" }] },
  },
  { operation: "post /mp/collect", path: "/mp/collect?api_secret=wk_demo", status: 400, body: {} },
  {
    operation: "post /debug/mp/collect",
    path: "/debug/mp/collect?api_secret=wk_demo",
    status: 200,
    body: { events: [{ name: "session_start" }, { name: "purchase" }] },
  },

  { operation: "get /contracts", status: 200 },
  { operation: "get /contracts", status: 200, headers: { accept: "text/html" } },
  { operation: "get /contracts/{name}/{version}", path: "/contracts/purchase/latest", status: 200 },
  { operation: "get /contracts/{name}/{version}", path: "/contracts/purchase/9.9.9", status: 404 },

  { operation: "get /slots/{slot}", path: "/slots/hero", status: 200 },
  { operation: "get /slots/{slot}", path: "/slots/hero", status: 200, headers: { accept: "text/html" } },
  { operation: "get /slots/{slot}", path: "/slots/hero?explain", status: 200, headers: OPERATOR },
  { operation: "get /slots/{slot}", path: "/slots/empty", status: 204, headers: { accept: "text/html" } },
  { operation: "get /slots/{slot}", path: "/slots/nowhere", status: 404 },
  { operation: "post /slots", status: 200, body: { slots: ["hero", "empty", "nowhere"] } },
  { operation: "post /slots", status: 200, headers: OPERATOR, body: { slots: ["hero"], explain: true } },
  {
    operation: "post /slots",
    status: 200,
    headers: SERVER,
    body: { slots: ["hero"], visitor: { country: "SK" } },
  },
  { operation: "post /slots", status: 400, body: { slots: [] } },
  { operation: "post /slots", status: 401, body: { slots: ["hero"], visitor: {} } },
  {
    operation: "post /slots",
    status: 403,
    headers: { authorization: "Bearer wk_demo" },
    body: { slots: ["hero"], visitor: {} },
  },

  { operation: "get /admin/api/live", status: 200, headers: OPERATOR },
  { operation: "get /admin/api/live", path: "/admin/api/live?limit=0", status: 400, headers: OPERATOR },
  { operation: "get /admin/api/live", status: 401 },
  { operation: "get /admin/api/health", status: 200, headers: OPERATOR },
  {
    operation: "get /admin/api/trace/{event_id}",
    path: "/admin/api/trace/oa-seen",
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "get /admin/api/trace/{event_id}",
    path: "/admin/api/trace/oa-seen?at=2026-11-22T10:00:00Z",
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "get /admin/api/trace/{event_id}",
    path: "/admin/api/trace/oa-slot",
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "get /admin/api/trace/{event_id}",
    path: "/admin/api/trace/none",
    status: 404,
    headers: OPERATOR,
  },
  {
    operation: "get /admin/api/trace/{event_id}",
    path: "/admin/api/trace/x?at=x",
    status: 400,
    headers: OPERATOR,
  },

  { operation: "get /admin/api/identity/quality", status: 200, headers: OPERATOR },
  {
    operation: "post /admin/api/identity/evaluate",
    status: 200,
    headers: OPERATOR,
    body: { people: [{ label: "ann", identifiers: [{ namespace: "email", value: "ann@shop.example" }] }] },
  },
  { operation: "post /admin/api/identity/evaluate", status: 422, headers: OPERATOR, body: { people: [] } },
  ...(await contentCases(OPERATOR)),
  ...segmentCases(OPERATOR, "loyal"),
  ...IDENTITY_CASES,

  { operation: "get /admin/api/consent/rates", status: 200, headers: OPERATOR },
  {
    operation: "get /admin/api/consent/rates",
    path: "/admin/api/consent/rates?days=0",
    status: 400,
    headers: OPERATOR,
  },
  { operation: "get /admin/api/consent/counts", status: 200, headers: OPERATOR },
  {
    operation: "get /admin/api/consent/counts",
    path: "/admin/api/consent/counts?from=x",
    status: 400,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/consent/ledger",
    status: 200,
    headers: OPERATOR,
    body: { visitor: "visitor_id:1.oa" },
  },
  {
    operation: "post /admin/api/consent/ledger",
    status: 404,
    headers: OPERATOR,
    body: { visitor: "visitor_id:1.nobody" },
  },
  { operation: "post /admin/api/consent/ledger", status: 400, headers: OPERATOR, body: {} },
  { operation: "post /admin/api/consent/ledger", status: 401, body: { visitor: "visitor_id:1.oa" } },

  { operation: "get /admin/api/destinations", status: 200, headers: OPERATOR },
  {
    operation: "post /admin/api/destinations/{key}/dry-run",
    path: "/admin/api/destinations/hook/dry-run",
    status: 200,
    headers: OPERATOR,
    body: { limit: 5 },
  },
  {
    operation: "post /admin/api/destinations/{key}/dry-run",
    path: "/admin/api/destinations/hook/dry-run",
    status: 422,
    headers: OPERATOR,
    body: { definition: { type: "webhook" } },
  },
  {
    operation: "get /admin/api/destinations/{key}",
    path: "/admin/api/destinations/hook",
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/destinations/{key}/check",
    path: "/admin/api/destinations/hook/check",
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/destinations/{key}/pause",
    path: "/admin/api/destinations/hook/pause",
    status: 200,
    headers: OPERATOR,
  },
  { operation: "get /admin/api/destinations", status: 200, headers: OPERATOR },
  {
    operation: "post /admin/api/destinations/{key}/resume",
    path: "/admin/api/destinations/hook/resume",
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/destinations/{key}/pause",
    path: "/admin/api/destinations/none/pause",
    status: 404,
    headers: OPERATOR,
  },
  { operation: "get /admin/api/failures", status: 200, headers: OPERATOR },
  {
    operation: "get /admin/api/failures",
    path: "/admin/api/failures?limit=x",
    status: 400,
    headers: OPERATOR,
  },
  { operation: "get /admin/api/failures/causes", status: 200, headers: OPERATOR },
  {
    operation: "get /admin/api/failures/{itemId}",
    path: "/admin/api/failures/again",
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "get /admin/api/failures/{itemId}",
    path: "/admin/api/failures/gone",
    status: 410,
    headers: OPERATOR,
  },
  {
    operation: "put /admin/api/failures/{itemId}",
    path: "/admin/api/failures/again",
    status: 200,
    headers: OPERATOR,
    body: { properties: { form_id: "newsletter" } },
  },
  {
    operation: "put /admin/api/failures/{itemId}",
    path: "/admin/api/failures/again",
    status: 422,
    headers: OPERATOR,
    body: { properties: { form_id: 7 } },
  },
  {
    operation: "post /admin/api/failures/{itemId}/discard",
    path: "/admin/api/failures/none/discard",
    status: 404,
    headers: OPERATOR,
  },
  { operation: "get /admin/api/jobs", status: 200, headers: OPERATOR },
  {
    operation: "post /admin/api/jobs",
    status: 202,
    headers: OPERATOR,
    body: { kind: "discard", destination: "hook", code: "none" },
  },
  {
    operation: "post /admin/api/jobs",
    status: 400,
    headers: OPERATOR,
    body: { kind: "backfill", destination: "hook", from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" },
  },
  {
    operation: "post /admin/api/jobs/{id}/{change}",
    path: "/admin/api/jobs/none/stop",
    status: 404,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/jobs/{id}/{change}",
    path: "/admin/api/jobs/docs-job/stop",
    status: 200,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/jobs/{id}/{change}",
    path: "/admin/api/jobs/docs-job/stop",
    status: 409,
    headers: OPERATOR,
  },
  { operation: "get /admin/api/reconciliation", status: 200, headers: OPERATOR },
  {
    operation: "post /admin/api/reconciliation/{day}",
    path: "/admin/api/reconciliation/2026-01-01",
    status: 202,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/reconciliation/{day}",
    path: "/admin/api/reconciliation/yesterday",
    status: 400,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/failures/{itemId}/replay",
    path: "/admin/api/failures/gone/replay",
    status: 410,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/failures/{itemId}/replay",
    path: "/admin/api/failures/again/replay",
    status: 202,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/failures/{itemId}/replay",
    path: "/admin/api/failures/none/replay",
    status: 404,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/failures/{itemId}/discard",
    path: "/admin/api/failures/gone/discard",
    status: 200,
    headers: OPERATOR,
  },

  { operation: "get /admin/api/me", status: 200, headers: OPERATOR },
  { operation: "get /admin/api/me", status: 401 },
  {
    operation: "post /admin/api/access/tokens",
    status: 201,
    headers: OPERATOR,
    body: { name: "Docs", role: "viewer", sources: ["web"], expires_in_days: 1 },
  },
  { operation: "post /admin/api/access/tokens", status: 400, headers: OPERATOR, body: {} },
  { operation: "get /admin/api/access/tokens", status: 200, headers: OPERATOR },
  {
    operation: "post /admin/api/access/tokens/{id}/revoke",
    path: "/admin/api/access/tokens/none/revoke",
    status: 404,
    headers: OPERATOR,
  },
  {
    operation: "post /admin/api/access/tokens/{id}/revoke",
    path: "/admin/api/access/tokens/oa-token/revoke",
    status: 200,
    headers: OPERATOR,
  },
  { operation: "get /admin/api/audit", status: 200, headers: OPERATOR },
  { operation: "get /admin/api/audit", path: "/admin/api/audit?before=x", status: 400, headers: OPERATOR },
  { operation: "get /admin/api/audit/export", status: 200, headers: OPERATOR },
  { operation: "post /admin/api/audit/restored", status: 201, headers: OPERATOR, body: { reason: "Test" } },
  { operation: "post /admin/api/audit/restored", status: 400, headers: OPERATOR, body: {} },
  { operation: "post /admin/api/audit/checkpoints", status: 201, headers: OPERATOR },
  { operation: "get /admin/api/audit/checkpoints", status: 200, headers: OPERATOR },
  { operation: "get /admin/api/audit/verify", status: 200, headers: OPERATOR },
  {
    operation: "get /admin/api/audit/verify",
    path: "/admin/api/audit/verify?after=999999",
    status: 404,
    headers: OPERATOR,
  },
  { operation: "get /admin/api/keys", status: 200, headers: OPERATOR },
  { operation: "get /admin/api/performance", status: 200, headers: OPERATOR },
  {
    operation: "get /admin/api/performance",
    path: "/admin/api/performance?days=91",
    status: 400,
    headers: OPERATOR,
  },
  { operation: "get /admin", status: 200 },
  { operation: "get /admin/console.js", status: 200 },
  { operation: "get /admin/console.css", status: 200 },
  { operation: "get /admin/parts/{part}", path: `/admin/parts/${CONSOLE_PART}`, status: 200 },
  { operation: "get /doorstep.js", status: 200 },
  { operation: "get /openapi.json", status: 200 },
  { operation: "get /admin/openapi.json", status: 200 },
];

async function send({ operation, path, headers, body, form }: Case): Promise<Response> {
  const [method = "", template = ""] = operation.split(" ");
  const context = createExecutionContext();
  const response = await app.request(
    `${HOST}${path ?? template}`,
    {
      method: method.toUpperCase(),
      headers: headers ?? {},
      ...((form ?? body) !== undefined && { body: form ?? JSON.stringify(body) }),
    },
    withSecret,
    context,
  );
  await waitOnExecutionContext(context);
  return response;
}

/** Check an answer against what the documents say of its operation. */
async function expectDescribed(operation: string, response: Response): Promise<void> {
  const [method = "", path = ""] = operation.split(" ");
  const described = Object.entries(PATHS[path] ?? {}).find(([name]) => name === method)?.[1];
  const answer = described?.responses[response.status];
  expect(answer, `${response.status} is described`).toBeDefined();
  const type = response.headers.get("content-type")?.split(";")[0];
  if (type === undefined) {
    expect(answer?.content).toBeUndefined();
    return;
  }
  const content = answer?.content?.[type];
  expect(content, `${type} is described`).toBeDefined();
  if (type === "application/problem+json") {
    const problem = problemSchema.parse(await response.json());
    expect(problem.status).toBe(response.status);
    expect(Object.keys(content?.examples ?? {})).toContain(problem.code);
  } else if (type === "application/json") {
    const name = String(content?.schema.$ref).split("/").at(-1) ?? "";
    const body = await response.json();
    // Fields that are not described would be stripped.
    expect(ANSWERS.get(name)?.parse(body), name).toEqual(body);
  } else await response.text();
}

describe("what the app answers is described", () => {
  it("case by case", async () => {
    const failed = {
      itemId: "",
      destination: "hook",
      eventId: "e",
      name: "form_submit",
      code: "http_400",
      detail: null,
      attempt: 3,
      at: 1,
    };
    await insertFailures(env.IDENTITY_0, [
      { ...failed, itemId: "again" },
      { ...failed, itemId: "gone" },
    ]);
    await putDeadItem(env.LAKE, "hook", itemOf("again"));
    await insertJob(env.IDENTITY_0, {
      ...{ id: "docs-job", kind: "replay", destination: "hook", state: "running", asked: {}, cursor: null },
      ...{ counts: {}, actor: "Docs", createdAt: 1, updatedAt: 1 },
    });
    const token = {
      id: "oa-token",
      name: "Docs",
      role: "viewer",
      personal: false,
      sources: undefined,
      createdAt: 1,
      createdBy: "root",
      expiresAt: 2,
      revokedAt: null,
      lastUsedDay: null,
    } as const;
    await insertToken(env.IDENTITY_0, token, "1.none");
    const unverified = { verification: "none", madeBy: "anybody" } as const;
    const ida = [email("oa@example.com")];
    await take("access", ida, { id: KNOWN.access });
    await take("erasure", [email("oa-erased@example.com")], { id: KNOWN.erasure });
    await take("opt_out", ida, { id: KNOWN.pending, ...unverified });
    await take("access", ida, { id: KNOWN.cancelled, ...unverified });
    await take("access", ida, { id: KNOWN.open });
    for (const id of [KNOWN.access, KNOWN.erasure]) await workOffAll(id, stepDeps());
    await showLive(env.LIVE_TAIL, RECEIPTS, [
      { day: dayOf(Date.now()), source: "web", regime: "gdpr", country: "SK", granted: "a", events: 2 },
    ]);
    await appendConsent(env.IDENTITY_0, {
      subject: "visitor_id:1.oa",
      givenAt: 1000,
      id: "r",
      granted: ["analytics"],
      regime: "gdpr",
      source: "choice",
      evidence: "r",
      expiresAt: 2000,
    });
    await makePeople();
    await makeReleases();
    for (const one of CASES) {
      const title = `${one.operation} ${one.path ?? ""} ${one.status}`;
      const response = await send(one);
      expect(response.status, title).toBe(one.status);
      await expectDescribed(one.operation, response).catch((error: unknown) => {
        throw new Error(title, { cause: error });
      });
    }
  }, 60_000);

  it("of each operation's success, if not of each of Segment's aliases", () => {
    const succeeded = CASES.filter(({ status }) => status < 400);
    const tried = new Set<string>(succeeded.map(({ operation }) => operation));
    const untried = Object.entries(PATHS).flatMap(([path, methods]) =>
      Object.keys(methods)
        .map((method) => `${method} ${path}`)
        .filter((operation) => !tried.has(operation)),
    );
    expect(untried.filter((operation) => !/^post \/v1\/\w+$/.test(operation))).toEqual([]);
  });
});
