/**
 * What the session cookie keeps of a request's events, so that the next page knows them before ingest does. Only with
 * consent for analytics or personalization; pure, the caller seals and sets the cookie.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { AcceptedEvent } from "#contracts/messages/event_envelope";
import type { NewId } from "#core/clock";
import type { RequestContext } from "#door/context";
import { isNews } from "#door/last-ids";
import {
  addEvents,
  countImpression,
  isIdle,
  type RecentEvent,
  type Session,
  startSession,
  touchSession,
} from "#door/session";
import { recentFields, recentValues } from "#segments/recent";

const MAX_CAMPAIGN_CHARS = 40;

/** The session that this request belongs to: the visitor's, or a new one once it is over. */
export function sessionOf(context: RequestContext, isNewVisitor: boolean, newId: NewId): Session {
  const { session } = context.visitor;
  const known =
    session && context.consent.granted.includes("personalization") ? session : withoutMemory(session);
  if (known && !isIdle(known, context.now)) return known;
  return startSession(newId(), context.now, known, isNewVisitor);
}

/** The session without what it remembers for personal pages; itself where there is nothing. */
function withoutMemory(session: Session | undefined): Session | undefined {
  if (!session || (session.recent.length === 0 && Object.keys(session.impressions).length === 0))
    return session;
  return { ...session, recent: [], impressions: {}, first: false, ids: undefined };
}

/**
 * Add accepted events to the session: those that some feature reads, and impressions of offers.
 * @param told hash of the receipt of the consent that ingest was told of
 * @returns whether the cookie has to be issued again
 */
export function rememberEvents(
  session: Session,
  events: readonly AcceptedEvent[],
  told: number,
  context: RequestContext,
): boolean {
  let changed = session !== context.visitor.session || session.told !== told;
  session.told = told;
  const { document } = context.release;
  const { offers } = document;
  const fieldsOf = recentFields(document);
  const recent: RecentEvent[] = [];
  for (const { id, name, properties, consent, context: about } of events) {
    if (about.utm !== undefined && session.campaign === undefined) {
      session.campaign = shortened(about.utm as Record<string, string>); // checked by its schema
      changed = true;
    }
    // Without consent for personalization an event only keeps the session alive.
    if (!consent.granted.includes("personalization")) continue;
    const paths = fieldsOf[name];
    const { offer } = properties;
    const isSeen = name === "content_impression" && typeof offer === "string" && Object.hasOwn(offers, offer);
    // Ingest takes an event once, however often it is sent.
    if (!(paths || isSeen) || !isNews(session, id)) continue;
    changed = true;
    if (paths) recent.push({ at: context.now, name, fields: recentValues(paths, properties) });
    if (isSeen) countImpression(session, offer, context.now);
  }
  if (recent.length > 0) addEvents(session, recent);
  // The first event is written down in any case: what is done for it alone is not to be done again.
  if (!changed && session.lastAt > session.startedAt) return touchSession(session, context.now);
  session.lastAt = Math.max(context.now, session.startedAt + 1);
  return true;
}

/**
 * The offers that a session had seen before an event: those that its cookie remembers, and those of the same request.
 * Undefined where there are none, or where consent does not let the two be put together.
 * @param before events of the request that were accepted already
 */
export function offersSeen(
  session: Session | undefined,
  before: readonly AcceptedEvent[],
  { consent }: AcceptedEvent,
  { offers }: ReleaseDocument,
): string[] | undefined {
  if (!session || !consent.granted.includes("personalization")) return undefined;
  const seen = new Set<string>();
  for (const offer in session.impressions) if (session.impressions[offer]?.session) seen.add(offer);
  for (const { name, properties } of before)
    if (name === "content_impression" && typeof properties.offer === "string") seen.add(properties.offer);
  const known = [...seen].filter((offer) => Object.hasOwn(offers, offer));
  return known.length > 0 ? known : undefined;
}

/** A campaign that leaves the cookie room for events. */
const shortened = (campaign: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(campaign).map(([name, value]) => [name, value.slice(0, MAX_CAMPAIGN_CHARS)]),
  );
