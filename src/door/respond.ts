/** Our three cookies, as they go onto an answer: only with consent for a purpose that needs them. */

import { CONSENT_COOKIE } from "#consent/cookie";
import type { Purpose } from "#contracts/taxonomy";
import type { Keyring } from "#privacy/keys";
import type { RequestContext } from "./context.ts";
import { writeCookie } from "./cookies.ts";
import type { Session } from "./session.ts";
import { SESSION_COOKIE, sealSession, writeSession } from "./session-cookie.ts";
import {
  ID_COOKIE,
  ID_MAX_AGE_DAYS,
  keepSession,
  keyForSession,
  packVisitorId,
  type Visitor,
} from "./visitor.ts";

const DAY_SECONDS = 86_400;

/** `Set-Cookie` of the visitor's id. */
export async function visitorCookie(
  keys: Keyring,
  id: string,
  now: number,
  secure: boolean,
): Promise<string> {
  const value = await packVisitorId(keys, id, now);
  return writeCookie(ID_COOKIE, value, {
    maxAgeSeconds: ID_MAX_AGE_DAYS * DAY_SECONDS,
    httpOnly: true,
    secure,
  });
}

/**
 * `Set-Cookie` of the session. It outlives the session, so that the next one knows its number. Noted in it is the visitor's
 * key, which another isolate would have to find out again.
 */
export function sessionCookie(
  keys: Keyring,
  session: Session,
  { known, id, key }: Pick<Visitor, "known" | "key"> & { id: string },
  secure: boolean,
): Promise<string> {
  if (session.key === undefined || !key?.endsWith(session.key)) session.key = key && keyForSession(key);
  const text = writeSession(session);
  // Before it is sealed: another answer may be under way.
  if (known) known.newest = text;
  return sealSession(keys.session, text, id).then((value) => {
    if (known) keepSession(known, value, text, undefined);
    return writeCookie(SESSION_COOKIE, value, { maxAgeSeconds: 30 * DAY_SECONDS, httpOnly: true, secure });
  });
}

/** `Set-Cookie` of a consent decision; the page may read it. */
export const consentCookie = (value: string, validityDays: number, secure: boolean): string =>
  writeCookie(CONSENT_COOKIE, value, { maxAgeSeconds: validityDays * DAY_SECONDS, httpOnly: false, secure });

/** `Set-Cookie` values that take id and session away again. */
export const forgetVisitor = (secure: boolean): string[] =>
  [ID_COOKIE, SESSION_COOKIE].map((name) =>
    writeCookie(name, "", { maxAgeSeconds: 0, httpOnly: true, secure }),
  );

/**
 * `Set-Cookie` values that take away what consent no longer covers: id and session where nothing is granted, the
 * session where neither analytics nor personalization is. However it was withdrawn, the next answer does it.
 */
export function withdrawnCookies(context: RequestContext): string[] {
  const { consent, visitor, hasSession, settings } = context;
  // A preview leaves the visitor's cookies as they are.
  if (mayRemember(consent.granted) || context.preview) return [];
  const secure = !settings.DEV;
  if (!mayIdentify(consent.granted)) {
    return visitor.id !== undefined || hasSession ? forgetVisitor(secure) : [];
  }
  return hasSession ? forgetVisitor(secure).slice(1) : [];
}

/** Whether an id cookie may be set at all. */
export const mayIdentify = (granted: readonly Purpose[]): boolean => granted.length > 0;

/** Whether a session cookie may be set. */
export const mayRemember = (granted: readonly Purpose[]): boolean =>
  granted.includes("analytics") || granted.includes("personalization");
