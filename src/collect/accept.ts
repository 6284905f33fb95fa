/**
 * The first of the three paths: how an event comes in, from top to bottom.
 *
 *   authenticate the source → count against its limits → parse the wire protocol
 *   → of each event: decide on its consent → check its contract, or keep it for repair → admit.ts: minimise, identify and
 *     seal, enrich
 *   → hand to the events queue → only then answer 2xx, with the cookies that remember what was done
 *
 * A bad event harms only itself. What was not granted goes no further than this file.
 */

import type {
  AcceptedEvent,
  AnonymousCount,
  ConsentDecision,
  Refusal,
} from "#contracts/messages/event_envelope";
import type { NewId } from "#core/clock";
import { fnv1a32 } from "#core/fnv";
import { originOf } from "#core/origin";
import { Problem } from "#core/problem";
import { keepsParsedShapes } from "#core/shapes";
import { adoptedIdentifiers, mayAdopt } from "#door/adopt";
import { noBody, parseJson, readText } from "#door/body";
import { readRequestContext } from "#door/context";
import { isTooLarge, MAX_EVENT_BYTES, packEvents, SMALL_BODY_CHARS } from "#door/envelope";
import type { TokenVerifier } from "#door/proof/verifier";
import type { SendEnvelopes } from "#door/queue";
import type { CountRequest } from "#door/rate";
import { authenticateSource, requireSecretKey } from "#door/source";
import { valueRules } from "#identity/normalise/rules";
import type { Keyring } from "#privacy/keys";
import type { ActiveRelease } from "#release/active";
import type { Settings } from "../env.ts";
import { admit, type Circumstances, keepForRepair } from "./admit.ts";
import { belong, type Owners } from "./belong.ts";
import { checkEvent } from "./check.ts";
import { eventConsents } from "./consents.ts";
import { countEvent, isCounted } from "./count.ts";
import { eventIdOf } from "./event-id.ts";
import { keysOf } from "./key.ts";
import type {
  CollectResult,
  NamedIdentifier,
  Protocol,
  ProtocolRequest,
  Route,
} from "./protocols/protocol.ts";
import { prove, takeTokens } from "./prove.ts";
import { genericOf } from "./quarantine/generic.ts";
import { type Query, queryOf } from "./query.ts";
import { refusalOf } from "./refusal.ts";
import { offersSeen, sessionOf } from "./remember.ts";
import { knownVisitor, NOBODY, newVisitorOf, unlinked } from "./request-visitor.ts";
import { respond } from "./respond.ts";

/** What holds at the moment of a request. */
export interface Now {
  settings: Settings;
  keys: Keyring;
  release: ActiveRelease;
  /** Epoch ms at which the request arrived. */
  now: number;
}

