/**
 * Claims: which envelope brought an event first, kept in the row that gets the event's facts and written with them. The
 * same envelope, redelivered after a crash, finds its own claim and only repeats the later steps; any other envelope
 * with that event brings a duplicate.
 */
import { DAY_MS } from "#core/clock";
import { fnv1a32 } from "#core/fnv";
import type { Claims } from "./graph.ts";

/** Re-sent events are recognised for at least this long. Clients keep offline events for some days. */
const KEEP_MS = 3 * DAY_MS;
/** A row with more events than this (a kiosk, a load test) keeps those of the last 24 h only … */
const MANY_EVENTS = 2_000;
/** … and never more than this: a row of D1 has 2 MB at most, and one that cannot be written would block its batch. */
const MAX_EVENTS = 20_000;

/** The envelope that brought this event, if one did. */
export function claimedBy(claims: Claims, eventId: string): string | undefined {
  const id = shortId(eventId);
  for (const [envelope, , events] of claims) if (events.includes(id)) return envelope;
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
  if (count(kept) > MANY_EVENTS) kept = kept.filter(([, at]) => now - at < DAY_MS);
  while (kept.length > 1 && count(kept) > MAX_EVENTS) kept = kept.slice(1);
  const own = kept.findIndex(([id]) => id === envelope);
  if (own < 0) return [...kept, [envelope, receivedAt, [shortId(eventId)]]];
  return kept.map((claim, i) => (i === own ? [claim[0], claim[1], [...claim[2], shortId(eventId)]] : claim));
}

const count = (claims: Claims): number => claims.reduce((sum, [, , events]) => sum + events.length, 0);

/**
 * 64 bits of the event's id: ids are long, and within one row two never meet by chance. The second hash starts
 * differently; with a suffix instead, it would collide wherever the first one does.
 */
const shortId = (eventId: string): string =>
  fnv1a32(eventId).toString(36) + fnv1a32(`~${eventId}`).toString(36);
