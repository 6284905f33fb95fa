/**
 * The shape of a TC string, checked bit by bit before the library decodes it: which segments it has, that each is as long
 * as its own fields say, and the fields that the rules of validity need.
 *
 * https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework/blob/master/TCFv2/IAB%20Tech%20Lab%20-%20Consent%20string%20and%20vendor%20list%20formats%20v2.md
 */
import { type Bits, bitCount, bitsOf, isPadding, readBit, readBits } from "./tcf-bits.ts";

export interface TcfShape {
  /** Of the encoding; where it is not 2, nothing else was read. */
  version: number;
  /** Epoch ms. */
  created: number;
  updated: number;
  cmpId: number;
  policyVersion: number;
  serviceSpecific: boolean;
  /** Which optional segments there are. */
  disclosedVendors: boolean;
  publisher: boolean;
}

/** Segments after the core; 2 (allowed vendors) went with the global scope that it was for. */
const DISCLOSED_VENDORS = 1;
const PUBLISHER = 3;

/** The core, the two others and not one more. */
const MAX_SEGMENTS = 3;

/** The core's first field of unknown length begins here: the list of vendors with consent. */
const VENDORS_AT = 213;

/**
 * Ids that all ranges of a string may stand for together. One that lists 1,500 vendors three times and restricts them for
 * eleven purposes has 21,000; in 8 KB there is room for ninety million, which the library would put into sets.
 */
const MAX_RANGE_IDS = 32_768;

/** What is left of them while one string is read. */
interface Budget {
  ids: number;
}

/** The shape of a text, undefined where it has none. Not longer than MAX_STRING_CHARS. */
export function tcfShape(text: string): TcfShape | undefined {
  const [core, ...segments] = text.split(".", MAX_SEGMENTS + 1);
  if (core === undefined || segments.length >= MAX_SEGMENTS) return undefined;
  const bits = bitsOf(core);
  // Each other segment has its kind, which is not 0, in the three bits where a core begins its version.
  if (!bits || readBits(bits, 0, 3) !== 0) return undefined;
  const version = readBits(bits, 0, 6);
  const shape: TcfShape = {
    version,
    created: readBits(bits, 6, 36) * 100,
    updated: readBits(bits, 42, 36) * 100,
    cmpId: readBits(bits, 78, 12),
    policyVersion: readBits(bits, 132, 6),
    serviceSpecific: readBit(bits, 138),
    disclosedVendors: false,
    publisher: false,
  };
  if (version !== 2) return shape;
  const budget = { ids: MAX_RANGE_IDS };
  const consents = vendorListEnd(bits, VENDORS_AT, budget);
  const interests = vendorListEnd(bits, consents, budget);
  if (!isPadding(bits, restrictionsEnd(bits, interests, budget))) return undefined;

  for (const segment of segments) {
    const part = bitsOf(segment);
    if (!part) return undefined;
    const type = readBits(part, 0, 3);
    if (type === DISCLOSED_VENDORS && !shape.disclosedVendors) {
      shape.disclosedVendors = true;
      if (!isPadding(part, vendorListEnd(part, 3, budget))) return undefined;
    } else if (type === PUBLISHER && !shape.publisher) {
      shape.publisher = true;
      if (!isPadding(part, publisherEnd(part))) return undefined;
    } else return undefined;
  }
  return shape;
}

/** Where a list of vendors ends that begins at a bit: one bit for each up to the highest, or ranges. -1: nowhere. */
function vendorListEnd(bits: Bits, at: number, budget: Budget): number {
  if (at < 0 || at + 17 > bitCount(bits)) return -1;
  const maxId = readBits(bits, at, 16);
  if (readBit(bits, at + 16)) return rangesEnd(bits, at + 17, maxId, budget);
  const end = at + 17 + maxId;
  return end <= bitCount(bits) ? end : -1;
}

function rangesEnd(bits: Bits, at: number, maxId: number, budget: Budget): number {
  if (at + 12 > bitCount(bits)) return -1;
  let end = at + 12;
  for (let left = readBits(bits, at, 12); left > 0; left--) {
    const several = readBit(bits, end);
    const next = end + (several ? 33 : 17);
    if (next > bitCount(bits)) return -1;
    const first = readBits(bits, end + 1, 16);
    const last = several ? readBits(bits, end + 17, 16) : first;
    if (first === 0 || last < first || last > maxId) return -1;
    budget.ids -= last - first + 1;
    if (budget.ids < 0) return -1;
    end = next;
  }
  return end;
}

/** Purposes of 6 bits with a restriction of 2 bits, each with ranges of vendors. */
function restrictionsEnd(bits: Bits, at: number, budget: Budget): number {
  if (at < 0 || at + 12 > bitCount(bits)) return -1;
  let end = at + 12;
  for (let left = readBits(bits, at, 12); left > 0; left--) {
    const purpose = readBits(bits, end, 6);
    const type = readBits(bits, end + 6, 2);
    if (purpose === 0 || type === 3) return -1;
    end = rangesEnd(bits, end + 8, 65_535, budget);
    if (end < 0) return -1;
  }
  return end;
}

/** Two times 24 purposes, then as many custom ones as a number of 6 bits says, twice. */
export function publisherEnd(bits: Bits): number {
  return bitCount(bits) < 57 ? -1 : 57 + 2 * readBits(bits, 51, 6);
}
