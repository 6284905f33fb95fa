/** Signatures of short texts: HMAC-SHA-256, cut to 128 bits, base64url. */
import { fromBase64Url, toBase64Url } from "#core/base64";
import { sameBytes } from "#core/same";

const MAC_BYTES = 16;
const encoder = new TextEncoder();

/** Sign a text. Put its use in front (`consent:…`), so that a signature for one use is none for another. */
export async function signText(key: CryptoKey, text: string): Promise<string> {
  return toBase64Url(
    new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)), 0, MAC_BYTES),
  );
}

/** Whether `signature` is ours for this text; compares in constant time. */
export async function verifyText(key: CryptoKey, text: string, signature: string): Promise<boolean> {
  const given = fromBase64Url(signature);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)), 0, MAC_BYTES);
  return given !== undefined && sameBytes(given, mac);
}
