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

/** One row's claims, opened for a batch: looked up by hash, packed again once. */
export interface ClaimBook {
  /** The envelope that brought this event, if one did. */
  holder(eventId: string): string | undefined;
  add(envelope: string, receivedAt: number, eventId: string): void;
  /** The claims to store; those that are old fall out. */
  close(now: number): Claims;
}

/** Open a row's claims. */
export function openClaims(claims: Claims): ClaimBook {
  const byEvent = new Map<string, string>();
  const byEnvelope = new Map<string, Claims[number]>();
  for (const [envelope, receivedAt, events] of claims) {
    byEnvelope.set(envelope, [envelope, receivedAt, [...events]]);
    for (const event of events) byEvent.set(event, envelope);
  }
  return {
    holder: (eventId) => byEvent.get(shortId(eventId)),
    add(envelope, receivedAt, eventId) {
      const id = shortId(eventId);
      byEvent.set(id, envelope);
      const own = byEnvelope.get(envelope);
      if (own) own[2].push(id);
      else byEnvelope.set(envelope, [envelope, receivedAt, [id]]);
    },
    close(now) {
      const young = (claims_: Claims, ageMs: number) => claims_.filter(([, at]) => now - at < ageMs);
      let kept = young([...byEnvelope.values()], KEEP_MS);
      if (count(kept) > MANY_EVENTS) kept = young(kept, DAY_MS);
      let total = count(kept);
      while (kept.length > 1 && total > MAX_EVENTS) total -= kept.shift()?.[2].length ?? 0;
      return kept;
    },
  };
}

const count = (claims: Claims): number => claims.reduce((sum, [, , events]) => sum + events.length, 0);

/**
 * 64 bits of the event's id: ids are long, and within one row two never meet by chance. The second hash starts
 * differently; with a suffix instead, it would collide wherever the first one does.
 */
const shortId = (eventId: string): string =>
  fnv1a32(eventId).toString(36) + fnv1a32(`~${eventId}`).toString(36);
