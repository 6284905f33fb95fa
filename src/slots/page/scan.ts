/**
 * Finds the tags of an HTML page in its bytes, as they come: the states of the standard's tokeniser, as far as they tell
 * where a tag begins and ends. https://html.spec.whatwg.org/multipage/parsing.html#tokenization
 * Every encoding that has ASCII in its place will do. The inner loops are what a page costs; used by fill.ts.
 */
import { hashWith, NO_NAME } from "./elements.ts";

/** What the scanner keeps from one piece of the page to the next. Whole numbers below 2^30, for the engine's sake. */
export interface Scanner {
  state: number;
  /** Where the tag began in this piece; -1: in an earlier one. Means something where `isInTag`. */
  start: number;
  isEndTag: boolean;
  name: number;
  nameLength: number;
  /** Of the attribute that searched for: bytes that are alike; -1 where one was not. */
  alike: number;
  /** The tag has `data-doorstep-slot`. */
  hasSlot: boolean;
  /** The byte before was the `/` of a `/>`. */
  isSelfClosing: boolean;
  /** Of a comment, a CDATA section or a script: what came before that may end it. */
  run: number;
  /** In a script: 1 behind `<!--`, 2 behind a `<script` in that. */
  escaped: number;
  /** Name of the element whose content is text, and the state of that text. */
  textOf: number;
  text: number;
}

/** Told of each tag when it is whole. */
export interface Tags {
  isForeign(): boolean;
  /** @param end behind its `>`. @returns the state to go on in: DATA, TEXT_DATA, SCRIPT_DATA or PASSING */
  onTag(scanner: Scanner, end: number): number;
}

export const DATA = 0;
const OPEN = 1;
const NAME = 2;
const BEFORE_ATTRIBUTE = 3;
const ATTRIBUTE = 4;
const AFTER_ATTRIBUTE = 5;
const BEFORE_VALUE = 6;
const QUOTED = 7;
const APOSTROPHED = 8;
const UNQUOTED = 9;
const END_OPEN = 10;
const MARKUP = 11;
const MARKUP_DASH = 12;
const BOGUS = 13;
const COMMENT = 14;
const CDATA_OPEN = 15;
const CDATA = 16;
export const TEXT_DATA = 17;
const TEXT_OPEN = 18;
const TEXT_NAME = 19;
export const SCRIPT_DATA = 20;
const SCRIPT_OPEN = 21;
const SCRIPT_BANG = 22;
const SCRIPT_DASH = 23;
const SCRIPT_WORD = 24;
/** Nothing is looked for any more. */
export const PASSING = 25;

/** Behind `<` or `</`, which may turn out to begin a tag. */
export const isOpening = ({ state }: Scanner): boolean => state === OPEN || state === END_OPEN;
/** In a tag, behind the first letter of its name. */
export const isInTag = ({ state }: Scanner): boolean => state >= NAME && state <= UNQUOTED;

export const newScanner = (): Scanner => ({
  state: DATA,
  start: -1,
  isEndTag: false,
  name: 0,
  nameLength: 0,
  alike: -1,
  hasSlot: false,
  isSelfClosing: false,
  run: 0,
  escaped: 0,
  textOf: 0,
  text: DATA,
});

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const SLOT = bytesOf("data-doorstep-slot");
const CDATA_WORD = bytesOf("CDATA[");
const SCRIPT_NAME = bytesOf("script").reduce(hashWith, NO_NAME);

const isSpace = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13 && byte !== 11);
const isLetter = (byte: number) => (byte | 32) >= 97 && (byte | 32) <= 122;
const lower = (byte: number) => (byte >= 65 && byte <= 90 ? byte | 32 : byte);

