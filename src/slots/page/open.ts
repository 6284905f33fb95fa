/**
 * The elements of a page that are open: an end tag ends the innermost one of its name, and all in it. Linear in the page's
 * size, whatever is in it: past a limit the page is given up. Used by fill.ts.
 */
import { BREAKS_OUT, FOREIGN, HTML_INSIDE, SHUT, VOID } from "./elements.ts";

export interface OpenElements {
  depth: number;
  /** Nothing is filled here: inside a slot, a template, an image. */
  isShut: boolean;
  /** In SVG or MathML. */
  isForeign: boolean;
  /** Hashes of their names, and what `isShut` and `isForeign` were outside of each. */
  names: Int32Array;
  outside: Uint8Array;
  /** How many are open, by the lower bits of their name's hash. */
  counts: Int32Array;
  /** How many were looked at in vain. */
  wasted: number;
}

/** Far more than any page for people has: browsers themselves nest no more than 512 deep. */
const MAX_DEPTH = 1 << 18;
const MAX_WASTED = 1 << 20;
const BUCKETS = 256;
const FIRST_DEPTH = 128;

export const openElements = (): OpenElements => ({
  depth: 0,
  isShut: false,
  isForeign: false,
  names: new Int32Array(FIRST_DEPTH),
  outside: new Uint8Array(FIRST_DEPTH),
  counts: new Int32Array(BUCKETS),
  wasted: 0,
});

/** An element begins. @returns whether the page can still be followed */
export function open(
  elements: OpenElements,
  name: number,
  flags: number,
  isSlot: boolean,
  isSelfClosing: boolean,
): boolean {
  if (elements.isForeign && flags & BREAKS_OUT) breakOut(elements);
  if (flags & VOID || (isSelfClosing && (elements.isForeign || flags & FOREIGN))) return true;
  const { depth } = elements;
  if (depth === elements.names.length && !grow(elements)) return false;
  elements.names[depth] = name;
  elements.outside[depth] = (elements.isShut ? 1 : 0) | (elements.isForeign ? 2 : 0);
  elements.depth = depth + 1;
  const bucket = name & (BUCKETS - 1);
  elements.counts[bucket] = (elements.counts[bucket] ?? 0) + 1;
  if (isSlot || flags & SHUT) elements.isShut = true;
  if (flags & FOREIGN) elements.isForeign = true;
  else if (flags & HTML_INSIDE) elements.isForeign = false;
  return true;
}

/** All around it, up to the SVG or MathML itself, is over; each was opened once, and so is looked at once. */
function breakOut(elements: OpenElements): void {
  const { outside } = elements;
  elements.isForeign = false;
  for (let n = elements.depth - 1; n >= 0 && (outside[n] ?? 0) & 2; n--) outside[n] = (outside[n] ?? 0) & 1;
}

/** An end tag. @returns whether the page can still be followed */
export function close(elements: OpenElements, name: number): boolean {
  const { names, counts } = elements;
  if (counts[name & (BUCKETS - 1)] === 0) return true;
  let at = elements.depth - 1;
  while (at >= 0 && names[at] !== name) at--;
  if (at < 0) {
    elements.wasted += elements.depth;
    return elements.wasted <= MAX_WASTED;
  }
  for (let n = at; n < elements.depth; n++) {
    const bucket = (names[n] ?? 0) & (BUCKETS - 1);
    counts[bucket] = (counts[bucket] ?? 0) - 1;
  }
  const outside = elements.outside[at] ?? 0;
  elements.depth = at;
  elements.isShut = (outside & 1) !== 0;
  elements.isForeign = (outside & 2) !== 0;
  return true;
}

function grow(elements: OpenElements): boolean {
  const size = elements.names.length * 4;
  if (size > MAX_DEPTH) return false;
  const names = new Int32Array(size);
  const outside = new Uint8Array(size);
  names.set(elements.names);
  outside.set(elements.outside);
  elements.names = names;
  elements.outside = outside;
  return true;
}
