/**
 * The visitor as our own cookies show them. `ds_id` is `<id>.<day issued>.<signature>`: HttpOnly, signed, 395 days, and
 * only set with consent for a purpose that needs it. The id is `<version>.<random>`, by the version of the look-up key
 * that its identifier key is made with: through any rotation a visitor keeps their key, and with it row and snapshot.
 */
import { toBase64Url } from "#core/base64";
import { DAY_MS } from "#core/clock";
import { inOnePiece, joined } from "#core/one-piece";
import { type Keyring, keyOfVersion, type OneKey } from "#privacy/keys";
import { identifierKey } from "#privacy/lookup";
import { nameOf } from "#privacy/seal";
import { signText, verifyText } from "#privacy/sign";
import { type Recent, recent } from "./recent.ts";
import type { Session } from "./session.ts";
import { openSession, readSession } from "./session-cookie.ts";

export const ID_COOKIE = "ds_id";
export const ID_MAX_AGE_DAYS = 395;
/** The cookie is issued again when it is older than this, so that its life slides without a write per request. */
const RENEW_AFTER_DAYS = 30;
const ID_BYTES = 16;
/** Of so many bytes, as base64url. */
const RANDOM = /^[\w-]{22}$/;
/** So long a session that opens proves its visitor's id. */
const PROOF_MS = RENEW_AFTER_DAYS * DAY_MS;

export interface Visitor {
  /** The id in `ds_id`, `1.<random>`, if its signature holds. */
  id?: string | undefined;
  /** Its identifier key, `visitor_id:1.<hash>`: names the edge snapshot and the row in D1. */
  key?: string | undefined;
  /** The id cookie should be issued again. */
  renew?: boolean | undefined;
  /** The decrypted session, if it belongs to this visitor. */
  session?: Session | undefined;
  /** The text that it was read from. */
  text?: string | undefined;
  /** To be told of a session cookie that is issued. */
  known?: KnownVisitor | undefined;
}

/** A new visitor. @param random 16 random bytes */
export async function newVisitor(keys: Keyring, random: Uint8Array): Promise<{ id: string; key: string }> {
  const text = toBase64Url(random.subarray(0, ID_BYTES));
  return { id: `${keys.lookup.version}.${text}`, key: await visitorKey(keys.lookup, text) };
}

const visitorKey = (lookup: OneKey, random: string): Promise<string> =>
  identifierKey(lookup, "visitor_id", random);

/** What this isolate knows of a `ds_id` whose signature it has checked. */
export interface KnownVisitor {
  id: string;
  key: string;
  /** Days since the epoch at which the cookie was issued. */
  day: number;
  /** Session cookies that it opened or issued, newest first: requests under way still carry the one before. */
  sessions: KnownSession[];
  /** Of the session that was issued last: a request under way may not know of it. */
  newest: string | undefined;
}

interface KnownSession {
  /**
   * The end of the cookie, in which its authentication tag is: whoever sends that to us with this visitor's id has the
   * cookie, and gets what we know that it says.
   */
  tail: string;
  /** Of the whole cookie. */
  chars: number;
  text: string;
  /** Read once for all requests that change nothing of it. */
  shared: Session | undefined;
}

const MAX_VISITORS = 1_000;
const SESSIONS_EACH = 2;
/** 18 bytes; the tag is the last 16. */
const TAIL_CHARS = 24;
const known = new WeakMap<Keyring, Recent<KnownVisitor>>();

function visitorsOf(keys: Keyring): Recent<KnownVisitor> {
  let visitors = known.get(keys);
  if (!visitors) {
    visitors = recent<KnownVisitor>(MAX_VISITORS);
    known.set(keys, visitors);
  }
  return visitors;
}

/**
 * The visitor of these cookies where this isolate has checked both before; undefined: ask readVisitor. No promise, since
 * most requests of a visit find themselves here.
 * @param readsOnly nothing of the session will be changed: it may be one that other requests read as well
 */
export function recallVisitor(
  keys: Keyring,
  idCookie: string | undefined,
  sessionCookie: string | undefined,
  now: number,
  readsOnly = false,
): Visitor | undefined {
  if (idCookie === undefined) return {};
  const visitor = visitorsOf(keys).get(idCookie);
  if (!visitor) return undefined;
  if (!sessionCookie) return visitorNow(visitor, undefined, undefined, now);
  const kept = visitor.sessions.find(
    ({ tail, chars }) => sessionCookie.length === chars && sessionCookie.endsWith(tail),
  );
  return kept && visitorNow(visitor, sessionOf(kept, readsOnly), kept.text, now);
}

