/**
 * Ids made of what a sender told, for protocols that have none and for ids that are too long: the same whenever the same
 * is told, so that a repetition changes nothing. 128 bits of a hash that is fast, not secret: who wants another event's
 * id may send it as it is. Pure; called by ga4-tag.ts, ga4-measurement.ts, segment-call.ts and snowplow.ts for each event.
 */
import { asId } from "../shape.ts";

const MAX_ID = 100;
const HEX = 32;

/**
 * 128 bits of the texts, in hexadecimal. Each goes in behind its length, so that `["ab", "c"]` and `["a", "bc"]` differ.
 * One pass over four lanes that feed each other (as in MurmurHash3's finish), since lanes that only begin differently
 * would agree with each other about which texts collide. The lanes are plain locals, two characters a step: as a closure's
 * variables each of these 32-bit numbers would be an object.
 */
export function idOfTexts(texts: readonly string[], prefix = ""): string {
  // Joined: what is put together by `+` is a chain of texts, which JSON.stringify, too, takes the long way for.
  const parts: string[] = [];
  for (const text of texts) parts.push(`${text.length}:`, text);
  const all = parts.join("");
  let a = 0x9e3779b9 | 0;
  let b = 0x243f6a88;
  let c = 0xb7e15162 | 0;
  let d = 0x6a09e667;
  // Four steps more than there is text, so that its end, too, reaches every lane.
  for (let i = 0; i < all.length + 8; i += 2) {
    const first = i < all.length ? all.charCodeAt(i) : i;
    const second = i + 1 < all.length ? all.charCodeAt(i + 1) : 0;
    const value = first | (second << 16);
    a = b ^ Math.imul(a ^ value, 0x85ebca6b);
    b = c ^ Math.imul(b ^ value, 0xc2b2ae35);
    c = d ^ Math.imul(c ^ value, 0x27d4eb2f);
    d = a ^ Math.imul(d ^ value, 0x165667b1);
    a = (a << 13) | (a >>> 19);
  }
  const digits = [prefix];
  addHex(digits, a);
  addHex(digits, b);
  addHex(digits, c);
  addHex(digits, d);
  return digits.join("");
}

/** Two digits of each byte. */
const BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function addHex(digits: string[], lane: number): void {
  for (let shift = 24; shift >= 0; shift -= 8) digits.push(BYTES[(lane >>> shift) & 255] as string);
}

/** The sender's id; one that is longer than an id may be is shortened, the same each time, and told from others alike. */
export function boundedId(given: unknown): string | undefined {
  const id = asId(given, Number.POSITIVE_INFINITY);
  if (id === undefined || id.length <= MAX_ID) return id;
  return `${id.slice(0, MAX_ID - HEX - 1)}~${idOfTexts([id])}`;
}
