/**
 * A visitor's session: what they just did, so that the next page is personal without any storage. It travels in a cookie
 * (session-cookie.ts), only with consent for analytics or personalization.
 */
import { DAY_MS } from "#core/clock";
import type { Place } from "./place.ts";
import { addRecent, countRecent, dropOldest, laterBy, listRecent, type PackedRecent } from "./recent-pack.ts";
import { NOT_KNOWN } from "./whose.ts";

/** One recent event, with only those of its fields that the release's features read. */
export interface RecentEvent {
  /** Epoch ms at which the door received it. */
  at: number;
  name: string;
  /** Field path → value, for example `content.topic` → `winter`. */
  fields: Record<string, string | number>;
}

export interface Session {
  id: string;
  /** 1 for the visitor's first session. */
  number: number;
  /** Epoch ms. */
  startedAt: number;
  lastAt: number;
  /** Also of the sessions before; the oldest fall out when the cookie would pass 1 kB. `recentEvents` lists them. */
  recent: PackedRecent;
  /** Offer → impressions: in this session, and on `day` (days since epoch, UTC). Who was seen last is last. */
  impressions: Record<string, { session: number; day: number; today: number }>;
  /**
   * The visitor is new with this session, and `recent` has all that has happened: an edge snapshot could not say more.
   */
  first: boolean;
  /** Labels of the last events that were added: one that is sent again counts once. */
  ids?: string | undefined;
  campaign?: Record<string, string> | undefined;
  /** Hash of the receipt of the consent that ingest was told of: it is told anew when that changes. */
  told?: number | undefined;
  /** Whose the visitor is, as `whoseOf` has it: the person whom a token proved; `NOT_KNOWN`; absent: nobody's yet. */
  whose?: string | undefined;
  /** Epoch ms at which a token proved them, in the session in which it did. */
  provedAt?: number | undefined;
  /** The visitor's identifier key without its namespace, `1.<hash>`: what an isolate that has not seen them need not work out. */
  key?: string | undefined;
  /** Where they were when it was sealed, where that is known by an address. */
  was?: Place | undefined;
}

const IDLE_MS = 30 * 60_000;
/** The cookie of a session in which nothing else changed is issued again when it is older than this. */
const REFRESH_MS = 5 * 60_000;
const MAX_RECENT = 64;
/** Offers whose impressions are counted; more than fit could never be capped anyway. */
const MAX_OFFERS = 40;

/**
 * A new session.
 * @param last the visitor's session before it, whose impressions of the day go on counting; and whose events are kept, since
 *   what the edge has of them may be older
 */
export function startSession(id: string, now: number, last: Session | undefined, first: boolean): Session {
  const impressions: Session["impressions"] = {};
  for (const [offer, seen] of Object.entries(last?.impressions ?? {})) {
    if (seen.day === Math.floor(now / DAY_MS)) impressions[offer] = { ...seen, session: 0 };
  }
  return {
    id,
    number: (last?.number ?? 0) + 1,
    startedAt: now,
    lastAt: now,
    recent: last ? laterBy(last.recent, now - last.startedAt) : [],
    impressions,
    first,
    ids: last?.ids,
    campaign: undefined,
    told: undefined,
    whose: last ? last.whose : first ? undefined : NOT_KNOWN,
    provedAt: undefined,
    key: undefined,
    was: undefined,
  };
}

/** Whether the session is over: 30 minutes without an event, and up to 5 more, since not every event is written down. */
export const isIdle = (session: Session, now: number): boolean => now - session.lastAt > IDLE_MS + REFRESH_MS;

/** Note that the visitor is there. Whether that alone is worth a new cookie. */
export function touchSession(session: Session, now: number): boolean {
  if (now - session.lastAt <= REFRESH_MS) return false;
  session.lastAt = now;
  return true;
}

/** Add events, of whatever time; where there are too many, the oldest go. */
export function addEvents(session: Session, events: readonly RecentEvent[]): void {
  const { recent, startedAt } = session;
  lists.delete(recent);
  for (const { at, name, fields } of events) addRecent(recent, at - startedAt, name, fields);
  for (let over = countRecent(recent) - MAX_RECENT; over > 0; over--) forgetOldest(session);
}

export function forgetOldest(session: Session): void {
  lists.delete(session.recent);
  dropOldest(session.recent);
  session.first = false;
}

/** Listed once for all who only read a session. */
const lists = new WeakMap<PackedRecent, readonly RecentEvent[]>();

/** What a session remembers, oldest first. */
export function recentEvents({ recent, startedAt }: Session): readonly RecentEvent[] {
  let list = lists.get(recent);
  if (!list) {
    list = listRecent(recent, startedAt);
    lists.set(recent, list);
  }
  return list;
}

/** Count an impression of an offer. */
export function countImpression(session: Session, offer: string, now: number): void {
  const { impressions } = session;
  const known = Object.hasOwn(impressions, offer) ? impressions[offer] : undefined;
  if (!known && Object.keys(impressions).length >= MAX_OFFERS) return;
  const day = Math.floor(now / DAY_MS);
  const seen = known ?? { session: 0, day, today: 0 };
  // A new object: one of which something was deleted is slow from then on.
  const others: Session["impressions"] = {};
  for (const other in impressions) {
    const theirs = impressions[other];
    if (theirs && other !== offer) others[other] = theirs;
  }
  others[offer] = {
    session: seen.session + 1,
    day,
    today: (seen.day === day ? seen.today : 0) + 1,
  };
  session.impressions = others;
}
