/**
 * Bits of a base64url text, most significant first, six in each character. For the checks that the decoders leave out:
 * they take what is missing for what is not there, and blow up ranges to as many ids as a forged text asks for.
 */

/** One value from 0 to 63 for each character. */
export type Bits = Uint8Array;

/** Characters of no base64url text. */
const NONE = 255;
const VALUES = new Uint8Array(128).fill(NONE);
for (const [value, char] of [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].entries())
  VALUES[char.charCodeAt(0)] = value;

/** The bits of a text; undefined where it is empty or has another character. */
export function bitsOf(text: string): Bits | undefined {
  if (text === "") return undefined;
  const bits = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? (VALUES[code] ?? NONE) : NONE;
    if (value === NONE) return undefined;
    bits[i] = value;
  }
  return bits;
}

export const bitCount = (bits: Bits): number => bits.length * 6;

/** The unsigned number of at most 48 bits that begins at a bit. What lies behind the end is 0: check the count first. */
export function readBits(bits: Bits, from: number, count: number): number {
  const end = from + count;
  let value = 0;
  for (let at = from; at < end; ) {
    const offset = at % 6;
    const take = Math.min(6 - offset, end - at);
    const sextet = bits[(at - offset) / 6] ?? 0;
    value = value * (1 << take) + ((sextet >> (6 - offset - take)) & ((1 << take) - 1));
    at += take;
  }
  return value;
}

export const readBit = (bits: Bits, at: number): boolean => readBits(bits, at, 1) === 1;

/**
 * Whether nothing but padding is left: encoders fill up with zeros, to a whole character at least. A text that was put
 * together from others ends otherwise.
 * @param from behind the last field, or -1 where a field was wrong
 */
export function isPadding(bits: Bits, from: number): boolean {
  if (from < 0 || from > bitCount(bits)) return false;
  for (let at = from; at < bitCount(bits); at += 6 - (at % 6))
    if (readBits(bits, at, 6 - (at % 6)) !== 0) return false;
  return true;
}
