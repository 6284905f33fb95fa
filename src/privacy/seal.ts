/**
 * Sealing: AES-256-GCM with additional data that binds a value to its place, so that a sealed value which is moved to
 * another event or subject does not open. Format: `keyVersion.base64url(iv ‖ ciphertext ‖ tag)`.
 */
import { fromBase64Url, toBase64Url } from "#core/base64";
import { KEY_VERSION } from "./keys.ts";

const IV_BYTES = 12;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Seal a text. @param place what the value belongs to, for example an event id; needed again to open it */
export async function seal(key: CryptoKey, plain: string, place: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const cipher = new Uint8Array(
    await crypto.subtle.encrypt(
      { name: "AES-GCM", iv, additionalData: encoder.encode(place) },
      key,
      encoder.encode(plain),
    ),
  );
  const packed = new Uint8Array(IV_BYTES + cipher.length);
  packed.set(iv);
  packed.set(cipher, IV_BYTES);
  return `${KEY_VERSION}.${toBase64Url(packed)}`;
}

/** Open a sealed text; undefined where it was made by another key, for another place, or was changed. */
export async function open(key: CryptoKey, sealed: string, place: string): Promise<string | undefined> {
  const [version, body] = sealed.split(".", 2);
  const packed = version === KEY_VERSION && body ? fromBase64Url(body) : undefined;
  if (!packed || packed.length <= IV_BYTES) return undefined;
  try {
    const plain = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: packed.subarray(0, IV_BYTES), additionalData: encoder.encode(place) },
      key,
      packed.subarray(IV_BYTES),
    );
    return decoder.decode(plain);
  } catch {
    return undefined; // Authentication failed: that is the answer, not an error of ours.
  }
}
