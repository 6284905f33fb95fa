/**
 * Ids made of what a sender told, for protocols that have none and for ids that are too long: the same whenever the same
 * is told, so that a repetition changes nothing. 128 bits of a hash that is fast, not secret: who wants another event's
 * id may send it as it is. Pure; called by ga4-tag.ts, ga4-measurement.ts, segment-call.ts and snowplow.ts for each event.
 */
import { asId } from "../shape.ts";

const MAX_ID = 100;
const HEX = 32;

/**
 * 128 bits of the texts, in hexadecimal. Each is closed by a mark that is no character of its own, so that
 * `["ab", "c"]` and `["a", "bc"]` differ. One pass over four lanes that feed each other (as in MurmurHash3's finish),
 * since lanes that only begin differently would agree with each other about which texts collide.
 */
export function idOfTexts(texts: Iterable<string>): string {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let d = 0x6a09e667;
  let length = 0;
  const mix = (value: number) => {
    a = b ^ Math.imul(a ^ value, 0x85ebca6b);
    b = c ^ Math.imul(b ^ value, 0xc2b2ae35);
    c = d ^ Math.imul(c ^ value, 0x27d4eb2f);
    d = a ^ Math.imul(d ^ value, 0x165667b1);
    a = (a << 13) | (a >>> 19);
  };
  for (const text of texts) {
    for (let i = 0; i < text.length; i++) mix(text.charCodeAt(i));
    mix(END_OF_TEXT);
    length += text.length;
  }
  mix(length);
  for (let round = 0; round < 4; round++) mix(END_OF_TEXT + round);
  return hex(a) + hex(b) + hex(c) + hex(d);
}

/** Beyond every code unit. */
const END_OF_TEXT = 0x10000;

const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(HEX / 4, "0");

/** The sender's id; one that is longer than an id may be is shortened, the same each time, and told from others alike. */
export function boundedId(given: unknown): string | undefined {
  const id = asId(given, Number.POSITIVE_INFINITY);
  if (id === undefined || id.length <= MAX_ID) return id;
  return `${id.slice(0, MAX_ID - HEX - 1)}~${idOfTexts([id])}`;
}
