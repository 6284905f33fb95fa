/**
 * What the elements of HTML are to a scanner that looks for slots: which have no end, whose content is text, in which nothing
 * is filled. A name is known by a hash of 30 bits, so that no text is made of it. Used by scan.ts and open.ts.
 */

/** No end tag, and no content. */
export const VOID = 1;
/** Its content is text, up to its own end tag. */
export const TEXT = 2;
/** A script: its text has rules of its own for `<!--`. */
export const SCRIPT = 4;
/** All that follows is text. */
export const PLAIN = 8;
/** Nothing in it is filled. */
export const SHUT = 16;
/** Begins SVG or MathML, where `<x/>` has an end and `<![CDATA[` is one. */
export const FOREIGN = 32;
/** HTML inside SVG or MathML. */
export const HTML_INSIDE = 64;
/** Ends SVG and MathML where it stands in them. */
export const BREAKS_OUT = 128;
/** Not to be filled itself: see UNFIT_NAMES. */
export const UNFIT = 256;

/**
 * Elements that have no end tag, or whose end tag a page may leave out: where one of these ends cannot be known while the
 * page streams, and to replace what is in it could take away what comes after it. And those whose content is no HTML: as a
 * script, what was made safe as HTML would run.
 */
const UNFIT_NAMES =
  "area base br col embed hr img input link meta source track wbr html head body p li dt dd option optgroup tr td th thead tbody tfoot colgroup caption rt rp script noscript style title textarea xmp iframe noembed noframes plaintext";

const NAMES: readonly (readonly [flag: number, names: string])[] = [
  [
    VOID,
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr",
  ],
  [TEXT, "style xmp iframe noembed noframes noscript title textarea"],
  [SCRIPT, "script"],
  [PLAIN, "plaintext"],
  [SHUT, "template noscript svg math"],
  [FOREIGN, "svg math"],
  [HTML_INSIDE, "foreignobject desc title mi mo mn ms mtext annotation-xml"],
  [
    BREAKS_OUT,
    "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var",
  ],
  [UNFIT, UNFIT_NAMES],
];

/** The hash of a name, before its first byte. */
export const NO_NAME = 0x1505;
/** With one more byte of the name, in lower case. Stays below 2^30: such numbers cost no memory. */
export const hashWith = (hash: number, byte: number): number =>
  Math.imul(hash ^ byte, 0x01000193) & 0x3fffffff;

/** Open addressing, a quarter full. */
const SIZE = 512;
const hashes = new Int32Array(SIZE);
const flags = new Int32Array(SIZE);

for (const [flag, names] of NAMES)
  for (const name of names.split(" ")) {
    let hash = NO_NAME;
    for (let n = 0; n < name.length; n++) hash = hashWith(hash, name.charCodeAt(n));
    const at = placeOf(hash);
    hashes[at] = hash;
    flags[at] = (flags[at] ?? 0) | flag;
  }

function placeOf(hash: number): number {
  let at = (hash ^ (hash >> 13)) & (SIZE - 1);
  while (hashes[at] !== 0 && hashes[at] !== hash) at = (at + 1) & (SIZE - 1);
  return at;
}

/** What is known of an element by its name's hash; 0 of all others. */
export const flagsOf = (hash: number): number => flags[placeOf(hash)] ?? 0;
