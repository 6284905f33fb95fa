/**
 * One event on its way through the door, once its request and its consent are known: minimised, identified, enriched; or
 * what is kept of it where its contract refuses it. Called by accept.ts.
 */
import { minimise, minimiseRules } from "#consent/minimise";
import type { AcceptedEvent, ConsentDecision, Refusal } from "#contracts/messages/event_envelope";
import type { RequestContext } from "#door/context";
import type { Session } from "#door/session";
import type { AuthenticatedSource } from "#door/source";
import type { CheckedEvent } from "./check.ts";
import { enrich } from "./enrich.ts";
import { type Identified, identify } from "./identify.ts";
import type { Issue } from "./issues.ts";
import type { IncomingEvent, ParsedBody } from "./protocols/protocol.ts";
import type { EventProof } from "./prove.ts";
import { keptOf, pageOf } from "./quarantine/kept.ts";

/** What is the same for all events of a request. */
export interface Circumstances {
  context: RequestContext;
  from: AuthenticatedSource;
  session: Session | undefined;
  visitorKey: string | undefined;
  protocol: string;
  /** Of one event: what its identity token came to. */
  token?: EventProof | undefined;
}

const proofOf = ({ secret }: AuthenticatedSource): "source" | "claim" => (secret ? "source" : "claim");

/** One checked event that some purpose is granted for: minimisation, identity, enrichment. */
export function admit(
  incoming: IncomingEvent,
  checked: CheckedEvent,
  consent: ConsentDecision,
  circumstances: Circumstances,
): AcceptedEvent | Promise<AcceptedEvent> {
  const { context, from, visitorKey, token } = circumstances;
  const { keys, now, release } = context;
  const sender = { proof: proofOf(from), visitorKey, now, document: release.document, token };
  const who = identify(keys, incoming, consent.granted, sender);
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
  const kept = minimise(
    checked.name,
    checked,
    checked.given,
    granted,
    minimiseRules(context.release.document.policy),
  );
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
      address: from.secret ? incoming.address : context.address,
    }),
    removed: who.removed.length > 0 ? kept.removed.concat(who.removed) : kept.removed,
    ...(who.sealed !== undefined && { sealed: who.sealed }),
  };
}

/** What may be kept of an event that its contract refused, sealed, and whom it names; undefined where nothing may be. */
export function keepForRepair(
  incoming: IncomingEvent,
  refused: { code: string; issues: readonly Issue[] },
  consent: ConsentDecision,
  { context, from, session, visitorKey, protocol, token }: Circumstances,
  { sentAt, historical }: ParsedBody,
): Promise<Pick<Refusal, "kept" | "subjects"> | undefined> {
  const address = from.secret ? incoming.address : context.address;
  const facts = { userAgent: incoming.userAgent, fromServer: from.secret, address };
  return keptOf(context.keys, incoming, refused, {
    document: context.release.document,
    consent,
    protocol,
    proof: proofOf(from),
    visitorKey,
    server: () => enrich({}, pageOf(incoming), context, session, consent.granted, facts),
    sentAt,
    historical,
    receivedAt: context.now,
    token,
  });
}
