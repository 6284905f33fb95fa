/**
 * A subject's own key: personal traits at rest are sealed under it, so that destroying the one small row that holds it
 * destroys them everywhere (crypto-shredding). It is stored wrapped by a key of the master secret; a rotation of that
 * secret changes the wrapping of new ones only.
 */
import { fromBase64Url, toBase64Url } from "#core/base64";
import type { VersionedKey } from "./keys.ts";
import { open, seal } from "./seal.ts";

const KEY_BYTES = 32;

/** A fresh key and its wrapped form. @param subject the identifier key that it belongs to */
export async function newSubjectKey(
  wrap: VersionedKey,
  subject: string,
): Promise<{ key: CryptoKey; wrapped: string }> {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return { key: await importKey(bytes), wrapped: await seal(wrap, toBase64Url(bytes), `subject:${subject}`) };
}

/** Unwrap a subject's key; undefined where it was wrapped for another subject or by another secret. */
export async function openSubjectKey(
  wrap: VersionedKey,
  subject: string,
  wrapped: string,
): Promise<CryptoKey | undefined> {
  const text = await open(wrap, wrapped, `subject:${subject}`);
  const bytes = text === undefined ? undefined : fromBase64Url(text);
  return bytes ? importKey(bytes) : undefined;
}

const importKey = (bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
