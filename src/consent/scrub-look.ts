/**
 * The quick look before any expression runs: whether a text may hold an address, a number or a token at all. One pass
 * without allocation, since every title and URL of every event goes through it, and nearly all are clean. Called by
 * scrub.ts.
 */
import { isAlike } from "./scrub-alike.ts";

/** What was seen, as bits. */
export const SEEN = { at: 1, escape: 2, number: 4, token: 8, alike: 16 } as const;

/** Fewer digits in one stretch are no number of a person. */
const MIN_DIGITS = 8;
/** A shorter run of letters and digits, or one with fewer digits and capitals, is no token. */
const MIN_TOKEN = 24;
const MIN_ODD = 5;

const A = 97;
const Z = 122;
const UPPER_A = 65;
const UPPER_Z = 90;
const ZERO = 48;
const NINE = 57;
const SLASH = 47;

/**
 * The bits of SEEN that `text` gives cause for; 0 for a clean text. May see too much, never too little.
 * @param slashJoins whether `0905/123 456` is one stretch of digits: in free text, not in a path
 */
export function look(text: string, slashJoins: boolean): number {
  const { length } = text;
  let seen = 0;
  let start = 0; // of the run of letters, digits, - and _
  let odd = 0; // digits and capitals in it
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    if (c >= A && c <= Z) continue;
    if (c >= ZERO && c <= NINE) {
      odd++;
      if ((seen & SEEN.number) === 0 && hasManyDigits(text, i, slashJoins)) seen |= SEEN.number;
      while (i + 1 < length && isDigit(text.charCodeAt(i + 1))) {
        odd++;
        i++;
      }
    } else if (c >= UPPER_A && c <= UPPER_Z) odd++;
    else if (c !== 45 && c !== 95) {
      if (odd >= MIN_ODD && i - start >= MIN_TOKEN) seen |= SEEN.token;
      start = i + 1;
      odd = 0;
      if (c === 64) seen |= SEEN.at;
      else if (c === 37) seen |= SEEN.escape;
      else if (c === 43 && mayBeginNumber(text.charCodeAt(i + 1))) seen |= SEEN.number;
      else if (c > 127 && isAlike(c)) seen |= SEEN.alike;
    }
  }
  if (odd >= MIN_ODD && length - start >= MIN_TOKEN) seen |= SEEN.token;
  return seen;
}

/** What follows the + of a phone number: a digit, a blank or a bracket. */
const mayBeginNumber = (c: number): boolean => isDigit(c) || c === 40 || (c !== 41 && separates(c));

const isDigit = (c: number): boolean => c >= ZERO && c <= NINE;

/** Whether enough digits follow, from the first one on, with nothing but what people put between them. */
function hasManyDigits(text: string, first: number, slashJoins: boolean): boolean {
  let digits = 1;
  for (let i = first + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (isDigit(c)) {
      if (++digits >= MIN_DIGITS) return true;
    } else if (c === SLASH ? !slashJoins : !separates(c)) return false;
  }
  return false;
}

/** A blank, `( ) - .`, or anything beyond ASCII: there are many blanks and dashes. */
const separates = (c: number): boolean =>
  c === 32 || (c >= 40 && c <= 41) || (c >= 45 && c <= 46) || (c >= 9 && c <= 13) || c > 127;
