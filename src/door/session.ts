/**
 * The session cookie `ds_session`: HttpOnly, encrypted, at most 1 kB, only with consent for analytics or
 * personalization. It carries what the visitor just did, so that the next page is personal without any storage.
 */
import { DAY_MS } from "#core/clock";
import type { VersionedKey } from "#privacy/keys";
import { open, type Place, seal } from "#privacy/seal";
import {
  addRecent,
  countRecent,
  dropOldest,
  laterBy,
  listRecent,
  type PackedRecent,
  readRecent,
} from "./recent-pack.ts";
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
  ids?: string;
  campaign?: Record<string, string>;
  /** Hash of the receipt of the consent that ingest was told of: it is told anew when that changes. */
  told?: number;
  /** Whose the visitor is, as `whoseOf` has it: the person whom a token proved; `NOT_KNOWN`; absent: nobody's yet. */
  whose?: string;
  /** Epoch ms at which a token proved them, in the session in which it did. */
  provedAt?: number;
}

export const SESSION_COOKIE = "ds_session";
const IDLE_MS = 30 * 60_000;
/** The cookie of a session in which nothing else changed is issued again when it is older than this. */
const REFRESH_MS = 5 * 60_000;
/** The cookie's value may not pass this, so that name and attributes fit into 1 kB with it. */
const MAX_VALUE_CHARS = 900;
const MAX_RECENT = 64;
/** Offers whose impressions are counted; more than fit could never be capped anyway. */
const MAX_OFFERS = 40;

/** The wire form: positions instead of keys, times of events in ms since the start. */
type Packed = [
  id: string,
  number: number,
  startedAt: number,
  lastAt: number,
  first: 0 | 1,
  recent: PackedRecent,
  impressions: Record<string, [session: number, day: number, today: number]>,
  campaign: Record<string, string> | 0,
  told?: number | null,
  whose?: string | null,
  provedAt?: number | null,
  ids?: string,
];

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
  const session: Session = {
    id,
    number: (last?.number ?? 0) + 1,
    startedAt: now,
    lastAt: now,
    recent: last ? laterBy(last.recent, now - last.startedAt) : [],
    impressions,
    first,
  };
  if (last?.ids) session.ids = last.ids;
  const whose = last ? last.whose : first ? undefined : NOT_KNOWN;
  if (whose !== undefined) session.whose = whose;
  return session;
}

/** Whether the session is over: 30 minutes without an event, and up to 5 more, since not every event is written down. */
export const isIdle = (session: Session, now: number): boolean => now - session.lastAt > IDLE_MS + REFRESH_MS;

/** Note that the visitor is there. Whether that alone is worth a new cookie. */
export function touchSession(session: Session, now: number): boolean {
  if (now - session.lastAt <= REFRESH_MS) return false;
  session.lastAt = now;
  return true;
}

/** Add an event; the oldest events go first. */
export function rememberEvent(session: Session, event: RecentEvent): void {
  addEvent(session, event);
  if (countRecent(session.recent) > MAX_RECENT) forgetOldest(session);
  session.lastAt = event.at;
}

/** Add an event, of whatever time, to those that the session remembers. */
export function addEvent({ recent, startedAt }: Session, { at, name, fields }: RecentEvent): void {
  lists.delete(recent);
  addRecent(recent, at - startedAt, name, fields);
}

function forgetOldest(session: Session): void {
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
  delete impressions[offer];
  impressions[offer] = {
    session: seen.session + 1,
    day,
    today: (seen.day === day ? seen.today : 0) + 1,
  };
}

/**
 * The session as text, to be sealed; drops what is oldest until the cookie fits. Of events and impressions those give way
 * that take more room, so that neither drives out the other; and the newest event stays, by the fields that fit: the next
 * request is to show it.
 */
export function writeSession(session: Session): string {
  const { impressions } = session;
  for (;;) {
    const packed = pack(session);
    const text = JSON.stringify(packed);
    if (sealedLength(text) <= MAX_VALUE_CHARS) return text;
    const [oldest] = Object.keys(impressions);
    const isLonger = JSON.stringify(packed[5]).length >= JSON.stringify(packed[6]).length;
    if (countRecent(session.recent) > 1 && (isLonger || oldest === undefined)) forgetOldest(session);
    else if (oldest !== undefined) delete impressions[oldest];
    else if (!shortenNewest(session)) return text;
  }
}

