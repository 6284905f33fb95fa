/**
 * Identifier keys: how a person's identifiers are named everywhere behind the door. A keyed hash, because a plain
 * hash of an e-mail address can be enumerated.
 */
import type { IdentifierNamespace } from "#contracts/taxonomy";
import { toBase64Url } from "#core/base64";
import { bytesOf } from "#core/bytes";
import { joined } from "#core/one-piece";
import type { Keyring, OneKey, VersionedKey } from "./keys.ts";

const HASH_BYTES = 16;

/**
 * Identifiers, what match rules derive of them, the ids of events, what the audit log says of whom somebody looked at, and
 * the traits that destinations were told.
 */
type Namespace = IdentifierNamespace | `match-${string}` | "event" | "audit" | "told";

/** `namespace:keyVersion.hash` of a normalised value; 128 bits of HMAC-SHA-256. Under the current key, if not told which. */
export async function identifierKey(
  lookup: OneKey,
  namespace: Namespace,
  normalised: string,
): Promise<string> {
  return joined(namespace, ":", lookup.version, ".", await hashOf(lookup, namespace, normalised));
}

async function hashOf(lookup: OneKey, namespace: Namespace, normalised: string): Promise<string> {
  const mac = await crypto.subtle.sign("HMAC", lookup.key, bytesOf(`${namespace}:${normalised}`));
  return toBase64Url(new Uint8Array(mac, 0, HASH_BYTES));
}

/**
 * A hash that a rotation does not change, for what must be known again across it: under the oldest look-up key that has
 * not leaked. 22 characters of base64url.
 */
export const steadyHash = (keys: Keyring, namespace: Namespace, normalised: string): Promise<string> =>
  hashOf(keys.steady, namespace, normalised);

/** The same identifier under the ring's other look-up keys, newest first. */
export const otherIdentifierKeys = (
  lookup: VersionedKey,
  namespace: Namespace,
  normalised: string,
): Promise<string[]> =>
  Promise.all(lookup.others.map((other) => identifierKey(other, namespace, normalised)));

/**
 * All keys that an identifier may be stored under, the current one first. Whoever looks a person up by a value asks for
 * all of them, and whoever suppresses one marks all of them.
 */
export const knownKeys = (keys: Keyring, namespace: Namespace, normalised: string): Promise<string[]> =>
  Promise.all([keys.lookup, ...keys.lookup.others].map((each) => identifierKey(each, namespace, normalised)));

/**
 * How the audit log, which is never erased, names whose data somebody looked at: as no other store names them, so that it
 * is found again by whoever has the identifier and our keys, and by nobody else. @param key identifier key
 */
export const auditTarget = async (keys: Keyring, key: string): Promise<string> =>
  `person:${await steadyHash(keys, "audit", key)}`;
