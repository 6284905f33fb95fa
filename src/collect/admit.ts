/**
 * One event on its way through the door, once its request is known: the consent that it comes in on, and what is made of
 * it: minimised, identified, enriched; or what is kept of it where its contract refuses it. Called by accept.ts.
 */
import { decideConsent } from "#consent/decide";
import { minimise } from "#consent/minimise";
import type { ConsentStatement } from "#contracts/event";
import type { AcceptedEvent, ConsentDecision } from "#contracts/messages/event_envelope";
import type { RequestContext } from "#door/context";
import type { Session } from "#door/session";
import type { AuthenticatedSource } from "#door/source";
import type { CheckedEvent } from "./check.ts";
import { enrich } from "./enrich.ts";
import { type Identified, identify } from "./identify.ts";
import type { Issue } from "./issues.ts";
import type { IncomingEvent, ParsedBody } from "./protocols/protocol.ts";
import { keptOf, pageOf } from "./quarantine/kept.ts";

/** What is the same for all events of a request. */
export interface Circumstances {
  context: RequestContext;
  from: AuthenticatedSource;
  session: Session | undefined;
  visitorKey: string | undefined;
  protocol: string;
}

const proofOf = ({ secret }: AuthenticatedSource): "source" | "claim" => (secret ? "source" : "claim");

/** One checked event that some purpose is granted for: minimisation, identity, enrichment. */
export function admit(
  incoming: IncomingEvent,
  checked: CheckedEvent,
  consent: ConsentDecision,
  circumstances: Circumstances,
): AcceptedEvent | Promise<AcceptedEvent> {
  const { context, from, visitorKey } = circumstances;
  const proof = proofOf(from);
  const who = identify(context.keys, incoming, consent.granted, proof, visitorKey);
  return who instanceof Promise
    ? who.then((known) => assemble(incoming, checked, consent, circumstances, known))
    : assemble(incoming, checked, consent, circumstances, who);
}

function assemble(
  incoming: IncomingEvent,
  checked: CheckedEvent,
  consent: ConsentDecision,
  { context, from, session, protocol }: Circumstances,
  who: Identified,
): AcceptedEvent {
  const { granted } = consent;
  const kept = minimise(checked.name, checked, checked.given, granted);
  return {
    id: incoming.id,
    name: checked.name,
    version: checked.version,
    occurredAt: checked.occurredAt,
    protocol,
    consent,
    identifiers: who.identifiers,
    properties: kept.properties,
    context: enrich(kept.context, checked.context, context, session, granted, {
      properties: checked.properties,
      userAgent: incoming.userAgent,
      fromServer: from.secret,
    }),
    removed: who.removed.length > 0 ? kept.removed.concat(who.removed) : kept.removed,
    ...(who.sealed !== undefined && { sealed: who.sealed }),
  };
}

/** The request's decision, unless the event carries a statement of its own, or comes from a server. */
export function consentOf(
  statement: ConsentStatement | undefined,
  context: RequestContext,
  from: AuthenticatedSource,
): ConsentDecision {
  if (!from.secret && !statement) return context.consent;
  const { now, gpc, choice, country } = context;
  const policy = context.release.document.policy;
  // A server's own place and cookies say nothing of the person: without a statement the strictest regime holds.
  if (from.secret) return decideConsent(policy, { now, gpc: false, statement });
  return decideConsent(policy, { now, gpc, choice, country, statement });
}

/** What may be kept of an event that its contract refused, sealed; undefined where nothing may be. */
export function keepForRepair(
  incoming: IncomingEvent,
  refused: { code: string; issues: readonly Issue[] },
  consent: ConsentDecision,
  { context, from, session, visitorKey, protocol }: Circumstances,
  { sentAt, historical }: ParsedBody,
): Promise<string | undefined> {
  const facts = { userAgent: incoming.userAgent, fromServer: from.secret };
  return keptOf(context.keys, incoming, refused, {
    consent,
    protocol,
    proof: proofOf(from),
    visitorKey,
    server: () => enrich({}, pageOf(incoming), context, session, consent.granted, facts),
    sentAt,
    historical,
  });
}
