/**
 * Bytes of short texts, in memory that is used again: to make a new buffer for each takes longer than to fill it. For what
 * takes its input at once, as WebCrypto does by its specification ("a copy of the bytes"): a later text is written over them.
 */

const RING_BYTES = 16_384;
/** Four of them have room beside each other: a call takes two. */
const MAX_BYTES = RING_BYTES / 4;
const ring = new Uint8Array(RING_BYTES);
let at = 0;

const encoder = new TextEncoder();

/** UTF-8 of a text, to be handed on before the next one is asked for but one. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  // A character has at most three bytes.
  if (text.length * 3 > MAX_BYTES) return new Uint8Array(encoder.encode(text));
  const room = roomFor(text.length * 3);
  return taken(room, encoder.encodeInto(text, room).written);
}

/** What a base64url text says, to be handed on likewise; undefined where the text is none. */
export function bytesOfBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    if (text.length > MAX_BYTES) return Uint8Array.fromBase64(text, { alphabet: "base64url" });
    const room = roomFor(text.length);
    return taken(room, room.setFromBase64(text, { alphabet: "base64url" }).written);
  } catch {
    return undefined; // The one thing this throws for is a malformed text, and that is what undefined says.
  }
}

function roomFor(bytes: number): Uint8Array<ArrayBuffer> {
  if (at + bytes > RING_BYTES) at = 0;
  return ring.subarray(at, at + bytes);
}

function taken(room: Uint8Array<ArrayBuffer>, bytes: number): Uint8Array<ArrayBuffer> {
  at += bytes;
  return room.subarray(0, bytes);
}
