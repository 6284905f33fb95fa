/**
 * The first of the three paths: how an event comes in, from top to bottom.
 *
 *   authenticate the source → parse the wire protocol → check each event's contract → decide on its consent
 *   → minimise → identify and seal → enrich → hand to the events queue → only then answer 2xx
 *
 * A bad event harms only itself. What was not granted goes no further than this file.
 */

import { decideConsent } from "#consent/decide";
import { minimise } from "#consent/minimise";
import type { AcceptedEvent, ConsentDecision, Refusal } from "#contracts/messages/event_envelope";
import type { Clock, NewId } from "#core/clock";
import { parseJson, readText } from "#door/body";
import { type RequestContext, readRequestContext } from "#door/context";
import { corsHeaders } from "#door/cors";
import { enqueue, isTooLarge, MAX_EVENT_BYTES, packEvents, SMALL_BODY_BYTES } from "#door/envelope";
import { mayIdentify, mayRemember, sessionCookie, visitorCookie } from "#door/respond";
import type { Session } from "#door/session";
import { type AuthenticatedSource, authenticateSource } from "#door/source";
import { newVisitor } from "#door/visitor";
import type { Keyring } from "#privacy/keys";
import type { ActiveRelease } from "#release/active";
import type { Settings } from "../env.ts";
import { type CheckedEvent, checkEvent } from "./check.ts";
import { enrich } from "./enrich.ts";
import { identify } from "./identify.ts";
import { keysOf } from "./key.ts";
import type { CollectResult, IncomingEvent, Protocol, ProtocolRequest, Route } from "./protocols/protocol.ts";
import { refusalOf } from "./refusal.ts";
import { rememberEvents, sessionOf } from "./remember.ts";

export interface CollectDeps {
  settings: Settings;
  keys: Keyring;
  release: ActiveRelease;
  queue: Queue<string>;
  clock: Clock;
  newId: NewId;
  randomBytes(count: number): Uint8Array;
}

/**
 * Take in one request.
 * @param params values of the route's path parameters
 * @throws Problem for a request that cannot be read or may not come in
 */
export async function accept(
  request: Request,
  protocol: Protocol,
  route: Route,
  params: Readonly<Record<string, string>>,
  deps: CollectDeps,
): Promise<Response> {
  const { settings, keys, release, newId } = deps;
  const now = deps.clock();
  const origin = request.headers.get("origin");
  const ownOrigin = new URL(request.url).origin;

  const { body, bytes } = await readBody(request, route);
  const asked: ProtocolRequest = {
    route,
    params,
    headers: request.headers,
    body,
    query: () => new URL(request.url).searchParams,
  };
  const from = authenticateSource(
    settings.SOURCES,
    keysOf(request, protocol.keyIn(asked)),
    origin,
    ownOrigin,
  );
  const parsed = protocol.parse(asked, { source: from.source, newId, now });
  const context = await readRequestContext(request, { settings, keys, release, now });

  const visitor = await visitorOf(request, context, from, ownOrigin, deps);
  const session = visitor.key ? sessionOf(context, visitor.isNew, newId()) : undefined;

  const accepted: AcceptedEvent[] = [];
  const refused: Refusal[] = [];
  const result: CollectResult = { accepted: 0, dropped: [], rejected: [] };
  const refuse = (refusal: Refusal, consent: ConsentDecision) =>
    refused.push(refusalOf(refusal, consent.granted.length > 0, newId));
  for (const { index, id, name, code, issues } of parsed.unreadable) {
    result.rejected.push({ index, id, code, issues });
    refuse({ id, name, status: "rejected", code, issues }, context.consent);
  }

  const small = bytes < SMALL_BODY_BYTES;
  const seen = new Set<string>();
  const circumstances = { context, from, session, visitorKey: visitor.key, protocol: protocol.name };
  for (const incoming of parsed.events) {
    const { index, id, name } = incoming;
    const consent = consentOf(incoming, context, from);
    const check = checkEvent(incoming, parsed.sentAt, now, seen);
    if (!check.ok) {
      const { code, issues } = check;
      result.rejected.push({ index, id, code, issues });
      if (code === "duplicate_id") continue; // its first one has the receipt
      refuse({ id, name, status: "rejected", code, issues }, consent);
      continue;
    }
    if (consent.granted.length > 0) {
      const event = await admit(incoming, check.event, consent, circumstances);
      if (!small && isTooLarge(event)) {
        result.rejected.push({ index, id, code: "event_too_large", issues: TOO_LARGE });
        refuse({ id, name, status: "rejected", code: "event_too_large", issues: TOO_LARGE }, consent);
        continue;
      }
      accepted.push(event);
      result.accepted++;
    } else {
      result.dropped.push({ index, id, code: "consent_denied" });
      refuse({ id, name, status: "dropped", code: "consent_denied", issues: [] }, consent);
    }
  }

  await enqueue(
    deps.queue,
    packEvents(accepted, refused, { source: from.source.id, receivedAt: now, newId }),
  );

  const answer = protocol.respond(result, asked);
  const cookies = accepted.length > 0 ? await cookiesOf(accepted, context, visitor, session) : [];
  // Made at once: each header that is set later is a call into the runtime.
  const [first, second] = cookies;
  const headers = {
    "content-type": answer.contentType,
    "cache-control": "no-store",
    ...corsHeaders(origin),
    ...(first !== undefined && { "set-cookie": first }),
  };
  const response = new Response(answer.body, { status: answer.status, headers });
  if (second !== undefined) response.headers.append("set-cookie", second);
  return response;
}

