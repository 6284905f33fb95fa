/**
 * Claims: which envelope brought an event first, kept in the row that gets the event's facts and written with them. The
 * same envelope, redelivered after a crash, finds its own claim and only repeats the later steps; any other envelope
 * with that event brings a duplicate.
 */
import { DAY_MS } from "#core/clock";
import type { Claims } from "./graph.ts";

/** Re-sent events are recognised for at least this long. Clients keep offline events for some days. */
const KEEP_MS = 3 * DAY_MS;
/** A row with more claims than this (a bot, a load test) keeps those of the last 24 h, and at most this many more. */
const MAX_EVENTS = 2_000;

/** The envelope that brought this event, if one did. */
export function claimedBy(claims: Claims, eventId: string): string | undefined {
  for (const [envelope, , events] of claims) if (events.includes(eventId)) return envelope;
  return undefined;
}

/** Claims with one more event. Old ones fall out. */
export function withClaim(
  claims: Claims,
  envelope: string,
  receivedAt: number,
  eventId: string,
  now: number,
): Claims {
  let kept = claims.filter(([, at]) => now - at < KEEP_MS);
  if (count(kept) > MAX_EVENTS) kept = kept.filter(([, at]) => now - at < DAY_MS);
  const own = kept.findIndex(([id]) => id === envelope);
  if (own < 0) return [...kept, [envelope, receivedAt, [eventId]]];
  return kept.map((claim, i) => (i === own ? [claim[0], claim[1], [...claim[2], eventId]] : claim));
}

const count = (claims: Claims): number => claims.reduce((sum, [, , events]) => sum + events.length, 0);
