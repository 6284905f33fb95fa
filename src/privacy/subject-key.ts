/**
 * A subject's own key: personal traits at rest are sealed under it, so that destroying the one small row that holds it
 * destroys them everywhere (crypto-shredding). It is stored wrapped by a key of the master secret, and after a rotation of
 * that secret wrapped anew by rewrap.ts.
 */
import { fromBase64Url, toBase64Url } from "#core/base64";
import type { VersionedKey } from "./keys.ts";
import { open, type Place, seal } from "./seal.ts";

const KEY_BYTES = 32;

/** A fresh key and its wrapped form. @param subject the identifier key, or the name of a request, that it belongs to */
export async function newSubjectKey(
  wrap: VersionedKey,
  subject: string,
): Promise<{ key: VersionedKey; wrapped: string }> {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const wrapped = await seal(wrap, toBase64Url(bytes), placeOf(subject));
  return { key: await importKey(wrap, bytes), wrapped };
}

/** Unwrap a subject's key; undefined where it was wrapped for another subject or by another secret. */
export async function openSubjectKey(
  wrap: VersionedKey,
  subject: string,
  wrapped: string,
): Promise<VersionedKey | undefined> {
  const text = await open(wrap, wrapped, placeOf(subject));
  const bytes = text === undefined ? undefined : fromBase64Url(text);
  return bytes ? importKey(wrap, bytes) : undefined;
}

/** The same key wrapped by the current version; undefined where it does not open. */
export async function rewrapped(
  wrap: VersionedKey,
  subject: string,
  wrapped: string,
): Promise<string | undefined> {
  const text = await open(wrap, wrapped, placeOf(subject));
  return text === undefined ? undefined : seal(wrap, text, placeOf(subject));
}

const placeOf = (subject: string): Place => ["subject", subject];

/** A subject has one key at a time, so it has no versions. */
const importKey = async (
  { tenant }: VersionedKey,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<VersionedKey> => ({
  tenant,
  version: "1",
  key: await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]),
  others: [],
});
