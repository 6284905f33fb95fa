/**
 * What the session cookie keeps of a request's events, so that the next page knows them before ingest does. Only with
 * consent for analytics or personalization; pure, the caller seals and sets the cookie.
 */
import type { AcceptedEvent } from "#contracts/messages/event_envelope";
import type { RequestContext } from "#door/context";
import { countImpression, isIdle, rememberEvent, type Session, startSession } from "#door/session";
import { recentFields } from "#segments/features";

/** The session that this request belongs to: the visitor's, or a new one after 30 minutes of silence. */
export function sessionOf(context: RequestContext, isNewVisitor: boolean, newId: string): Session {
  const known = context.visitor.session;
  if (known && !isIdle(known, context.now)) return known;
  // A visitor who was not there before cannot have a snapshot yet: that saves the read.
  return startSession(
    newId,
    context.now,
    known?.number ?? 0,
    isNewVisitor ? -1 : (known?.snapshotVersion ?? 0),
  );
}

/** Add accepted events to the session. */
export function rememberEvents(
  session: Session,
  events: readonly AcceptedEvent[],
  context: RequestContext,
): void {
  const fieldsOf = recentFields(context.release.document);
  for (const event of events) {
    const personal = event.consent.granted.includes("personalization");
    if (!personal && !event.consent.granted.includes("analytics")) continue;
    const fields: Record<string, string | number> = {};
    for (const path of personal ? (fieldsOf[event.name] ?? []) : []) {
      const value = at(event.properties, path);
      if (typeof value === "string" || typeof value === "number") fields[path] = value;
    }
    // Without consent for personalization an event only keeps the session alive.
    if (personal) rememberEvent(session, { at: context.now, name: event.name, fields });
    const offer = event.name === "content_impression" ? event.properties.offer : undefined;
    if (personal && typeof offer === "string") countImpression(session, offer, context.now);
  }
  session.lastAt = context.now;
}

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split(".")) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}
