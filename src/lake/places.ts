/**
 * Where the lake lies in R2: landing files, which wait to be compacted, and Parquet parts, which are read; both by UTC
 * hour. Names only; used by all of src/lake. Pure.
 *
 *   landing/<events|deliveries>/<date>/<hour>/<id>.ndjson          as ingest and delivery write them
 *   landing/<events|deliveries>/<date>/<hour>/x<digits>/<id>.ndjson  of a large hour, divided on its way to parts
 *   lake/<events|receipts>/<date>/<hour>/part-<bucket>-of-<count>.parquet
 */
import { fnv1a32 } from "#core/fnv";

export const HOUR_MS = 3_600_000;

export type LandingKind = "events" | "deliveries";
export type PartKind = "events" | "receipts";

export const LANDING = { events: "landing/events/", deliveries: "landing/deliveries/" } as const;
export const PARTS = { events: "lake/events/", receipts: "lake/receipts/" } as const;

/** Epoch ms at which the hour of a moment begins. */
export const hourStart = (at: number): number => at - (((at % HOUR_MS) + HOUR_MS) % HOUR_MS);

/** `2026-11-22/10/` of a moment. */
export function folderOf(at: number): string {
  const iso = new Date(Math.max(0, at)).toISOString();
  return `${iso.slice(0, 10)}/${iso.slice(11, 13)}/`;
}

const HOUR_IN_KEY = /^(?:landing|lake)\/[a-z]+\/(\d{4}-\d\d-\d\d)\/(\d\d)\//;

/** Epoch ms at which the hour of an object begins; undefined: it is in no hour's folder. */
export function hourOfKey(key: string): number | undefined {
  const [, day, hour] = HOUR_IN_KEY.exec(key) ?? [];
  const at = Date.parse(`${day}T${hour}:00:00Z`);
  return Number.isNaN(at) ? undefined : at;
}

/**
 * An event id's place among 2³². Both halves of the hash are folded into the low bits, which decide: those of FNV-1a alone
 * follow from the low bits of the characters.
 */
export function placeOf(eventId: string): number {
  const hash = fnv1a32(eventId);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A large hour is divided by five bits of the place at a time. */
export const RADIX = 32;
/** No deeper than the hash is long. */
export const MAX_LEVEL = 6;

/** Digits of the folder that a place is in at a level: the lowest bits first. */
export function digitsOf(place: number, level: number): string {
  let digits = "";
  for (let n = 0; n < level; n++) digits += ((place >>> (5 * n)) % RADIX).toString(RADIX);
  return digits;
}

/** The smallest place of a folder. */
export const placeOfDigits = (digits: string): number =>
  [...digits].reduce((place, digit, n) => place + Number.parseInt(digit, RADIX) * RADIX ** n, 0);

const DIGITS_IN_KEY = /^landing\/[a-z]+\/[^/]+\/\d\d\/x([0-9a-v]+)\//;

/** Digits of a divided landing file; empty: it lies as it landed. */
export const digitsOfKey = (key: string): string => DIGITS_IN_KEY.exec(key)?.[1] ?? "";

export interface PartName {
  bucket: number;
  /** How many parts the hour was divided into when it was written. A power of two. */
  count: number;
}

const PART_IN_KEY = /\/part-(\d{5})-of-(\d{5})\.parquet$/;

export const partKey = (kind: PartKind, hour: number, { bucket, count }: PartName): string =>
  `${PARTS[kind]}${folderOf(hour)}part-${pad(bucket)}-of-${pad(count)}.parquet`;

const pad = (n: number): string => String(n).padStart(5, "0");

export function partNameOf(key: string): PartName | undefined {
  const [, bucket, count] = PART_IN_KEY.exec(key) ?? [];
  return bucket === undefined || count === undefined
    ? undefined
    : { bucket: Number(bucket), count: Number(count) };
}

/** Of a part what it has; undefined: it is a landing file. */
export const kindOfPart = (key: string): PartKind | undefined =>
  key.startsWith(PARTS.events) ? "events" : key.startsWith(PARTS.receipts) ? "receipts" : undefined;

/** Whether two divisions of an hour, or of its places, have an id in common. Both counts are powers of two. */
export function overlaps(one: PartName, other: PartName): boolean {
  const common = Math.min(one.count, other.count);
  return one.bucket % common === other.bucket % common;
}
