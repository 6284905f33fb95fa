/** Signatures of short texts: HMAC-SHA-256, cut to 128 bits, base64url. */
import { toBase64Url } from "#core/base64";
import { bytesOf } from "#core/bytes";
import { sameText } from "#core/same";
import type { OneKey, VersionedKey } from "./keys.ts";

const MAC_BYTES = 16;

/** Sign a text. Put its use in front (`consent:…`), so that a signature for one use is none for another. */
export async function signText({ key }: OneKey, text: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.sign("HMAC", key, bytesOf(text)), 0, MAC_BYTES));
}

/** Whether `signature` is ours for this text, by the key of any version; compares in constant time. */
export async function verifyText(key: VersionedKey, text: string, signature: string): Promise<boolean> {
  if (sameText(signature, await signText(key, text))) return true;
  for (const other of key.others) if (sameText(signature, await signText(other, text))) return true;
  return false;
}
