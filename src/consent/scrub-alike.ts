/**
 * Characters that stand for one of ASCII: full-width ones, as East Asian keyboards write them, and the digits of Arabic,
 * Persian and Hindi. An address or a number that is written with them is one all the same. Called by scrub.ts, whose rules
 * know ASCII alone, and by scrub-look.ts.
 */

/** Each is one unit of UTF-16, as what it stands for is. */
const ALIKE = /[\uff01-\uff5e\ufe6b\u0660-\u0669\u06f0-\u06f9\u0966-\u096f]/g;

/** First digits; the nine others follow. */
const ZEROS = [0x660, 0x6f0, 0x966];
const AT = 64;
const SMALL_AT = 0xfe6b;
const FULL_WIDTH = 0xfee0;

/** Whether a unit of UTF-16 is such a character. */
export const isAlike = (c: number): boolean =>
  c >= 0x660 && ((c >= 0xff01 && c <= 0xff5e) || c === SMALL_AT || zeroOf(c) !== undefined);

/** The text in ASCII, as far as it stands for that. */
export const inAscii = (text: string): string => text.replace(ALIKE, (alike) => asciiOf(alike.charCodeAt(0)));

function asciiOf(c: number): string {
  const zero = zeroOf(c);
  if (zero !== undefined) return String(c - zero);
  return String.fromCharCode(c === SMALL_AT ? AT : c - FULL_WIDTH);
}

const zeroOf = (c: number): number | undefined => ZEROS.find((zero) => c >= zero && c <= zero + 9);
