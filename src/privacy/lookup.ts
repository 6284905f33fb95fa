/**
 * Identifier keys: how a person's identifiers are named everywhere behind the door. A keyed hash, because a plain
 * hash of an e-mail address can be enumerated.
 */
import type { IdentifierNamespace } from "#contracts/taxonomy";
import { toBase64Url } from "#core/base64";
import { KEY_VERSION } from "./keys.ts";

const HASH_BYTES = 16;
const encoder = new TextEncoder();

/** `namespace:keyVersion.hash` of a normalised value; 128 bits of HMAC-SHA-256. */
export async function identifierKey(
  lookup: CryptoKey,
  namespace: IdentifierNamespace | "event",
  normalised: string,
): Promise<string> {
  const mac = await crypto.subtle.sign("HMAC", lookup, encoder.encode(`${namespace}:${normalised}`));
  return `${namespace}:${KEY_VERSION}.${toBase64Url(new Uint8Array(mac, 0, HASH_BYTES))}`;
}
