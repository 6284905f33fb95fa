/**
 * The public routes of subject requests, in OpenDSR's shape: a person, their browser, or a server that vouches for them,
 * asks; the status, and what was asked for, are given to whoever asked and to nobody else. Somebody else's request and one
 * that does not exist are the same 404. https://github.com/opengdpr/opengdpr
 */
import { type Context, Hono } from "hono";
import { CONSENT_COOKIE } from "#consent/cookie";
import { IDENTITY_TYPES, type SubjectRequestBody } from "#contracts/messages/subject_request";
import { SUBJECT_REQUEST_TYPES } from "#contracts/taxonomy";
import { Problem } from "#core/problem";
import { readJson } from "#door/body";
import type { RequestContext } from "#door/context";
import { writeCookie } from "#door/cookies";
import type { CountRequest } from "#door/rate";
import { forgetVisitor } from "#door/respond";
import { knownIdentities, parseRequest } from "./body.ts";
import { DEADLINES, RESULTS_DAYS } from "./deadlines.ts";
import { takeRequest } from "./intake.ts";
import { type SubjectRequest, statusOf } from "./request.ts";
import { PRIVATE, resultsOf } from "./results.ts";
import { readRequest } from "./store.ts";
import {
  ANYBODY,
  type Asker,
  askingBrowser,
  askingPerson,
  askingServer,
  keysOf,
  type Normalise,
  onlyProven,
  type ProveToken,
  refuseCrossSite,
  requireSameOrigin,
  TOKEN_HEADER,
} from "./verify.ts";

export interface SubjectRoutesDeps {
  context(c: Context): Promise<RequestContext>;
  db: D1Database;
  bucket: R2Bucket;
  count: CountRequest;
  normalise: Normalise;
  proveToken: ProveToken;
  /** Sets a verified request to work; an opt-out is done when it resolves. */
  begin(request: SubjectRequest): Promise<void>;
  /** The path under which the outside reaches one of ours, below no base path. */
  toPublic(path: string): string;
}

export function subjectRoutes(deps: SubjectRoutesDeps): Hono {
  const app = new Hono();
  const base = (c: Context, { settings }: RequestContext): string =>
    new URL(c.req.url).origin + deps.toPublic(`${settings.BASE_PATH}/privacy`);
  const shown = (c: Context, context: RequestContext, request: SubjectRequest) =>
    statusOf(request, context.settings.TENANT, `${base(c, context)}/requests/${request.id}/results`);

  app.get("/privacy/discovery", async (c) => {
    const context = await deps.context(c);
    return personal(200, discovery(context.settings.TENANT));
  });

  app.post("/privacy/requests", async (c) => {
    const request = c.req.raw;
    requireJson(request.headers);
    const isServer = request.headers.has("authorization");
    if (!isServer) refuseCrossSite(request);
    const context = await deps.context(c);
    const body = parseRequest(await readJson(request), context.settings.DEV);
    const asker = await askerOf(request, body, context, deps);
    const named = await knownIdentities(body.subject_identities, deps.normalise);
    const identities = asker.identities ? onlyProven(named, asker) : body.subject_identities;
    if (identities.length === 0 && asker.scope === "person") throw noIdentities();
    const { keys, now } = context;
    const isNarrowed = asker.identities !== undefined && named.length > 0;
    const subjects = asker.proven && !isNarrowed ? asker.proven : await keysOf(named, keys);
    const taken = {
      id: body.subject_request_id,
      type: body.subject_request_type,
      regulation: body.regulation,
      verification: asker.verification,
      verifiedBy: null,
      scope: asker.scope,
      madeBy: await asker.madeBy(body.subject_request_id),
      isTheirs: (madeBy: string) => asker.made(body.subject_request_id, madeBy),
      subjects,
      identities,
      callbacks: body.status_callback_urls,
      submitted: body.submitted_time,
      base: base(c, context),
    };
    const { request: made, isNew } = await takeRequest(taken, { db: deps.db, keys }, now);
    // To somebody who proves nothing a request looks the same for ever: whether it went on would say who was verified.
    if (asker === ANYBODY) return personal(201, shown(c, context, { ...made, ...AS_TAKEN }));
    if (isNew) await begin(made, deps);
    const after = isNew ? ((await readRequest(deps.db, made.id)) ?? made) : made;
    const cookies = asker.verification === "browser" && body.subject_request_type === "erasure";
    return personal(201, shown(c, context, after), cookies ? ownCookies(context) : []);
  });

  app.get("/privacy/requests/:id", async (c) => {
    const { context, request } = await ownRequest(c, deps);
    return personal(200, shown(c, context, request));
  });

  app.get("/privacy/requests/:id/results", async (c) => {
    const { context, request } = await ownRequest(c, deps);
    const stores = { db: deps.db, bucket: deps.bucket, keys: context.keys };
    return resultsOf(request, c.req.header("accept") ?? null, stores, context.now);
  });

  return app;
}

