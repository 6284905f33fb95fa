/**
 * The visitor as our own cookies show them. `ds_id` is `1.<random id>.<day issued>.<signature>`: HttpOnly, signed,
 * 395 days, and only set with consent for a purpose that needs it.
 */
import { fromBase64Url, toBase64Url } from "#core/base64";
import { DAY_MS } from "#core/clock";
import type { Keyring } from "#privacy/keys";
import { identifierKey } from "#privacy/lookup";
import { signText, verifyText } from "#privacy/sign";
import { type Recent, recent } from "./recent.ts";
import { type Session, unpackSession } from "./session.ts";

export const ID_COOKIE = "ds_id";
export const ID_MAX_AGE_DAYS = 395;
/** The cookie is issued again when it is older than this, so that its life slides without a write per request. */
const RENEW_AFTER_DAYS = 30;
const ID_BYTES = 16;

export interface Visitor {
  /** The random id in `ds_id`, if its signature holds. */
  id?: string;
  /** Its identifier key, `visitor_id:1.<hash>`: names the edge snapshot and the row in D1. */
  key?: string;
  /** The id cookie should be issued again. */
  renew?: boolean;
  /** The decrypted session, if it belongs to this visitor. */
  session?: Session;
}

/** A new visitor. @param random 16 random bytes */
export async function newVisitor(
  keys: Keyring,
  random: Uint8Array,
): Promise<Required<Pick<Visitor, "id" | "key">>> {
  const id = toBase64Url(random.subarray(0, ID_BYTES));
  return { id, key: await identifierKey(keys.lookup, "visitor_id", id) };
}

/** Read the visitor from the values of `ds_id` and `ds_session`; forged or foreign ones are as if absent. */
export async function readVisitor(
  keys: Keyring,
  idCookie: string | undefined,
  sessionCookie: string | undefined,
  now: number,
): Promise<Visitor> {
  const visitor = idCookie === undefined ? undefined : await readId(keys, idCookie);
  if (!visitor) return {};
  const { id, key, day } = visitor;
  const age = Math.floor(now / DAY_MS) - day;
  if (!(age >= -1 && age <= ID_MAX_AGE_DAYS)) return {};
  const session = sessionCookie ? await unpackSession(keys.session, sessionCookie, id) : undefined;
  return { id, key, renew: age > RENEW_AFTER_DAYS, ...(session && { session }) };
}

interface GenuineId {
  id: string;
  key: string;
  /** Days since the epoch at which it was issued. */
  day: number;
}

/** Cookies that were found to be ours, by the keys that they were checked with. */
const genuineIds = new WeakMap<Keyring, Recent<GenuineId>>();

/** What a `ds_id` says, if we signed it. Its age is judged by the caller. */
async function readId(keys: Keyring, cookie: string): Promise<GenuineId | undefined> {
  const ids = genuineIds.get(keys) ?? recent<GenuineId>(1_000);
  genuineIds.set(keys, ids);
  const known = ids.get(cookie);
  if (known) return known;
  const [version, id, day, signature] = cookie.split(".");
  if (version !== "1" || !id || !day || !signature || cookie.length > 128) return undefined;
  if (fromBase64Url(id)?.length !== ID_BYTES) return undefined;
  const [isGenuine, key] = await Promise.all([
    verifyText(keys.cookie, `id:1.${id}.${day}`, signature),
    identifierKey(keys.lookup, "visitor_id", id),
  ]);
  if (!isGenuine) return undefined;
  const genuine = { id, key, day: Number.parseInt(day, 36) };
  ids.keep(cookie, genuine);
  return genuine;
}

/** The value of `ds_id` for a visitor. */
export async function packVisitorId(keys: Keyring, id: string, now: number): Promise<string> {
  const body = `1.${id}.${Math.floor(now / DAY_MS).toString(36)}`;
  return `${body}.${await signText(keys.cookie, `id:${body}`)}`;
}
