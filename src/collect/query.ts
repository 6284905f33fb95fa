/**
 * Reading `application/x-www-form-urlencoded` text, in a query or in a body: as URLSearchParams reads it, but for what
 * nearly every text is made of without a call into the runtime for each pair.
 */

const AMPERSAND = 38;
const EQUALS = 61;
const PERCENT = 37;
const PLUS = 43;

/** Parameters in the order in which they were sent. */
export interface Query extends Iterable<[name: string, value: string]> {
  /** As it was sent, without the `?`. */
  readonly text: string;
  readonly pairs: readonly [name: string, value: string][];
  /** The first value of a name. */
  get(name: string): string | null;
}

class Pairs implements Query {
  readonly text: string;
  readonly pairs: [string, string][];

  constructor(text: string, pairs: [string, string][]) {
    this.text = text;
    this.pairs = pairs;
  }

  get(name: string): string | null {
    for (const pair of this.pairs) if (pair[0] === name) return pair[1];
    return null;
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return this.pairs[Symbol.iterator]();
  }
}

/**
 * In one pass: what names and values are made of is looked at once.
 * @param text without a leading `?`, or with what stands before `start` and from `end` on, which is not read
 */
export function parseQuery(text: string, start = 0, end: number = text.length): Query {
  const pairs: [string, string][] = [];
  let from = start;
  /** Where the name ends; below zero: there was no `=` yet. */
  let cut = -1;
  let isNameCoded = false;
  let isValueCoded = false;
  for (let at = start; at <= end; at++) {
    const code = at < end ? text.charCodeAt(at) : AMPERSAND;
    if (code === AMPERSAND) {
      if (at > from) {
        const name = text.slice(from, cut < 0 ? at : cut);
        const value = cut < 0 ? "" : text.slice(cut + 1, at);
        pairs.push([isNameCoded ? decode(name) : name, isValueCoded ? decode(value) : value]);
      }
      from = at + 1;
      cut = -1;
      isNameCoded = false;
      isValueCoded = false;
    } else if (code === EQUALS) {
      if (cut < 0) cut = at;
    } else if (code === PERCENT || code === PLUS) {
      if (cut < 0) isNameCoded = true;
      else isValueCoded = true;
    }
  }
  return new Pairs(text.slice(start, end), pairs);
}

/** The query of an absolute URL. */
export function queryOf(url: string): Query {
  const start = url.indexOf("?");
  if (start < 0) return parseQuery("");
  const end = url.indexOf("#", start);
  return parseQuery(url, start + 1, end < 0 ? url.length : end);
}

function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  const parts: string[] = [];
  let from = 0;
  for (let at = spaced.indexOf("%"); at >= 0; at = spaced.indexOf("%", from)) {
    const code = digit(spaced.charCodeAt(at + 1)) * 16 + digit(spaced.charCodeAt(at + 2));
    // Beyond ASCII, or no digits: several belong together, or none.
    if (!(code >= 0 && code < 128)) return decodeAll(text, spaced);
    parts.push(spaced.slice(from, at), ASCII[code] as string);
    from = at + 3;
  }
  if (from === 0) return spaced;
  parts.push(spaced.slice(from));
  return parts.join("");
}

const ASCII: readonly string[] = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/** Of a hexadecimal digit's character code; not a number for others. */
function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : Number.NaN;
}

function decodeAll(text: string, spaced: string): string {
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Bytes that are no UTF-8, or a lone percent sign: as lenient as the standard asks.
    return new URLSearchParams(`v=${text}`).get("v") ?? "";
  }
}