/** Reads one piece of the page. */
export function scan(s: Scanner, bytes: Uint8Array, tags: Tags): void {
  const { length } = bytes;
  let { state } = s;
  let at = 0;
  s.start = -1;
  while (at < length) {
    // In bounds: `at` is below `length`.
    let byte = bytes[at] as number;
    switch (state) {
      case DATA:
        while (byte !== 60 && ++at < length) byte = bytes[at] as number;
        if (at === length) break;
        s.start = at++;
        state = OPEN;
        break;
      case OPEN:
        if (isLetter(byte)) {
          beginTag(s, false);
          state = NAME;
        } else if (byte === 47) {
          at++;
          state = END_OPEN;
        } else if (byte === 33) {
          at++;
          state = MARKUP;
        } else state = byte === 63 ? BOGUS : DATA;
        break;
      case END_OPEN:
        if (isLetter(byte)) {
          beginTag(s, true);
          state = NAME;
        } else if (byte === 62) {
          at++;
          state = DATA;
        } else state = BOGUS;
        break;
      case NAME: {
        const from = at;
        let hash = s.name;
        while (byte !== 62 && byte !== 47 && !isSpace(byte)) {
          hash = hashWith(hash, lower(byte));
          if (++at === length) break;
          byte = bytes[at] as number;
        }
        s.name = hash;
        s.nameLength += at - from;
        if (at < length) state = BEFORE_ATTRIBUTE;
        break;
      }
      case BEFORE_ATTRIBUTE:
        if (byte === 62) {
          s.state = BEFORE_ATTRIBUTE;
          state = tags.onTag(s, ++at);
        } else if (byte === 47) {
          at++;
          s.isSelfClosing = true;
        } else {
          s.isSelfClosing = false;
          if (isSpace(byte)) at++;
          else {
            // The first byte is the name's, a `=` too.
            at++;
            s.alike = lower(byte) === 100 ? 1 : -1;
            state = ATTRIBUTE;
          }
        }
        break;
      case ATTRIBUTE: {
        let { alike } = s;
        while (byte !== 61 && byte !== 62 && byte !== 47 && !isSpace(byte)) {
          if (alike >= 0) alike = alike < 18 && lower(byte) === SLOT[alike] ? alike + 1 : -1;
          if (++at === length) break;
          byte = bytes[at] as number;
        }
        s.alike = alike;
        if (at === length) break;
        if (alike === 18) s.hasSlot = true;
        state = byte === 61 ? BEFORE_VALUE : AFTER_ATTRIBUTE;
        if (byte === 61) at++;
        break;
      }
      case AFTER_ATTRIBUTE:
        if (isSpace(byte)) at++;
        else if (byte === 61) {
          at++;
          state = BEFORE_VALUE;
        } else state = BEFORE_ATTRIBUTE;
        break;
      case BEFORE_VALUE:
        if (byte === 34 || byte === 39) {
          at++;
          state = byte === 34 ? QUOTED : APOSTROPHED;
        } else if (byte === 62) state = BEFORE_ATTRIBUTE;
        else if (isSpace(byte)) at++;
        else state = UNQUOTED;
        break;
      case QUOTED:
        while (byte !== 34 && ++at < length) byte = bytes[at] as number;
        if (at++ < length) state = BEFORE_ATTRIBUTE;
        break;
      case APOSTROPHED:
        while (byte !== 39 && ++at < length) byte = bytes[at] as number;
        if (at++ < length) state = BEFORE_ATTRIBUTE;
        break;
      case UNQUOTED:
        while (byte !== 62 && !isSpace(byte) && ++at < length) byte = bytes[at] as number;
        if (at < length) state = BEFORE_ATTRIBUTE;
        break;
      case MARKUP:
        if (byte === 45) state = MARKUP_DASH;
        else if (byte === 91 && tags.isForeign()) {
          s.run = 0;
          state = CDATA_OPEN;
        } else {
          state = BOGUS;
          break;
        }
        at++;
        break;
      case MARKUP_DASH:
        if (byte === 45) {
          at++;
          s.run = COMMENT_START;
          state = COMMENT;
        } else state = BOGUS;
        break;
      // A doctype, too: any `>` ends it, even in quotes.
      case BOGUS:
        while (byte !== 62 && ++at < length) byte = bytes[at] as number;
        if (at++ < length) state = DATA;
        break;
      case COMMENT:
        while (s.run === 0 && byte !== 45 && ++at < length) byte = bytes[at] as number;
        if (at++ === length) break;
        if (byte === 62 && (s.run < 0 || s.run >= 2)) state = DATA;
        else s.run = afterInComment(s.run, byte);
        break;
      case CDATA_OPEN:
        if (byte !== CDATA_WORD[s.run]) state = BOGUS;
        else {
          at++;
          if (++s.run === CDATA_WORD.length) {
            s.run = 0;
            state = CDATA;
          }
        }
        break;
      case CDATA:
        at++;
        if (byte === 62 && s.run >= 2) state = DATA;
        else s.run = byte === 93 ? Math.min(s.run + 1, 2) : 0;
        break;
      case TEXT_DATA:
        while (byte !== 60 && ++at < length) byte = bytes[at] as number;
        if (at === length) break;
        s.start = at++;
        state = TEXT_OPEN;
        break;
      case TEXT_OPEN:
        if (byte === 47) {
          at++;
          beginTag(s, true);
          state = TEXT_NAME;
        } else state = s.text;
        break;
      // The end of the text, or more of it.
      case TEXT_NAME:
        if (isLetter(byte)) {
          at++;
          s.name = hashWith(s.name, byte | 32);
          s.nameLength++;
        } else
          state =
            s.name === s.textOf && (byte === 62 || byte === 47 || isSpace(byte)) ? BEFORE_ATTRIBUTE : s.text;
        break;
      case SCRIPT_DATA:
        if (s.escaped === 0) while (byte !== 60 && ++at < length) byte = bytes[at] as number;
        if (at === length) break;
        if (byte === 60) {
          s.start = at;
          s.run = 0;
          state = SCRIPT_OPEN;
        } else if (byte === 45) s.run = Math.min(s.run + 1, 2);
        else {
          if (byte === 62 && s.run === 2) s.escaped = 0;
          s.run = 0;
        }
        at++;
        break;
      case SCRIPT_OPEN:
        if (byte === 47 && s.escaped < 2) state = TEXT_OPEN;
        else if (s.escaped === 0) state = byte === 33 ? SCRIPT_BANG : SCRIPT_DATA;
        else if (byte === 47 || (s.escaped === 1 && isLetter(byte))) {
          s.name = NO_NAME;
          state = SCRIPT_WORD;
        } else state = SCRIPT_DATA;
        if (state === SCRIPT_BANG || (state === SCRIPT_WORD && byte === 47)) at++;
        break;
      case SCRIPT_BANG:
      case SCRIPT_DASH:
        if (byte !== 45) state = SCRIPT_DATA;
        else {
          at++;
          if (state === SCRIPT_DASH) {
            s.escaped = 1;
            s.run = 2;
            state = SCRIPT_DATA;
          } else state = SCRIPT_DASH;
        }
        break;
      // `<script` behind `<!--`, or the `</script` that goes with it.
      case SCRIPT_WORD:
        if (isLetter(byte)) {
          at++;
          s.name = hashWith(s.name, byte | 32);
        } else {
          if (byte === 62 || byte === 47 || isSpace(byte)) {
            at++;
            if (s.name === SCRIPT_NAME) s.escaped = 3 - s.escaped;
          }
          state = SCRIPT_DATA;
        }
        break;
      default:
        at = length;
    }
  }
  s.state = state;
}

/** Right behind `<!--`, where one `>` or `->` ends it. */
const COMMENT_START = -2;

/** -2, -1: its beginning, with a dash; 0; 1, 2: dashes; 3: `--!`. */
function afterInComment(run: number, byte: number): number {
  if (byte === 45) return run === -2 ? -1 : run === 0 || run === 3 ? 1 : 2;
  return byte === 33 && run === 2 ? 3 : 0;
}

function beginTag(s: Scanner, isEndTag: boolean): void {
  s.isEndTag = isEndTag;
  s.name = NO_NAME;
  s.nameLength = 0;
  s.hasSlot = false;
  s.isSelfClosing = false;
}
