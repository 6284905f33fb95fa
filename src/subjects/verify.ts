/**
 * Who asks, and what that proves. A secret key: the source vouches for the person. A signed token: the person, by exactly
 * what the token says. Our signed cookie in a request of our own page: this browser, and no person. Anything else proves
 * nothing, and waits for an operator; it is never looked up, so that its answer cannot tell whether we know somebody.
 *
 * Whoever made a request is remembered by a mark: an HMAC over the request's id and their key. It is checked where they
 * ask again, and is no key of theirs: after an erasure it leads to nobody.
 */
import type { SubjectIdentity, Verification } from "#contracts/messages/subject_request";
import type { IdentifierNamespace } from "#contracts/taxonomy";
import { Problem } from "#core/problem";
import { isCrossSite, isSameOrigin } from "#door/consent/same-origin";
import { bearerOf } from "#door/consent/server";
import type { RequestContext } from "#door/context";
import { authenticateSource, requireSecretKey } from "#door/source";
import type { SubjectScope } from "#identity/subject";
import type { Keyring } from "#privacy/keys";
import { knownKeys } from "#privacy/lookup";
import { signText, verifyText } from "#privacy/sign";
import { identityOf, type KnownIdentity } from "./body.ts";

/** What a signed token proves, as its issuer wrote it; undefined: nothing, it is forged, expired or somebody else's. */
export type ProveToken = (token: string) => Promise<readonly KnownIdentity[] | undefined>;

/** Header that carries an identity token where a request has no body. */
export const TOKEN_HEADER = "x-identity-token";

/** Somebody who asks. */
export interface Asker {
  verification: Verification;
  scope: SubjectScope;
  /** As `made_by` says it, for a request of this id. */
  madeBy(id: string): Promise<string>;
  /** Whether a request was made by them. */
  made(id: string, madeBy: string): Promise<boolean>;
  /** Keys of what is proved; undefined where the request's own identities count. */
  proven?: readonly string[];
  /** What is proved, by value. */
  identities?: readonly KnownIdentity[];
  /** Of a secret key: its source. */
  source?: string;
}

/** @throws Problem 401 and 403 as authenticateSource; 403 `secret_key_required` */
export function askingServer(headers: Headers, context: RequestContext, ownOrigin: string): Asker {
  const token = bearerOf(headers);
  const { settings, now } = context;
  const origin = headers.get("origin");
  const from = authenticateSource(settings.SOURCES, token ? [token] : [], origin, ownOrigin, now);
  requireSecretKey(from);
  const name = `source:${from.source.id}`;
  return {
    verification: "secret_key",
    scope: "person",
    source: from.source.id,
    madeBy: async () => name,
    made: async (_id, madeBy) => madeBy === name,
  };
}

/** @throws Problem 401 `invalid_identity_token` */
export async function askingPerson(
  token: string,
  keys: Keyring,
  { proveToken, normalise }: { proveToken: ProveToken; normalise: Normalise },
): Promise<Asker> {
  const proved = token.length <= MAX_TOKEN_CHARS ? await proveToken(token) : undefined;
  const identities: KnownIdentity[] = [];
  for (const { namespace, value } of proved ?? []) {
    const normal = await normalise(namespace, value);
    if (normal !== undefined) identities.push({ namespace, value: normal });
  }
  if (identities.length === 0) {
    throw new Problem(
      401,
      "invalid_identity_token",
      "The identity token proves nobody: it is forged, has expired, or is of an issuer that is not set up here.",
      { "www-authenticate": "Bearer" },
    );
  }
  const proven = await keysOf(identities, keys);
  return {
    verification: "identity_token",
    scope: "person",
    proven,
    identities,
    madeBy: (id) => mark("person", id, proven[0] ?? "", keys),
    made: (id, madeBy) => isMark("person", id, proven, madeBy, keys),
  };
}

const MAX_TOKEN_CHARS = 8_192;

/** The browser of a request of our own page; undefined where it carries no id of ours. */
export function askingBrowser({ visitor, keys }: RequestContext): Asker | undefined {
  const { key } = visitor;
  if (key === undefined) return undefined;
  return {
    verification: "browser",
    scope: "device",
    proven: [key],
    identities: [],
    madeBy: (id) => mark("browser", id, key, keys),
    made: (id, madeBy) => isMark("browser", id, [key], madeBy, keys),
  };
}

/** Anybody who names people and proves nothing. Such a request may be sent again; nobody reads it back. */
export const ANYBODY: Asker = {
  verification: "none",
  scope: "person",
  madeBy: async () => "anybody",
  made: async (_id, madeBy) => madeBy === "anybody",
};

/** The keys of identities under all versions, each once. */
export async function keysOf(identities: readonly KnownIdentity[], keys: Keyring): Promise<string[]> {
  const found = await Promise.all(
    identities.map(({ namespace, value }) => knownKeys(keys, namespace, value)),
  );
  return [...new Set(found.flat())];
}

/**
 * Of what a proven person names in a request, nothing that the token does not prove; all that it proves where they name
 * nothing.
 * @throws Problem 403 `identity_not_proved`
 */
export function onlyProven(named: readonly KnownIdentity[], asker: Asker): SubjectIdentity[] {
  const proven = asker.identities ?? [];
  const is = (a: KnownIdentity, b: KnownIdentity) => a.namespace === b.namespace && a.value === b.value;
  const index = named.findIndex((one) => !proven.some((known) => is(one, known)));
  if (index >= 0) {
    throw new Problem(
      403,
      "identity_not_proved",
      `subject_identities.${index}: the identity token does not prove it. Leave it out, or send the request without the token: then somebody checks it by hand.`,
    );
  }
  return (named.length > 0 ? named : proven).flatMap((one) => identityOf(one) ?? []);
}

/** A page of another site may neither make nor read a request: our cookie would go along. @throws Problem 403 `cross_site` */
export function refuseCrossSite(request: Request): void {
  if (isCrossSite(request)) throw crossSite();
}

/** @throws Problem 403 `cross_site` */
export function requireSameOrigin(request: Request): void {
  if (!isSameOrigin(request)) throw crossSite();
}

const crossSite = (): Problem =>
  new Problem(403, "cross_site", "Requests about a browser are only taken from a page of this site.");

const textOf = (id: string, key: string): string => `subject-request:${id}:${key}`;

const mark = async (kind: "browser" | "person", id: string, key: string, keys: Keyring): Promise<string> =>
  `${kind}:${await signText(keys.cookie, textOf(id, key))}`;

async function isMark(
  kind: "browser" | "person",
  id: string,
  candidates: readonly string[],
  madeBy: string,
  keys: Keyring,
): Promise<boolean> {
  if (!madeBy.startsWith(`${kind}:`)) return false;
  const signature = madeBy.slice(kind.length + 1);
  for (const key of candidates) if (await verifyText(keys.cookie, textOf(id, key), signature)) return true;
  return false;
}

/** The normal form of an identifier, or undefined where it names nobody. */
export type Normalise = (namespace: IdentifierNamespace, value: string) => Promise<string | undefined>;
