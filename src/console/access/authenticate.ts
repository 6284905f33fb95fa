/**
 * Who makes a request of the operator's API: by `Authorization: Bearer`, with ADMIN_TOKEN or a token of the table, or by
 * the JWT of Cloudflare Access. What is wrong with a token is not told, nor is it by the time that the answer takes.
 * Called by guard.ts and explain.ts.
 */
import type { Clock } from "#core/clock";
import { Problem } from "#core/problem";
import { sameBytes } from "#core/same";
import type { Keyring } from "#privacy/keys";
import { ASSERTION, type CloudflareAccess, readAssertion } from "./access-jwt.ts";
import type { Session } from "./session.ts";
import { findToken, noteUse } from "./store.ts";
import { isTokenOf, readToken } from "./tokens.ts";

export interface AuthenticateDeps {
  /** The first token, of role admin. An empty one lets nobody in. */
  adminToken: string;
  db: D1Database;
  keys: () => Promise<Keyring>;
  clock: Clock;
  /** Undefined where the console is not behind Cloudflare Access: then its header is any other header. */
  access?: CloudflareAccess | undefined;
}

const SCHEME = /^Bearer +(\S+) *$/i;
const encoder = new TextEncoder();

const ROOT: Session = {
  actor: { id: "root", name: "ADMIN_TOKEN", role: "admin", personal: true, sources: undefined },
  expiresAt: null,
  ambient: false,
};

/** Whether a request claims to come from an operator; whether it does is another question. */
export const hasCredentials = (headers: Headers): boolean =>
  headers.has("authorization") || headers.has(ASSERTION);

/**
 * @throws Problem 401 `unauthorized`, `token_expired`, `credentials_disagree`; 403 `no_role`; 503
 *   `access_keys_unavailable`
 */
export async function authenticate(headers: Headers, deps: AuthenticateDeps): Promise<Session> {
  const authorization = headers.get("authorization");
  const assertion = deps.access ? headers.get(ASSERTION) : null;
  if (authorization === null) {
    if (assertion === null || !deps.access) throw unauthorized();
    return readAssertion(assertion, deps.access, deps.clock);
  }
  const byToken = await readBearer(authorization, deps);
  if (assertion === null || !deps.access) return byToken;
  const byAccess = await readAssertion(assertion, deps.access, deps.clock);
  if (!grantSame(byToken, byAccess)) throw disagree();
  return byToken;
}

const unauthorized = (): Problem =>
  new Problem(401, "unauthorized", "Send a token of the console as `Authorization: Bearer <token>`.", {
    "www-authenticate": 'Bearer realm="doorstep"',
  });

const disagree = (): Problem =>
  new Problem(
    401,
    "credentials_disagree",
    "The token and Cloudflare Access do not grant the same: send one of the two.",
    { "www-authenticate": 'Bearer realm="doorstep"' },
  );

async function readBearer(authorization: string, deps: AuthenticateDeps): Promise<Session> {
  const text = SCHEME.exec(authorization)?.[1] ?? "";
  if (await isAdminToken(text, deps.adminToken)) return ROOT;
  const given = readToken(text);
  const [found, keys] = await Promise.all([findToken(deps.db, given.id), deps.keys()]);
  const isProved = await isTokenOf(found?.hash, given, keys);
  if (!found || !isProved || found.token.revokedAt !== null) throw unauthorized();
  const { id, name, role, personal, sources, expiresAt, lastUsedDay } = found.token;
  const now = deps.clock();
  if (expiresAt <= now) {
    // Only whoever has the secret is told.
    throw new Problem(401, "token_expired", "This token has expired: ask an admin for another one.", {
      "www-authenticate": 'Bearer realm="doorstep", error="invalid_token"',
    });
  }
  const today = new Date(now).toISOString().slice(0, 10);
  if (lastUsedDay !== today) await noteUse(deps.db, id, today);
  return { actor: { id, name, role, personal, sources }, expiresAt, ambient: false };
}

/** Digests are compared, so that not even the length is told. */
async function isAdminToken(given: string, adminToken: string): Promise<boolean> {
  const digest = (value: string) => crypto.subtle.digest("SHA-256", encoder.encode(value));
  const [ours, theirs] = await Promise.all([digest(adminToken), digest(given)]);
  return sameBytes(new Uint8Array(ours), new Uint8Array(theirs)) && adminToken !== "";
}

function grantSame({ actor: one }: Session, { actor: other }: Session): boolean {
  const all = ({ sources }: typeof one) => (sources ? [...sources].sort().join(" ") : "*");
  return one.role === other.role && one.personal === other.personal && all(one) === all(other);
}