/** Read the visitor from the values of `ds_id` and `ds_session`; forged or foreign ones are as if absent. */
export async function readVisitor(
  keys: Keyring,
  idCookie: string | undefined,
  sessionCookie: string | undefined,
  now: number,
  readsOnly = false,
): Promise<Visitor> {
  const recalled = recallVisitor(keys, idCookie, sessionCookie, now, readsOnly);
  if (recalled || idCookie === undefined) return recalled ?? {};
  let visitor = visitorsOf(keys).get(idCookie);
  const sent = visitor ? undefined : partsOf(keys, idCookie);
  const id = visitor?.id ?? sent?.id;
  if (id === undefined) return {};
  const text = sessionCookie ? await openSession(keys.session, sessionCookie, id) : undefined;
  const session = text === undefined ? undefined : readSession(text);
  visitor ??= sent && (await checkId(keys, sent, mayProve(keys, sessionCookie) ? session : undefined, now));
  if (!visitor) return {};
  if (sessionCookie && text !== undefined)
    keepSession(visitor, sessionCookie, text, readsOnly ? session : undefined);
  return visitorNow(visitor, session, text, now);
}

/** Nobody, if the id is older than its cookie may be. */
function visitorNow(
  known: KnownVisitor,
  session: Session | undefined,
  text: string | undefined,
  now: number,
): Visitor {
  const { id, key, day } = known;
  const age = Math.floor(now / DAY_MS) - day;
  if (!(age >= -1 && age <= ID_MAX_AGE_DAYS)) return {};
  return {
    id,
    key,
    renew: age > RENEW_AFTER_DAYS,
    known,
    session,
    text,
  };
}

function sessionOf(session: KnownSession, readsOnly: boolean): Session {
  if (!readsOnly) return readSession(session.text);
  session.shared ??= readSession(session.text);
  return session.shared;
}

/**
 * Remember a session cookie of this visitor that was opened or issued.
 * @param shared what was read of it, where nothing of that will be changed
 */
export function keepSession(
  { sessions }: KnownVisitor,
  cookie: string,
  text: string,
  shared: Session | undefined,
): void {
  const tail = inOnePiece(cookie.slice(-TAIL_CHARS));
  if (sessions.length === SESSIONS_EACH) sessions.pop();
  sessions.unshift({ tail, chars: cookie.length, text, shared });
}

/** A `ds_id` as it was sent. */
interface SentId {
  cookie: string;
  lookup: OneKey;
  id: string;
  random: string;
  day: string;
  signature: string;
}

/** Undefined: it has not the shape of ours. */
function partsOf(keys: Keyring, sent: string): SentId | undefined {
  if (sent.length > 128) return undefined;
  const cookie = inOnePiece(sent); // what is kept of it must not keep the header that it came in
  const [version = "", random, day, signature] = cookie.split(".");
  const lookup = keyOfVersion(keys.lookup, version);
  if (!lookup || !random || !day || !signature) return undefined;
  if (!RANDOM.test(random)) return undefined;
  return { cookie, lookup, id: `${version}.${random}`, random, day, signature };
}

/**
 * Whether a session that opens says anything of its visitor's id and key. Who has a secret that leaked can seal any, and what it
 * says is sealed anew with each event: it counts under the current secret alone, and while none is refused.
 */
const mayProve = ({ session, cookie, lookup }: Keyring, sealed: string | undefined): boolean =>
  sealed !== undefined &&
  nameOf(sealed).version === session.version &&
  cookie.others.length === lookup.others.length;

/**
 * What a `ds_id` says, if it is ours. Its age is judged by the caller.
 * @param session what opens for it: only an id that held was sealed one, so of late the signature need not be checked. The day
 * is the browser's own word then, and says no more than what we would say ourselves: who was here within a month has their
 * cookie issued anew in any case. A session is bound to the random part alone: while look-up keys change, the key in it, or
 * else the signature, says which of them is meant
 */
async function checkId(
  keys: Keyring,
  { cookie, lookup, id, random, day, signature }: SentId,
  session: Session | undefined,
  now: number,
): Promise<KnownVisitor | undefined> {
  const sealed = session !== undefined && now - session.lastAt < PROOF_MS ? session : undefined;
  let key = sealed && keyIn(sealed, lookup);
  if (key === undefined) {
    const needsNoCheck = sealed !== undefined && keys.lookup.others.length === 0;
    if (!needsNoCheck && !(await verifyText(keys.cookie, `id:${id}.${day}`, signature))) return undefined;
    key = await visitorKey(lookup, random);
  }
  // Another request of theirs may have been quicker: both must know of the same sessions.
  const known = visitorsOf(keys).get(cookie);
  if (known) return known;
  const visitor: KnownVisitor = {
    id,
    key,
    day: Number.parseInt(day, 36),
    sessions: [],
    newest: undefined,
  };
  visitorsOf(keys).keep(cookie, visitor);
  return visitor;
}

const NAMESPACE = "visitor_id:";

/** The visitor's key as their session has it; undefined where it says none, or one of another look-up key. */
const keyIn = ({ key }: Session, { version }: OneKey): string | undefined =>
  key?.startsWith(version) && key[version.length] === "." ? joined(NAMESPACE, key) : undefined;

/** A visitor's key as their session carries it. */
export const keyForSession = (key: string): string => inOnePiece(key.slice(NAMESPACE.length));

/** The value of `ds_id` for a visitor. Issued again it says the same id, under a signature of the current key. */
export async function packVisitorId(keys: Keyring, id: string, now: number): Promise<string> {
  const body = `${id}.${Math.floor(now / DAY_MS).toString(36)}`;
  return `${body}.${await signText(keys.cookie, `id:${body}`)}`;
}
