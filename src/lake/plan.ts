/**
 * How much compaction takes on at once, and into how many parts an hour goes. Pure; used by compact.ts.
 */
import { countOf, type Part } from "./parts.ts";
import type { Group } from "./pending.ts";
import { LANDING, overlaps, type PartKind, placeOfDigits, RADIX } from "./places.ts";

/** In bytes of landing files, or characters of a part's lines, which are nearly the same. */
export interface Sizes {
  /** What one step merges: it is in memory as bytes, and one part of it as records. */
  step: number;
  /** What one step divides: it is in memory as bytes. */
  divide: number;
  /** What a new part is planned to have … */
  part: number;
  /** … and at most: an hour whose parts would be larger is divided anew. */
  maxPart: number;
  /** Landing files that one step reads. */
  files: number;
  /** Parts that one step writes. */
  parts: number;
  /** What one call does: steps begin until they have taken so much together. */
  call: number;
  /** What an object that is read or written counts as, whatever its size: a call may make 10,000 requests. */
  object: number;
  /** How long after its end an hour is left alone, ms. */
  grace: number;
}

/** A Worker has 128 MB. docs/lake.md has what was measured. */
export const SIZES: Sizes = {
  step: 20_000_000,
  divide: 32_000_000,
  part: 3_000_000,
  maxPart: 7_000_000,
  files: 1_000,
  parts: 64,
  call: 450_000_000,
  object: 50_000,
  grace: 300_000,
};

export type KindPart = Omit<Part, "etag"> & { kind: PartKind };

/** The first files of a group, as many as a step takes; one at least. @param most bytes */
export function taking({ files }: Group, sizes: Sizes, most: number): Group["files"] {
  let bytes = 0;
  return files.slice(0, sizes.files).filter(({ size }, n) => {
    bytes += size;
    return bytes <= most || n === 0;
  });
}

/** Of the kind that has more: each is divided by itself, or both would make twice as many files. */
export function ofLargerKind({ files, ...group }: Group): Group {
  const [events, deliveries] = [LANDING.events, LANDING.deliveries].map((prefix) => {
    const own = files.filter(({ key }) => key.startsWith(prefix));
    return { ...group, files: own, bytes: own.reduce((sum, { size }) => sum + size, 0) };
  });
  return events && deliveries && events.bytes >= deliveries.bytes
    ? events
    : (deliveries ?? { files, ...group });
}

/** Whether a group does not fit into one step. */
export const isLarge = ({ bytes, hasMore }: Group, { step }: Sizes): boolean =>
  bytes > step || (hasMore && bytes > step / 4);

export interface Division {
  /** How many parts the hour has. */
  count: number;
  /** Parts that must be taken back first: they would grow too large, or are from another division of the hour. */
  grown: KindPart[];
}

/**
 * How an hour is divided, as far as what is listed of it tells: its groups are much alike, but for one with an id that
 * somebody sends all the time, which no division makes smaller.
 * @param parts all that the hour has, but for empty ones @param groups all that were listed, `group` among them
 */
export function divisionOf(
  parts: readonly KindPart[],
  { digits }: Group,
  groups: readonly Group[],
  sizes: Sizes,
): Division {
  const alike = groups.filter((one) => one.digits.length === digits.length);
  const bytes = alike.reduce((sum, one) => sum + one.bytes, 0) / Math.max(1, alike.length);
  const places = { bucket: placeOfDigits(digits), count: RADIX ** digits.length };
  const met = parts.filter((part) => overlaps(part, places));
  const known = countOf(parts);
  const ofHour = bytes * places.count;
  const planned = 2 ** Math.min(16, Math.max(0, Math.ceil(Math.log2(ofHour / sizes.part))));
  if (known === 0) return { count: planned, grown: [] };
  const share = ofHour / known;
  const isTooLarge = share > sizes.maxPart || met.some(({ chars }) => chars + share > sizes.maxPart);
  return isTooLarge
    ? { count: Math.max(known, planned), grown: met }
    : { count: known, grown: met.filter(({ count }) => count !== known) };
}

/** Files of the groups after the first that fit into the same step: they have parts in common. */
export function siblings(
  [first, ...others]: readonly Group[],
  parts: readonly KindPart[],
  count: number,
  sizes: Sizes,
): Group["files"] {
  if (!first || first.hasMore) return [];
  const partsEach = Math.max(1, count / RADIX ** first.digits.length);
  const taken: Group["files"] = [];
  let room = sizes.step - first.bytes;
  let width = partsEach;
  for (const group of others) {
    room -= group.bytes;
    width += partsEach;
    const fits = room >= 0 && width <= sizes.parts;
    const files = first.files.length + taken.length + group.files.length;
    if (!fits || files > sizes.files || group.hasMore || group.digits.length !== first.digits.length) break;
    if (divisionOf(parts, group, [first, ...others], sizes).grown.length > 0) break;
    taken.push(...group.files);
  }
  return taken;
}
