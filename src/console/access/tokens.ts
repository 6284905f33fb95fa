/**
 * Tokens of the operator's API: `dst_<id>_<secret>`. The secret is 256 random bits, so that it cannot be guessed; only a
 * keyed hash of it is kept, so that whoever reads the table can use none. Their rows are in store.ts.
 */
import { toBase64Url } from "#core/base64";
import { sameText } from "#core/same";
import { type Keyring, keyOfVersion, type OneKey } from "#privacy/keys";

const TOKEN = /^dst_([0-9a-f-]{36})_([A-Za-z0-9_-]{43})$/;
const SECRET_BYTES = 32;
const encoder = new TextEncoder();

/** A token that was given, in its parts. */
export interface GivenToken {
  id: string;
  secret: string;
}

/** Has the form of a token, and is none: what is malformed is looked up as this, and takes as long as any other. */
const NOBODY: GivenToken = { id: "0".repeat(36), secret: "A".repeat(43) };

/** @param id a UUID @param randomBytes of a cryptographic source */
export function makeToken(
  id: string,
  randomBytes: (count: number) => Uint8Array,
): GivenToken & { token: string } {
  const secret = toBase64Url(randomBytes(SECRET_BYTES));
  return { id, secret, token: `dst_${id}_${secret}` };
}

/** Its parts; those of nobody's token where it is none. */
export function readToken(text: string): GivenToken {
  const [, id, secret] = TOKEN.exec(text) ?? [];
  return id !== undefined && secret !== undefined ? { id, secret } : NOBODY;
}

/** What is kept of a token: `<version of the key>.<HMAC-SHA-256>`. It covers the id: no row's hash fits another. */
export async function hashToken(key: OneKey, { id, secret }: GivenToken): Promise<string> {
  // Apart from what identifiers are hashed as under the same key: no namespace has this name.
  const mac = await crypto.subtle.sign("HMAC", key.key, encoder.encode(`access_token:${id}:${secret}`));
  return `${key.version}.${toBase64Url(new Uint8Array(mac))}`;
}

/**
 * Whether a token is the one of a kept hash, under whichever version of the key it was made.
 * @param kept undefined where there is no such token: it takes as long, and is never the one
 */
export async function isTokenOf(
  kept: string | undefined,
  given: GivenToken,
  { lookup }: Keyring,
): Promise<boolean> {
  const version = kept?.slice(0, kept.indexOf(".")) ?? lookup.version;
  const made = await hashToken(keyOfVersion(lookup, version) ?? lookup, given);
  return sameText(made, kept ?? `${lookup.version}.${"A".repeat(43)}`) && kept !== undefined;
}
