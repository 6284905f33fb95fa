/**
 * Tokens in texts and paths: signed ones (JWT), and long runs that no person would write, such as the key of a session,
 * a link to reset a password, or the hash of an address. Called by scrub.ts.
 */

/** Two parts are enough: what was cut off may have been the third. */
const JWT = /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{24,}(?:\.[\w-]*)?/g;
const RUN = /[A-Za-z0-9_-]{24,}/g;
const UUID = /(?<![\da-f])[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}(?![\da-f])/gi;

/** Without capitals (hexadecimal, base 36): 128 bits of hexadecimal. */
const MIN_PLAIN = 32;
/** With capitals, small letters and digits: 140 bits. */
const MIN_MIXED = 24;
/** Digits and capitals: scrub-look.ts looks for as many. */
const MIN_ODD = 5;

/** `[token]` for each token. */
export const withoutTokens = (text: string): string =>
  text.replace(JWT, "[token]").replace(RUN, (run) => (isToken(run) ? "[token]" : run));

/** `[id]` for each UUID: in a path it is an order, a person or a secret link more often than a page. */
export const withoutUuids = (text: string): string => text.replace(UUID, "[id]");

/**
 * Whether a run looks as if drawn by lot. In what is drawn, letters and digits alternate: nearly every second place in
 * hexadecimal, and in base 62. In words, slugs and the names of products they stand in blocks, and hyphens stand close.
 * A capital before a small letter begins a word, and counts for nothing.
 */
function isToken(run: string): boolean {
  let length = 0;
  let pieces = 1;
  let changes = 0;
  let kinds = 0;
  let odd = 0;
  let before = 0;
  for (const character of run) {
    const kind = kindOf(character);
    if (kind === 0) {
      pieces++;
      continue;
    }
    if (before !== 0 && kind !== before && !(before === UPPER && kind === LOWER)) changes++;
    kinds |= kind;
    if (kind !== LOWER) odd++;
    before = kind;
    length++;
  }
  if ((kinds & DIGIT) === 0 || odd < MIN_ODD) return false;
  const rate = changes / (length - 1);
  if (kinds === (DIGIT | LOWER | UPPER)) return length >= MIN_MIXED && length >= 8 * pieces && rate >= 0.27;
  return length >= MIN_PLAIN && length >= 16 * pieces && rate >= 0.2;
}

const DIGIT = 1;
const LOWER = 2;
const UPPER = 4;

function kindOf(character: string): number {
  if (character === "-" || character === "_") return 0;
  if (character <= "9") return DIGIT;
  return character >= "a" ? LOWER : UPPER;
}