/** Who sends a request, counted before anything costly is done for them. */
async function askerOf(
  request: Request,
  body: SubjectRequestBody,
  context: RequestContext,
  deps: SubjectRoutesDeps,
): Promise<Asker> {
  const { headers, url } = request;
  if (headers.has("authorization")) {
    const server = askingServer(headers, context, new URL(url).origin);
    await countAsker(server, headers, context, deps.count);
    return server;
  }
  await countAsker(undefined, headers, context, deps.count);
  if (body.identity_token !== undefined) return askingPerson(body.identity_token, context.keys, deps);
  if (body.subject_identities.length > 0) return ANYBODY;
  requireSameOrigin(request);
  const browser = askingBrowser(context);
  if (!browser) throw noIdentities();
  return browser;
}

/** A request of somebody's own, by the same proof as it was made with. */
async function ownRequest(
  c: Context,
  deps: SubjectRoutesDeps,
): Promise<{ context: RequestContext; request: SubjectRequest }> {
  const { headers, url } = c.req.raw;
  const isServer = headers.has("authorization");
  if (!isServer) refuseCrossSite(c.req.raw);
  const context = await deps.context(c);
  const token = headers.get(TOKEN_HEADER);
  let asker: Asker | undefined;
  if (isServer) asker = askingServer(headers, context, new URL(url).origin);
  await countAsker(asker, headers, context, deps.count);
  if (!asker && token !== null) asker = await askingPerson(token, context.keys, deps);
  asker ??= askingBrowser(context);
  const id = c.req.param("id") ?? "";
  const request = asker && UUID.test(id) ? await readRequest(deps.db, id.toLowerCase()) : undefined;
  if (!asker || !request || !(await asker.made(request.id, request.madeBy))) throw unknownRequest();
  return { context, request };
}

/** Without a server's key the address is counted: anybody may ask for as many ids of ours as they like. */
const countAsker = async (
  asker: Asker | undefined,
  headers: Headers,
  { keys, now }: RequestContext,
  count: CountRequest,
): Promise<void> =>
  count({
    source: asker?.source ?? "privacy",
    secret: asker?.source !== undefined,
    visitorKey: undefined,
    headers,
    now,
    key: keys.cookie,
  });

/** A request whose work could not be begun is there all the same: cron begins it. */
async function begin(request: SubjectRequest, deps: SubjectRoutesDeps): Promise<void> {
  try {
    await deps.begin(request);
  } catch (error) {
    console.error("a subject request waits for cron", error instanceof Error ? error.name : "unknown error");
  }
}

const AS_TAKEN = {
  status: "pending",
  verification: "none",
  completedAt: null,
  resultsUntil: null,
  cancelledReason: null,
} as const;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** What of our cookies a browser has: it asked us to forget it. */
const ownCookies = ({ settings }: RequestContext): string[] => {
  const secure = !settings.DEV;
  return [
    ...forgetVisitor(secure),
    writeCookie(CONSENT_COOKIE, "", { maxAgeSeconds: 0, httpOnly: false, secure }),
  ];
};

function personal(status: number, body: object, cookies: readonly string[] = []): Response {
  const response = Response.json(body, { status, headers: PRIVATE });
  for (const cookie of cookies) response.headers.append("set-cookie", cookie);
  return response;
}

/** A form of another site can send text; only a page that may, or no page at all, sends JSON. */
function requireJson(headers: Headers): void {
  if (/^application\/json\s*(;|$)/i.test(headers.get("content-type") ?? "")) return;
  throw new Problem(415, "unsupported_media_type", "Send the request as application/json.");
}

const noIdentities = (): Problem =>
  new Problem(
    400,
    "no_identities",
    "The request names nobody: it has no identities, and its browser carries no id of ours, so that nothing is kept of it.",
  );

const unknownRequest = (): Problem =>
  new Problem(
    404,
    "unknown_request",
    "You have no request of this id. One is read back with the proof that it was made with.",
  );

/** OpenDSR's discovery, and the deadlines. */
const discovery = (controller: string) => ({
  api_version: "2.0",
  controller_id: controller,
  supported_identities: Object.keys(IDENTITY_TYPES).map((identity_type) => ({
    identity_type,
    identity_format: "raw",
  })),
  supported_subject_request_types: SUBJECT_REQUEST_TYPES,
  deadlines: DEADLINES,
  results_kept_days: RESULTS_DAYS,
});
