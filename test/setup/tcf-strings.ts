/**
 * Makes TC strings bit by bit, wrong ones too, which the library's own encoder refuses. test/unit/consent/signals proves
 * that the right ones are what the library makes.
 */

/** Inclusive. */
type Range = readonly [from: number, to: number];

/** One bit for each vendor, or ranges, where `maxId` may be too small for them. */
export type Vendors = readonly number[] | { ranges: readonly Range[]; maxId?: number };

export interface TcfParts {
  version: number;
  created: number;
  updated: number;
  cmpId: number;
  policyVersion: number;
  serviceSpecific: boolean;
  purposes: readonly number[];
  interests: readonly number[];
  purposeOneTreatment: boolean;
  vendors: Vendors;
  vendorInterests: Vendors;
  restrictions: readonly { purpose: number; type: number; vendors: readonly Range[] }[];
  /** Absent: no such segment. */
  disclosed?: Vendors | undefined;
  /** Purposes of the publisher's own segment, with so many custom ones. Absent: no such segment. */
  publisher?: { purposes: readonly number[]; custom?: number } | undefined;
}

/** A TCF 2.3 string of 1 June 2026 with nothing allowed. */
export const NOTHING_ALLOWED: TcfParts = {
  version: 2,
  created: Date.UTC(2026, 5, 1),
  updated: Date.UTC(2026, 5, 1),
  cmpId: 10,
  policyVersion: 5,
  serviceSpecific: true,
  purposes: [],
  interests: [],
  purposeOneTreatment: false,
  vendors: [],
  vendorInterests: [],
  restrictions: [],
  disclosed: [],
};

export const tcfString = (parts: Partial<TcfParts> = {}): string => tcfSegments(parts).join(".");

/** The core, the disclosed vendors and the publisher's segment: those that there are. */
export function tcfSegments(parts: Partial<TcfParts>): string[] {
  const p = { ...NOTHING_ALLOWED, ...parts };
  const core = [
    int(p.version, 6) + int(p.created / 100, 36) + int(p.updated / 100, 36) + int(p.cmpId, 12),
    int(1, 12) + int(1, 6) + int(4, 6) + int(13, 6) + int(120, 12) + int(p.policyVersion, 6),
    flag(p.serviceSpecific) + flag(false) + int(0, 12) + set(p.purposes, 24) + set(p.interests, 24),
    flag(p.purposeOneTreatment) +
      int(3, 6) +
      int(4, 6) +
      vendorList(p.vendors) +
      vendorList(p.vendorInterests),
    int(p.restrictions.length, 12),
    ...p.restrictions.map(({ purpose, type, vendors }) => int(purpose, 6) + int(type, 2) + ranges(vendors)),
  ];
  return [
    encode(core.join("")),
    ...(p.disclosed ? [encode(int(1, 3) + vendorList(p.disclosed))] : []),
    ...(p.publisher ? [publisherSegment(p.publisher)] : []),
  ];
}

function publisherSegment({
  purposes,
  custom = 0,
}: {
  purposes: readonly number[];
  custom?: number;
}): string {
  return encode(int(3, 3) + set(purposes, 24) + set([], 24) + int(custom, 6) + int(0, 2 * custom));
}

function vendorList(vendors: Vendors): string {
  if (!("ranges" in vendors)) {
    const maxId = Math.max(0, ...vendors);
    return int(maxId, 16) + flag(false) + set(vendors, maxId);
  }
  const maxId = vendors.maxId ?? Math.max(0, ...vendors.ranges.map(([, to]) => to));
  return int(maxId, 16) + flag(true) + ranges(vendors.ranges);
}

const ranges = (all: readonly Range[]): string =>
  int(all.length, 12) +
  all.map(([from, to]) => (from === to ? `0${int(from, 16)}` : `1${int(from, 16)}${int(to, 16)}`)).join("");

const flag = (value: boolean): string => (value ? "1" : "0");
const int = (value: number, count: number): string =>
  count === 0 ? "" : value.toString(2).padStart(count, "0");

function set(ids: readonly number[], count: number): string {
  const all = new Set(ids);
  return Array.from({ length: count }, (_, at) => flag(all.has(at + 1))).join("");
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Filled up to 24 bits, as the library does. */
export function encode(bits: string): string {
  const padded = bits.padEnd(Math.ceil(bits.length / 24) * 24, "0");
  return (padded.match(/.{6}/g) ?? []).map((sextet) => ALPHABET[Number.parseInt(sextet, 2)]).join("");
}
