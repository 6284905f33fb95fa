/**
 * The start tag of a slot's element: what its attributes say, and the tag with the offer's name in it. All else in it stays
 * byte by byte. Used by fill.ts, for the few tags of a page that have `data-doorstep-slot`.
 */

const SLOT = "data-doorstep-slot";
/** The page's script fills it: the page is one for everybody, out of some cache behind us. */
const CLIENT = "data-doorstep-client";
const OFFER = "data-doorstep-offer";

export interface SlotTag {
  slot: string;
  isClient: boolean;
  /** Where the offer's name goes, from and to: over the one that is there, or behind the last attribute. */
  offerAt: readonly [from: number, to: number];
}

/** As the standard's tokeniser takes them apart; the tag is known to be whole. */
const ATTRIBUTE =
  /([ \t\n\f\r/]*)([^ \t\n\f\r/>][^ \t\n\f\r/>=]*)(?:[ \t\n\f\r]*=[ \t\n\f\r]*("[^"]*"|'[^']*'|[^ \t\n\f\r>]*))?/gy;

/** @param tag from `<` to `>`, a character for each byte */
export function readSlotTag(tag: string, nameLength: number): SlotTag {
  const values = new Map<string, string>();
  let offerAt: readonly [number, number] | undefined;
  let end = 1 + nameLength;
  ATTRIBUTE.lastIndex = end;
  for (let found = ATTRIBUTE.exec(tag); found; found = ATTRIBUTE.exec(tag)) {
    const [all, before = "", given = "", value] = found;
    const name = given.toLowerCase();
    const to = found.index + all.length;
    if (name === OFFER) offerAt ??= [found.index + before.length, to];
    // Of several with one name the first counts.
    if (!values.has(name))
      values.set(name, /^["']/.test(value ?? "") ? (value ?? "").slice(1, -1) : (value ?? ""));
    // Behind `a=` the next would be its value.
    if (value !== "") end = to;
  }
  return { slot: values.get(SLOT) ?? "", isClient: values.has(CLIENT), offerAt: offerAt ?? [end, end] };
}

/** The offer's attribute, for where `offerAt` says. */
export const offerAttribute = (offer: string, [from, to]: SlotTag["offerAt"]): string =>
  `${from === to ? " " : ""}${OFFER}="${offer.replaceAll('"', "&quot;")}"`;
