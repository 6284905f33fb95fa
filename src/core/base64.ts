/** base64url without padding, over the runtime's native codec. */

/** Bytes → base64url. */
export const toBase64Url = (bytes: Uint8Array): string =>
  bytes.toBase64({ alphabet: "base64url", omitPadding: true });

/** base64url → bytes; undefined where the text is none. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch {
    return undefined; // The one thing this throws for is a malformed text, and that is what undefined says.
  }
}
