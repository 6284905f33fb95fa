/**
 * Which source a request comes from, and whether it may. A write key is public, so a browser's Origin must also be
 * ours or listed; a secret key is a proof, and must never come from a browser.
 */
import { fnv1a32 } from "#core/fnv";
import { Problem } from "#core/problem";
import { sameText } from "#core/same";
import type { Source, SourceKey } from "../settings/sources.ts";

/** A source whose key was accepted. */
export interface AuthenticatedSource {
  source: Source;
  /** The secret key was used: the identifiers of its events are proved. */
  secret: boolean;
}

interface KnownKey extends SourceKey {
  source: Source;
}

/**
 * Keys by their FNV hash, made once per list. A look-up by the key itself would leave to the engine how it compares
 * texts; so the hash only says which keys to look at, and those few are compared in constant time. What a stopwatch
 * could tell is whether 32 bits of a guess agree with 32 bits of a key: nothing about its first characters.
 */
const indexes = new WeakMap<readonly Source[], Map<number, KnownKey[]>>();

function indexOf(sources: readonly Source[]): Map<number, KnownKey[]> {
  const made = indexes.get(sources);
  if (made) return made;
  const index = new Map<number, KnownKey[]>();
  for (const source of sources) {
    for (const own of source.keys) {
      const hash = fnv1a32(own.key);
      index.set(hash, [...(index.get(hash) ?? []), { ...own, source }]);
    }
  }
  indexes.set(sources, index);
  return index;
}

function find(index: Map<number, KnownKey[]>, offered: string): KnownKey | undefined {
  const near = index.get(fnv1a32(offered));
  if (near) for (const known of near) if (sameText(known.key, offered)) return known;
  return undefined;
}

/** A key that may be used goes before one that may not, and then a secret key before a write key. */
const rank = (known: KnownKey, now: number): number =>
  (isUsable(known, now) ? 2 : 0) + (known.secret ? 1 : 0);

const isUsable = ({ source, disabled, until }: KnownKey, now: number): boolean =>
  !source.disabled && !disabled && (until === undefined || now < until);

/**
 * Find the source of a key and check the request's Origin.
 * @param keys that the request offers; several, of which one need be ours
 * @param now epoch ms, for keys that end
 * @throws Problem 401 `missing_key`, `unknown_key`, `key_expired`; 403 `source_disabled`, `key_disabled`,
 *   `origin_not_allowed`, `secret_key_in_browser`
 */
export function authenticateSource(
  sources: readonly Source[],
  keys: readonly string[],
  origin: string | null,
  ownOrigin: string,
  now: number,
): AuthenticatedSource {
  if (keys.length === 0)
    throw new Problem(401, "missing_key", "The request carries no write key.", CHALLENGE);
  const index = indexOf(sources);
  let found: KnownKey | undefined;
  for (const offered of keys) {
    const known = find(index, offered);
    if (known && (!found || rank(known, now) > rank(found, now))) found = known;
  }
  if (!found) throw new Problem(401, "unknown_key", "The write key is not known.", CHALLENGE);
  const { source, secret } = found;
  if (!isUsable(found, now)) throw refused(found);
  if (secret && origin !== null) {
    throw new Problem(
      403,
      "secret_key_in_browser",
      "A secret key was sent by a browser. Revoke it and use the write key there.",
    );
  }
  if (!originAllowed(source, origin, ownOrigin)) {
    throw new Problem(
      403,
      "origin_not_allowed",
      `The origin ${origin} is not on the list of the source ${source.id}.`,
    );
  }
  return { source, secret };
}

const CHALLENGE = { "www-authenticate": "Bearer" };

/** Says which source, never which key. */
function refused({ source, disabled }: KnownKey): Problem {
  if (source.disabled) return new Problem(403, "source_disabled", `The source ${source.id} is disabled.`);
  if (disabled) return new Problem(403, "key_disabled", `This key of the source ${source.id} is disabled.`);
  const detail = `This key of the source ${source.id} has ended; use its newer one.`;
  return new Problem(401, "key_expired", detail, CHALLENGE);
}

/** For what only a server may do, such as to bring in history. @throws Problem 403 `secret_key_required` */
export function requireSecretKey({ secret }: AuthenticatedSource): void {
  if (secret) return;
  throw new Problem(
    403,
    "secret_key_required",
    "This takes a secret key: send it from a server, not a page.",
  );
}

/** Whether a write key may be used now: what a client asks before it sends anything. */
export function isWriteKey(sources: readonly Source[], key: string, now: number): boolean {
  const known = find(indexOf(sources), key);
  return known !== undefined && !known.secret && isUsable(known, now);
}

/** Whether any source accepts this origin: what a preflight can know, since it carries no key. */
export const anyOriginAllowed = (sources: readonly Source[], origin: string, ownOrigin: string): boolean =>
  sources.some((source) => originAllowed(source, origin, ownOrigin));

const originAllowed = (source: Source, origin: string | null, ownOrigin: string): boolean =>
  origin === null || origin === ownOrigin || source.origins.includes(origin);
