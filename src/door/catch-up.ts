/**
 * Requests of one visitor at the same time: each answers with a session made of the same cookie, and the browser keeps the
 * one that comes last. So that nothing is lost, an answer adds what this isolate has meanwhile told the visitor in another.
 * Pure; called by src/collect/respond.ts.
 */
import { addEvents, type RecentEvent, recentEvents, type Session } from "./session.ts";

/** What is older than this was not done by a request that is still under way. */
const UNDER_WAY_MS = 10_000;

/**
 * Whose the browser is, where another request proved that and this one has nothing to say of it: a session that forgot it
 * would let the next person be shown what is this one's.
 * @param before what the request came with
 */
export function catchUpWithProof(session: Session, other: Session, before: Session | undefined): void {
  if (session.whose !== before?.whose || other.whose === before?.whose) return;
  session.whose = other.whose;
  session.provedAt = other.provedAt;
  session.first = false;
}

/**
 * Add to a session what another of the same visitor remembers besides. Only with consent for personalization.
 * @param before what the request came with
 */
export function catchUp(session: Session, other: Session, before: Session | undefined): void {
  const left = new Map<string, number>();
  for (const event of before ? recentEvents(before) : [])
    left.set(labelOf(event), (left.get(labelOf(event)) ?? 0) + 1);
  const missing: RecentEvent[] = [];
  const since = session.lastAt - UNDER_WAY_MS;
  for (const event of recentEvents(other)) {
    const label = labelOf(event);
    const known = left.get(label) ?? 0;
    left.set(label, known - 1);
    if (known < 1 && event.at > since) missing.push(event);
  }
  if (missing.length > 0) addEvents(session, missing);
  session.first &&= other.first;
  if (other.id !== session.id) return;
  for (const [offer, seen] of Object.entries(other.impressions)) {
    const known = Object.hasOwn(session.impressions, offer) ? session.impressions[offer] : undefined;
    if (seen.session > (known?.session ?? 0)) session.impressions[offer] = seen;
  }
}

const labelOf = ({ at, name, fields }: RecentEvent): string =>
  JSON.stringify([at, name, Object.entries(fields).sort()]);
