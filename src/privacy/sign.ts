/** Signatures of short texts: HMAC-SHA-256, cut to 128 bits, base64url. */
import { fromBase64Url, toBase64Url } from "#core/base64";
import { sameBytes } from "#core/same";
import type { OneKey, VersionedKey } from "./keys.ts";

const MAC_BYTES = 16;
const encoder = new TextEncoder();

/** Sign a text. Put its use in front (`consent:…`), so that a signature for one use is none for another. */
export async function signText({ key }: OneKey, text: string): Promise<string> {
  return toBase64Url(cut(await crypto.subtle.sign("HMAC", key, encoder.encode(text))));
}

/** Whether `signature` is ours for this text, by the key of any version; compares in constant time. */
export async function verifyText(key: VersionedKey, text: string, signature: string): Promise<boolean> {
  const given = fromBase64Url(signature);
  if (!given) return false;
  const bytes = encoder.encode(text);
  if (sameBytes(given, cut(await crypto.subtle.sign("HMAC", key.key, bytes)))) return true;
  for (const other of key.others)
    if (sameBytes(given, cut(await crypto.subtle.sign("HMAC", other.key, bytes)))) return true;
  return false;
}

const cut = (mac: ArrayBuffer): Uint8Array => new Uint8Array(mac, 0, MAC_BYTES);
