/**
 * The session cookie `ds_session`: HttpOnly, encrypted, at most 1 kB, only with consent for analytics or
 * personalization. It carries what the visitor just did, so that the next page is personal without any storage.
 */
import { DAY_MS } from "#core/clock";
import type { VersionedKey } from "#privacy/keys";
import { open, type Place, seal } from "#privacy/seal";
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
  /** Newest last; the oldest fall out when the cookie would pass 1 kB. */
  recent: RecentEvent[];
  /** Offer → impressions: in this session, and on `day` (days since epoch, UTC). */
  impressions: Record<string, { session: number; day: number; today: number }>;
  /**
   * The visitor is new with this session, and `recent` has all that has happened: an edge snapshot could not say more.
   */
  first: boolean;
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
const MAX_RECENT = 24;
/** Offers whose impressions are counted; more than fit could never be capped anyway. */
const MAX_OFFERS = 40;

/** The wire form: positions instead of keys, times of events in ms since the start. */
type Packed = [
  id: string,
  number: number,
  startedAt: number,
  lastAt: number,
  first: 0 | 1,
  recent: [offset: number, name: string, fields: Record<string, string | number>][],
  impressions: Record<string, [session: number, day: number, today: number]>,
  campaign: Record<string, string> | 0,
  told?: number | null,
  whose?: string,
  provedAt?: number,
];

/** A new session. @param last the visitor's session before it, whose impressions of the day go on counting */
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
    recent: [],
    impressions,
    first,
  };
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
  session.recent.push(event);
  if (session.recent.length > MAX_RECENT) forgetOldest(session);
  session.lastAt = event.at;
}

function forgetOldest(session: Session): void {
  session.recent.shift();
  session.first = false;
}

/** Count an impression of an offer. */
export function countImpression(session: Session, offer: string, now: number): void {
  if (!session.impressions[offer] && Object.keys(session.impressions).length >= MAX_OFFERS) return;
  const day = Math.floor(now / DAY_MS);
  const seen = session.impressions[offer] ?? { session: 0, day, today: 0 };
  session.impressions[offer] = {
    session: seen.session + 1,
    day,
    today: (seen.day === day ? seen.today : 0) + 1,
  };
}

/** The session as text, to be sealed; drops the oldest events until the cookie fits. */
export function writeSession(session: Session): string {
  let text = JSON.stringify(pack(session));
  while (
    sealedLength(text) > MAX_VALUE_CHARS &&
    (session.recent.length > 0 || Object.keys(session.impressions).length > 0)
  ) {
    if (session.recent.length > 0) forgetOldest(session);
    else delete session.impressions[Object.keys(session.impressions)[0] ?? ""];
    text = JSON.stringify(pack(session));
  }
  return text;
}

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
  Math.ceil(
    ((text.length * 3 <= 600 ? text.length * 3 : new TextEncoder().encode(text).length) + 28) * (4 / 3),
  ) + 6;

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
  const recent: Packed[5] = [];
  for (const { at, name, fields } of s.recent) recent.push([at - s.startedAt, name, fields]);
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
    recent,
    impressions,
    s.campaign ?? 0,
  ];
  if (s.told !== undefined || s.whose !== undefined) packed.push(s.told ?? null);
  if (s.whose !== undefined) packed.push(s.whose);
  if (s.whose !== undefined && s.provedAt !== undefined) packed.push(s.provedAt);
  return packed;
}

function unpack(packed: Packed): Session {
  const [id, number, startedAt, lastAt, first, recent, impressions, campaign, told, whose, provedAt] = packed;
  const session: Session = {
    id,
    number,
    startedAt,
    lastAt,
    first: first === 1,
    recent: [],
    impressions: {},
  };
  for (const [offset, name, fields] of recent) session.recent.push({ at: startedAt + offset, name, fields });
  for (const offer in impressions) {
    const seen = impressions[offer];
    if (seen) session.impressions[offer] = { session: seen[0], day: seen[1], today: seen[2] };
  }
  if (campaign !== 0) session.campaign = campaign;
  if (told !== undefined && told !== null) session.told = told;
  if (whose !== undefined) session.whose = whose;
  if (provedAt !== undefined) session.provedAt = provedAt;
  return session;
}
