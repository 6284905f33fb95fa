/**
 * Takes a GPP string apart: its header names the sections that follow, separated by "~".
 *
 * The header is read here and not by the library, which would make a list of all ids of a range however long it is: a
 * header of thirty characters can fill the memory.
 * https://github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform/blob/main/Core/Consent%20String%20Specification.md
 */
import { type Bits, bitCount, bitsOf, isPadding, readBit, readBits } from "./tcf-bits.ts";

const TYPE = 3;
const VERSION = 1;

/** 27 are registered. */
const MAX_SECTION_ID = 255;

/** The encoded sections by their id, undefined where the text is no GPP string. Not longer than MAX_STRING_CHARS. */
export function gppSections(text: string): ReadonlyMap<number, string> | undefined {
  const [header = "", ...encoded] = text.split("~", MAX_SECTION_ID + 2);
  const bits = bitsOf(header);
  const ids = bits && sectionIds(bits);
  if (!ids || ids.length !== encoded.length || encoded.includes("")) return undefined;
  return new Map(ids.map((id, place) => [id, encoded[place] ?? ""]));
}

/** Type, version, then the ids in ascending order: ranges of them, each number as its distance from the one before. */
function sectionIds(bits: Bits): number[] | undefined {
  if (readBits(bits, 0, 6) !== TYPE || readBits(bits, 6, 6) !== VERSION || bitCount(bits) < 24)
    return undefined;
  const ids: number[] = [];
  let at = 24;
  let last = 0;
  const next = (): number | undefined => {
    const coded = readFibonacci(bits, at);
    if (!coded) return undefined;
    at = coded.end;
    last += coded.value;
    return last;
  };
  for (let left = readBits(bits, 12, 12); left > 0; left--) {
    if (at >= bitCount(bits)) return undefined;
    const several = readBit(bits, at++);
    const from = next();
    const to = several ? next() : from;
    if (from === undefined || to === undefined || to > MAX_SECTION_ID) return undefined;
    for (let id = from; id <= to; id++) ids.push(id);
  }
  return isPadding(bits, at) ? ids : undefined;
}

/** A number in Fibonacci coding: the bits stand for 1, 2, 3, 5, 8 …, and a second 1 in a row ends it. */
function readFibonacci(bits: Bits, from: number): { value: number; end: number } | undefined {
  let value = 0;
  let [weight, following] = [1, 2];
  for (let at = from, before = false; at < bitCount(bits) && value <= MAX_SECTION_ID; at++) {
    const bit = readBit(bits, at);
    if (bit && before) return { value, end: at + 1 };
    if (bit) value += weight;
    [weight, following] = [following, weight + following];
    before = bit;
  }
  return undefined;
}