/** Leave out the longest field of the one event that is left; then the event. False: there is nothing to leave out. */
function shortenNewest(session: Session): boolean {
  const [newest] = recentEvents(session);
  if (!newest) return false;
  const [longest] = Object.entries(newest.fields).sort((a, b) => lengthOf(b) - lengthOf(a));
  forgetOldest(session);
  if (longest) {
    const { [longest[0]]: _, ...fields } = newest.fields;
    addEvent(session, { ...newest, fields });
  }
  return true;
}

const lengthOf = (field: [name: string, value: string | number]): number =>
  new TextEncoder().encode(field.join("")).length;

/** Encrypt what writeSession wrote. @param visitor binds it to the visitor's id */
export const sealSession = (key: VersionedKey, text: string, visitor: string): Promise<string> =>
  seal(key, text, placeOf(visitor));

/** The random part of the id is what it is bound to: cookies from before ids had versions still open. */
const placeOf = (visitor: string): Place => ["session", visitor.slice(visitor.indexOf(".") + 1)];

/**
 * Length of the sealed text: the key's name with its dot (`999-0.`), then nonce and tag are added, and base64url makes four
 * characters of three bytes.
 */
const sealedLength = (text: string): number =>
  // A character has at most three bytes: most sessions need no counting.
  Math.ceil(((text.length * 3 <= 600 ? text.length * 3 : byteLength(text)) + 28) * (4 / 3)) + 6;

const encoder = new TextEncoder();
/** Larger than any cookie: what does not fit is counted as its length, and is too long in any case. */
const scratch = new Uint8Array(4 * MAX_VALUE_CHARS);

function byteLength(text: string): number {
  const { read, written } = encoder.encodeInto(text, scratch);
  return read < text.length ? scratch.length : written;
}

/** Decrypt a cookie; undefined where it is forged, foreign or from another visitor. */
export async function openSession(
  key: VersionedKey,
  value: string,
  visitor: string,
): Promise<string | undefined> {
  return value.length > 2 * MAX_VALUE_CHARS ? undefined : open(key, value, placeOf(visitor));
}

/** The session of a text. What opens was sealed by us, so it has the shape that writeSession gave it. */
export const readSession = (text: string): Session => unpack(JSON.parse(text) as Packed);

function pack(s: Session): Packed {
  const impressions: Packed[6] = {};
  for (const offer in s.impressions) {
    const seen = s.impressions[offer];
    if (seen) impressions[offer] = [seen.session, seen.day, seen.today];
  }
  const packed: Packed = [
    s.id,
    s.number,
    s.startedAt,
    s.lastAt,
    s.first ? 1 : 0,
    s.recent,
    impressions,
    s.campaign ?? 0,
  ];
  const provedAt = s.whose === undefined ? undefined : s.provedAt;
  const last = [s.told, s.whose, provedAt, s.ids].map((one) => one ?? null);
  while (last.at(-1) === null) last.pop();
  return [...packed, ...last] as Packed; // in that order
}

function unpack(packed: Packed): Session {
  const [id, number, startedAt, lastAt, first, recent, impressions, campaign, told, whose, provedAt, ids] =
    packed;
  const session: Session = {
    id,
    number,
    startedAt,
    lastAt,
    first: first === 1,
    recent: readRecent(recent),
    impressions: {},
  };
  for (const offer in impressions) {
    const seen = impressions[offer];
    if (seen) session.impressions[offer] = { session: seen[0], day: seen[1], today: seen[2] };
  }
  if (campaign !== 0) session.campaign = campaign;
  if (told !== undefined && told !== null) session.told = told;
  if (whose !== undefined && whose !== null) session.whose = whose;
  if (provedAt !== undefined && provedAt !== null) session.provedAt = provedAt;
  if (ids !== undefined) session.ids = ids;
  return session;
}
