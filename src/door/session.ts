/**
 * The session cookie `ds_session`: HttpOnly, encrypted, at most 1 kB, only with consent for analytics or
 * personalization. It carries what the visitor just did, so that the next page is personal without any storage.
 */
import { DAY_MS } from "#core/clock";
import { open, seal } from "#privacy/seal";

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
}

export const SESSION_COOKIE = "ds_session";
const IDLE_MS = 30 * 60_000;
/** The cookie's value may not pass this, so that name and attributes fit into 1 kB with it. */
const MAX_VALUE_CHARS = 900;
const MAX_RECENT = 24;
/** Offers whose impressions are counted; more than fit could never be capped anyway. */
const MAX_OFFERS = 40;
/** As src/segments cuts values, so that one is not counted as two. */
const MAX_FIELD_CHARS = 64;

/** The wire form: positions instead of keys, times of events in ms since the start. */
type Packed = [
  id: string,
  number: number,
  startedAt: number,
  lastAt: number,
  first: 0 | 1,
  recent: [offset: number, name: string, fields: Record<string, string | number> | 0][],
  impressions: Record<string, [session: number, day: number, today: number]>,
  campaign: Record<string, string> | 0,
];

/** A new session. @param last the visitor's session before it, whose impressions of the day go on counting */
export function startSession(id: string, now: number, last: Session | undefined, first: boolean): Session {
  const impressions: Session["impressions"] = {};
  for (const [offer, seen] of Object.entries(last?.impressions ?? {})) {
    if (seen.day === Math.floor(now / DAY_MS)) impressions[offer] = { ...seen, session: 0 };
  }
  return { id, number: (last?.number ?? 0) + 1, startedAt: now, lastAt: now, recent: [], impressions, first };
}

/** Whether the session is over: 30 minutes without an event. */
export const isIdle = (session: Session, now: number): boolean => now - session.lastAt > IDLE_MS;

/** Add an event; long values are cut, and the oldest events go first. */
export function rememberEvent(session: Session, event: RecentEvent): void {
  const fields: RecentEvent["fields"] = {};
  for (const [path, value] of Object.entries(event.fields)) {
    fields[path] = typeof value === "string" ? value.slice(0, MAX_FIELD_CHARS) : value;
  }
  session.recent.push({ at: event.at, name: event.name, fields });
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

/** Encrypt for the cookie; drops the oldest events until it fits. @param visitor binds it to the visitor's id */
export async function packSession(key: CryptoKey, session: Session, visitor: string): Promise<string> {
  let text = JSON.stringify(pack(session));
  while (
    sealedLength(text) > MAX_VALUE_CHARS &&
    (session.recent.length > 0 || Object.keys(session.impressions).length > 0)
  ) {
    if (session.recent.length > 0) forgetOldest(session);
    else delete session.impressions[Object.keys(session.impressions)[0] ?? ""];
    text = JSON.stringify(pack(session));
  }
  return seal(key, text, `session:${visitor}`);
}

/** Length of the sealed text: nonce and tag are added, and base64url makes four characters of three bytes. */
const sealedLength = (text: string): number =>
  // A character has at most three bytes: most sessions need no counting.
  Math.ceil(
    ((text.length * 3 <= 600 ? text.length * 3 : new TextEncoder().encode(text).length) + 28) * (4 / 3),
  ) + 2;

/** Decrypt a cookie; undefined where it is forged, foreign or from another visitor. */
export async function unpackSession(
  key: CryptoKey,
  value: string,
  visitor: string,
): Promise<Session | undefined> {
  if (value.length > 2 * MAX_VALUE_CHARS) return undefined;
  const text = await open(key, value, `session:${visitor}`);
  // What opens was sealed by packSession, so it has its shape.
  return text === undefined ? undefined : unpack(JSON.parse(text) as Packed);
}

function pack(s: Session): Packed {
  const recent = s.recent.map((e): Packed[5][number] => [
    e.at - s.startedAt,
    e.name,
    Object.keys(e.fields).length > 0 ? e.fields : 0,
  ]);
  const impressions: Packed[6] = {};
  for (const [offer, i] of Object.entries(s.impressions)) impressions[offer] = [i.session, i.day, i.today];
  return [s.id, s.number, s.startedAt, s.lastAt, s.first ? 1 : 0, recent, impressions, s.campaign ?? 0];
}

function unpack([id, number, startedAt, lastAt, first, recent, impressions, campaign]: Packed): Session {
  const session: Session = {
    id,
    number,
    startedAt,
    lastAt,
    first: first === 1,
    recent: recent.map(([offset, name, fields]) => ({
      at: startedAt + offset,
      name,
      fields: fields === 0 ? {} : fields,
    })),
    impressions: {},
  };
  for (const [offer, [inSession, day, today]] of Object.entries(impressions)) {
    session.impressions[offer] = { session: inSession, day, today };
  }
  if (campaign !== 0) session.campaign = campaign;
  return session;
}