export interface CollectDeps {
  send: SendEnvelopes;
  count: CountRequest;
  newId: NewId;
  randomBytes(count: number): Uint8Array;
  /** Of identity tokens; absent where no issuer is configured. */
  verifier?: TokenVerifier | undefined;
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
  state: Now,
  deps: CollectDeps,
): Promise<Response> {
  const { settings, now } = state;
  const { newId } = deps;
  // Each of these is a call into the runtime: asked once.
  const { headers, url } = request;
  const origin = headers.get("origin");
  const ownOrigin = originOf(url);
  if (route.method === "GET" && headers.get("sec-fetch-mode") === "navigate")
    throw new Problem(403, "navigation", "Events are not collected from a link that was followed.");

  const text = route.body === "none" ? "" : await readText(request);
  const body = bodyOf(text, route);
  let query: Query | undefined;
  const asked: ProtocolRequest = {
    route,
    params,
    headers,
    body,
    query() {
      query ??= queryOf(url);
      return query;
    },
  };
  const keys = keysOf(headers, url, protocol.keyIn(asked));
  const from = authenticateSource(settings.SOURCES, keys, origin, ownOrigin, now);
  const read = readRequestContext(request, headers, state);
  const known = read instanceof Promise ? await read : read;
  const counted = deps.count({
    source: from.source.id,
    secret: from.secret,
    visitorKey: known.visitor.key,
    headers,
    now,
    key: state.keys.cookie,
  });
  if (counted) await counted;
  const parsed = protocol.parse(asked, { source: from.source, newId, now });
  if (parsed.historical) requireSecretKey(from);
  // What a preview's pages send is answered as ever, so that they behave as ever, and goes no further.
  if (known.preview) {
    const taken: CollectResult = { accepted: parsed.events.length, dropped: [], rejected: [] };
    return respond({
      ...UNRECORDED,
      answer: protocol.respond(taken, asked),
      route,
      origin,
      ownOrigin,
      context: known,
    });
  }

  const anonymous = protocol.isAnonymous?.(asked) === true;
  const context = anonymous ? unlinked(known) : known;
  const isRecognised = !anonymous && !from.secret && !mayBeLink(route, headers);
  let visitor =
    anonymous || mayBeLink(route, headers)
      ? NOBODY
      : (knownVisitor(context, from) ?? (await newVisitorOf(headers, context, ownOrigin, deps.randomBytes)));
  let session = visitor.key ? sessionOf(context, visitor.isNew, newId) : undefined;
  const tokens = takeTokens(parsed.events);
  let owners: Owners | undefined;
  // A secret key proves by itself, and who asks not to be recognised is not.
  if (tokens && !from.secret && !anonymous) {
    const inAddress = route.method === "GET";
    const rules = valueRules(context.release.document);
    const given = {
      verifier: deps.verifier,
      keys: state.keys,
      rules,
      source: from.source.id,
      now,
      inAddress,
    };
    const proofs = await prove(tokens, given);
    const order = parsed.events.map(({ index }) => index);
    owners = await belong({ visitor, session, order, proofs, context }, deps);
    ({ visitor, session } = owners);
  }

  const accepted: AcceptedEvent[] = [];
  const refused: Refusal[] = [];
  const counts: AnonymousCount[] = [];
  const { document } = context.release;
  const result: CollectResult = { accepted: 0, dropped: [], rejected: [] };
  const refuse = (refusal: Refusal, consent: ConsentDecision) =>
    refused.push(refusalOf(refusal, consent, newId));
  const reading = eventConsents(parsed.events, context, from, anonymous);
  const consents = reading instanceof Promise ? await reading : reading;
  for (const { index, id, name, code, issues } of parsed.unreadable) {
    result.rejected.push({ index, id, code, issues });
    const goesBy = await eventIdOf(state.keys, id);
    refuse({ id: goesBy, name, status: "rejected", code, issues }, consents.of({}));
  }

  const small = text.length + url.length < SMALL_BODY_CHARS;
  if (small && typeof body === "object") keepShape(body);
  // Of one event, too: a text that was cut out of an address is whole once a Set has it, and what JSON.stringify makes of an event
  // takes twice as long where one of its texts is not.
  const seen = new Set<string>();
  let keptChars = 0;
  const claims: readonly NamedIdentifier[] = mayAdopt(session)
    ? adoptedIdentifiers(headers.get("cookie"))
    : [];
  const everywhere = { context, from, session, visitorKey: visitor.key, protocol: protocol.name };
  // Those that go with the answer's cookies.
  const own: AcceptedEvent[] = owners ? [] : accepted;
  let unproven: CollectResult["unproven"];
  for (const sent of parsed.events) {
    const incoming = genericOf(sent, from.source.unknownEvents);
    if (claims.length > 0) incoming.identifiers = claims.concat(incoming.identifiers ?? []);
    // The answer names the sender's own id.
    const { index, id, name } = incoming;
    const goesBy = eventIdOf(state.keys, id);
    incoming.id = typeof goesBy === "string" ? goesBy : await goesBy;
    const circumstances: Circumstances = owners ? { ...everywhere, ...owners.of(index) } : everywhere;
    const consent = consents.of(incoming);
    const check = checkEvent(incoming, parsed.sentAt, now, seen, parsed.historical);
    if (!check.ok) {
      const { code, issues } = check;
      result.rejected.push({ index, id, code, issues });
      if (code === "duplicate_id") continue; // its first one has the receipt
      const kept =
        keptChars < MAX_KEPT_CHARS
          ? await keepForRepair(incoming, check, consent, circumstances, parsed)
          : undefined;
      keptChars += kept?.kept?.length ?? 0;
      refuse({ id: incoming.id, name, status: "rejected", code, issues, ...kept }, consent);
      continue;
    }
    if (consent.granted.length === 0) {
      const isNumber = isCounted(consent, document) && !context.device.bot;
      if (isNumber) countEvent(counts, check.event, consent, document);
      // Of what is counted there is no receipt: its id would tell one event from another.
      result.dropped.push({ index, id, code: isNumber ? "counted_anonymously" : "consent_denied" });
      if (!isNumber)
        refuse({ id: incoming.id, name, status: "dropped", code: "consent_denied", issues: [] }, consent);
    } else {
      const admitted = admit(incoming, check.event, consent, circumstances);
      const event = admitted instanceof Promise ? await admitted : admitted;
      if (event.name === document.decisioning.goal) {
        const before = circumstances.session === session ? own : [];
        const seen = offersSeen(circumstances.session, before, event, document);
        if (seen) event.seen = seen;
      }
      if (!small && isTooLarge(event)) {
        result.rejected.push({ index, id, code: "event_too_large", issues: TOO_LARGE });
        const code = "event_too_large";
        refuse({ id: incoming.id, name, status: "rejected", code, issues: TOO_LARGE }, consent);
        continue;
      }
      accepted.push(event);
      result.accepted++;
      if (!owners) continue;
      if (circumstances.visitorKey === visitor.key) own.push(event);
      const code = circumstances.token?.problem;
      if (code) {
        unproven ??= [];
        unproven.push({ index, id, code });
      }
    }
  }

  // Of one whose cookies go with this answer, too: a withdrawal in a banner is told but here.
  const subject = isRecognised && !context.device.bot ? (visitor.key ?? context.visitor.key) : undefined;
  const told = subject === undefined ? 0 : fnv1a32(consents.receipt());
  const record = subject === undefined || session?.told === told ? undefined : consents.record(subject);
  const stamp = { source: from.source.id, receivedAt: now, newId };
  await deps.send(packEvents({ accepted, refused, counts, record }, stamp), now);

  if (unproven) result.unproven = unproven;
  const answer = protocol.respond(result, asked);
  return await respond({
    answer,
    route,
    origin,
    ownOrigin,
    accepted: own,
    context,
    visitor,
    session,
    told,
    anonymous,
    isRecognised,
  });
}

const keepShape = keepsParsedShapes();

/** Nobody, and nothing to remember. */
const UNRECORDED = {
  accepted: [],
  visitor: NOBODY,
  session: undefined,
  told: 0,
  anonymous: false,
  isRecognised: false,
} as const;

/** Of one request's refused events this much is kept for repair: a batch's shared context is in each of them. */
const MAX_KEPT_CHARS = 1_000_000;

/** A link on another site brings our cookies along; a browser that does not say where a GET comes from is not believed. */
const mayBeLink = ({ method }: Route, headers: Headers): boolean =>
  method === "GET" && headers.get("sec-fetch-site") === null;

function bodyOf(text: string, { body }: Route): unknown {
  if (body === "none") return undefined;
  if (body === "text") return text;
  if (text === "") throw noBody();
  return parseJson(text);
}

const TOO_LARGE = [{ path: "", message: `is larger than ${MAX_EVENT_BYTES} bytes` }];