async function readBody(request: Request, { body }: Route): Promise<{ body: unknown; bytes: number }> {
  if (body === "none") return { body: undefined, bytes: request.url.length };
  const { text, bytes } = await readText(request);
  return { body: body === "json" ? parseJson(text) : text, bytes };
}

const TOO_LARGE = [{ path: "", message: `is larger than ${MAX_EVENT_BYTES} bytes` }];

interface Circumstances {
  context: RequestContext;
  from: AuthenticatedSource;
  session: Session | undefined;
  visitorKey: string | undefined;
  protocol: string;
}

/** One checked event that some purpose is granted for: minimisation, identity, enrichment. */
async function admit(
  incoming: IncomingEvent,
  checked: CheckedEvent,
  consent: ConsentDecision,
  { context, from, session, visitorKey, protocol }: Circumstances,
): Promise<AcceptedEvent> {
  const { granted } = consent;
  const kept = minimise(checked.name, checked, incoming, granted);
  const who = await identify(context.keys, incoming, granted, from.secret ? "source" : "claim", visitorKey);
  return {
    id: incoming.id,
    name: checked.name,
    version: checked.version,
    occurredAt: checked.occurredAt,
    protocol,
    consent,
    identifiers: who.identifiers,
    properties: kept.properties,
    context: from.secret ? kept.context : enrich(kept.context, checked.context, context, session, granted),
    removed: who.removed.length > 0 ? kept.removed.concat(who.removed) : kept.removed,
    ...(who.sealed !== undefined && { sealed: who.sealed }),
  };
}

/** The request's decision, unless the event carries a statement of its own, or comes from a server. */
function consentOf(
  incoming: IncomingEvent,
  context: RequestContext,
  from: AuthenticatedSource,
): ConsentDecision {
  if (!from.secret && !incoming.statement) return context.consent;
  const { now, gpc, choice, country } = context;
  const policy = context.release.document.policy;
  // A server's own place and cookies say nothing of the person: without a statement the strictest regime holds.
  if (from.secret) return decideConsent(policy, { now, gpc: false, statement: incoming.statement });
  return decideConsent(policy, { now, gpc, choice, country, statement: incoming.statement });
}

interface RequestVisitor {
  id?: string;
  key?: string;
  isNew: boolean;
  renew: boolean;
}

/** The visitor of a browser on our own site. A new one only where consent allows, and where the cookie would stick. */
async function visitorOf(
  request: Request,
  { visitor, consent, keys }: RequestContext,
  from: AuthenticatedSource,
  ownOrigin: string,
  { randomBytes }: CollectDeps,
): Promise<RequestVisitor> {
  if (from.secret || !mayIdentify(consent.granted)) return { isNew: false, renew: false };
  if (visitor.id && visitor.key)
    return { id: visitor.id, key: visitor.key, isNew: false, renew: visitor.renew === true };
  const site = request.headers.get("sec-fetch-site");
  const sticks =
    request.headers.get("origin") === ownOrigin || site === "same-origin" || site === "same-site";
  if (!sticks) return { isNew: false, renew: false };
  return { ...(await newVisitor(keys, randomBytes(16))), isNew: true, renew: true };
}

/** `Set-Cookie` values: the id where it is new or old, and the session with what was just done. */
async function cookiesOf(
  accepted: readonly AcceptedEvent[],
  context: RequestContext,
  visitor: RequestVisitor,
  session: Session | undefined,
): Promise<string[]> {
  const { keys, settings, now } = context;
  if (!visitor.id || !session) return [];
  const secure = !settings.DEV;
  const cookies = visitor.renew ? [await visitorCookie(keys, visitor.id, now, secure)] : [];
  if (mayRemember(context.consent.granted)) {
    rememberEvents(session, accepted, context);
    cookies.push(await sessionCookie(keys, session, visitor.id, secure));
  }
  return cookies;
}
