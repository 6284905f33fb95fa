/**
 * The session cookie `ds_session`: HttpOnly, encrypted, at most 1 kB. A session is written as text with positions instead of
 * keys; what is oldest gives way where that would not fit.
 */
import { keepsShape } from "#core/shapes";
import type { VersionedKey } from "#privacy/keys";
import { open, type Place, seal } from "#privacy/seal";
import { countRecent, type PackedRecent, readRecent } from "./recent-pack.ts";
import { addEvents, forgetOldest, recentEvents, type Session } from "./session.ts";

export const SESSION_COOKIE = "ds_session";
/** The cookie's value may not pass this, so that name and attributes fit into 1 kB with it. */
const MAX_VALUE_CHARS = 900;

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
  ids?: string | null,
  key?: string | null,
  country?: string | null,
  region?: string | null,
  address?: number | null,
];

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
    addEvents(session, [{ ...newest, fields }]);
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

const keptRead = keepsShape<Packed>();
const keptWritten = keepsShape<Packed[6]>();
const keptCounts = keepsShape<Session["impressions"]>();

/** The session of a text. What opens was sealed by us, so it has the shape that writeSession gave it. */
export const readSession = (text: string): Session => unpack(keptRead(JSON.parse(text) as Packed));

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
    keptWritten(impressions),
    s.campaign ?? 0,
    s.told ?? null,
    s.whose ?? null,
    s.whose === undefined ? null : (s.provedAt ?? null),
    s.ids ?? null,
    s.key ?? null,
    s.was?.country ?? null,
    s.was?.region ?? null,
    s.was?.address ?? null,
  ];
  while (packed.at(-1) === null) packed.pop();
  return packed;
}

function unpack(packed: Packed): Session {
  const [id, number, startedAt, lastAt, first, recent, impressions, campaign] = packed;
  const [, , , , , , , , told, whose, provedAt, ids, key, country, region, address] = packed;
  const counts: Session["impressions"] = {};
  for (const offer in impressions) {
    const seen = impressions[offer];
    if (seen) counts[offer] = { session: seen[0], day: seen[1], today: seen[2] };
  }
  // As startSession makes it: docs/decisions/024-shapes.md.
  return {
    id,
    number,
    startedAt,
    lastAt,
    recent: readRecent(recent),
    impressions: keptCounts(counts),
    first: first === 1,
    ids: ids ?? undefined,
    campaign: campaign === 0 ? undefined : campaign,
    told: told ?? undefined,
    whose: whose ?? undefined,
    provedAt: provedAt ?? undefined,
    key: key ?? undefined,
    was:
      typeof address === "number"
        ? { country: country ?? undefined, region: region ?? undefined, address }
        : undefined,
  };
}
