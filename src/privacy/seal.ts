/**
 * Sealing: AES-256-GCM with additional data that binds a value to its place, so that a sealed value which is moved to
 * another event or subject does not open. Format: `keyVersion.base64url(iv ‖ ciphertext ‖ tag)`.
 */
import { fromBase64Url, toBase64Url } from "#core/base64";
import { keyOfVersion, type VersionedKey } from "./keys.ts";

const IV_BYTES = 12;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A key of the ring, or one of a kind, such as a subject's own: that one has no versions. */
export type SealingKey = VersionedKey | CryptoKey;

const versioned = (key: SealingKey): VersionedKey =>
  "others" in key ? key : { version: "1", key, others: [] };

/** Seal a text. @param place what the value belongs to, for example an event id; needed again to open it */
export async function seal(key: SealingKey, plain: string, place: string): Promise<string> {
  const current = versioned(key);
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const cipher = new Uint8Array(
    await crypto.subtle.encrypt(
      { name: "AES-GCM", iv, additionalData: encoder.encode(place) },
      current.key,
      encoder.encode(plain),
    ),
  );
  const packed = new Uint8Array(IV_BYTES + cipher.length);
  packed.set(iv);
  packed.set(cipher, IV_BYTES);
  return `${current.version}.${toBase64Url(packed)}`;
}

/** Open a sealed text; undefined where it was made by another key, for another place, or was changed. */
export async function open(key: SealingKey, sealed: string, place: string): Promise<string | undefined> {
  const [version = "", body] = sealed.split(".", 2);
  const sealedBy = keyOfVersion(versioned(key), version);
  const packed = sealedBy && body ? fromBase64Url(body) : undefined;
  if (!sealedBy || !packed || packed.length <= IV_BYTES) return undefined;
  try {
    const plain = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: packed.subarray(0, IV_BYTES), additionalData: encoder.encode(place) },
      sealedBy.key,
      packed.subarray(IV_BYTES),
    );
    return decoder.decode(plain);
  } catch {
    return undefined; // Authentication failed: that is the answer, not an error of ours.
  }
}
