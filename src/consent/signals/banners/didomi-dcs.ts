/**
 * The Didomi Consent String, version 2, as far as it can be read: its head, and the purposes where they are a bit field.
 *
 *   6 bits version · 128 user id · 36 created · 36 updated (tenths of a second) · 16 regulation
 *   · 1 bit whether 36 bits of a last synchronisation follow · purposes with consent · purposes with opt-out · vendors …
 *
 * A section is 2 bits of encoding, and for a bit field (0): 1 bit whether ids start from one, else 16 bits of the first
 * id, 16 bits of how many, and 2 bits for each: 2 granted, 1 refused, 0 not asked. Ranges and Fibonacci codes, which it
 * takes for numbers far apart, are not documented in full: such a string is `unsupported`.
 * Source: https://developers.didomi.io/cmp/didomi-consent-string/didomi-consent-string-structure, checked against a string
 * from the wild. Called by didomi.ts.
 */
import { addCategory, type BannerReading } from "./reading.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VERSION = 2;
const BIT_FIELD = 0;
const GRANTED = 2;
const REFUSED = 1;

/** Read a consent string. Categories are the purposes' numbers, as text. */
export function readDcs(text: string): BannerReading {
  const bits = bitsOf(text.split(/[.~]/, 1)[0] ?? "");
  if (!bits) return "malformed";
  const version = bits.take(6);
  if (version === undefined) return "malformed";
  if (version !== VERSION) return "unsupported";
  bits.skip(128 + 36);
  const updated = bits.take(36);
  bits.skip(16);
  if (bits.take(1) === 1) bits.skip(36);
  const categories = new Map<string, boolean>();
  for (const section of ["consent", "opt-out"] as const) {
    const encoding = bits.take(2);
    if (encoding === undefined || updated === undefined) return "malformed";
    if (encoding !== BIT_FIELD) return "unsupported";
    const fromOne = bits.take(1) === 1;
    const first = fromOne ? 1 : bits.take(16);
    const count = bits.take(16);
    if (first === undefined || count === undefined) return "malformed";
    for (let id = first; id < first + count; id++) {
      const status = bits.take(2);
      if (status === undefined) return "malformed";
      // That nobody opted out is no consent; an opt-out is a refusal everywhere.
      if (status === REFUSED || (status === GRANTED && section === "consent"))
        addCategory(categories, String(id), status === GRANTED);
    }
  }
  if (categories.size === 0) return undefined;
  return { categories, givenAt: (updated ?? 0) * 100 };
}

interface Bits {
  /** The next bits as a number (at most 36); undefined behind the end. */
  take(count: number): number | undefined;
  skip(count: number): void;
}

function bitsOf(text: string): Bits | undefined {
  const sextets = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const sextet = ALPHABET.indexOf(text[at] ?? "");
    if (sextet < 0) return undefined;
    sextets[at] = sextet;
  }
  let at = 0;
  return {
    take(count) {
      if (at + count > sextets.length * 6) return undefined;
      let value = 0;
      for (let left = count; left > 0; left--, at++)
        value = value * 2 + (((sextets[Math.floor(at / 6)] ?? 0) >> (5 - (at % 6))) & 1);
      return value;
    },
    skip(count) {
      at += count;
    },
  };
}
