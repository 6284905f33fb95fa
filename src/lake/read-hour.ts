/**
 * Reading the lake back, in memory-sized portions: which hours there are, and the records of one portion of an hour, from
 * its Parquet part and from what still lies in landing. Backfill, the daily reconciliation and the trace are built on it.
 *
 * An hour is read in `of` portions, a power of two; a record's portion is `placeOf(event id) % of` (places.ts), so that
 * events and receipts of one id are in the portion of the same number, in every hour that is read with the same `of`.
 * Whoever goes over hours and may be stopped keeps (hour, part, of): how the hour lies in files may change meanwhile.
 */
import type { Receipt } from "#contracts/messages/receipt";
import { DAY_MS } from "#core/clock";
import { eventIdOf } from "./by-hour.ts";
import { union } from "./merge.ts";
import { kindOf, type Line } from "./parquet.ts";
import { countOf, type Part, partsOf, readPart } from "./parts.ts";
import { type LandingFile, landingOf } from "./pending.ts";
import {
  digitsOfKey,
  folderOf,
  hourOfKey,
  hourStart,
  LANDING,
  type LandingKind,
  overlaps,
  PARTS,
  type PartKind,
  type PartName,
  placeOf,
  placeOfDigits,
  RADIX,
} from "./places.ts";
import { SIZES } from "./plan.ts";
import { readLines } from "./read-lines.ts";

/** An hour that has anything. */
export interface LakeHour {
  /** Epoch ms at which it begins. */
  hour: number;
  /** How many portions it is read in so that each fits into memory: pass it as `of`. A power of two. */
  parts: number;
  /** Objects and bytes that wait to be compacted; both 0: all is in parts. A current hour is in landing only. */
  landing: { objects: number; bytes: number };
}

/** An event as the lake has it: pseudonymous, and cut to what consent allowed. Made by landedEvent of src/ingest/record.ts. */
export interface LakeEvent {
  type: "event";
  id: string;
  name: string;
  version: string;
  /** Epoch ms. */
  occurredAt: number;
  /** Epoch ms; it decides the hour. */
  receivedAt: number;
  source: string;
  protocol: string;
  /** Identifier key of the row that got its facts; of a bot absent. */
  subject?: string;
  /** Root of the profile at that time; of a bot null. */
  profile: string | null;
  /** ConsentDecision of contracts/messages/event_envelope.ts, narrowed to what was still granted at ingest. */
  consent: Record<string, unknown>;
  properties: Record<string, unknown>;
  context: Record<string, unknown>;
}

export interface LakeRecords {
  /** By the hour of their `receivedAt`. */
  events: LakeEvent;
  /** Of the door and of ingest by the hour of their event's `receivedAt`; of delivery by that of their own `at`. */
  receipts: Receipt;
}

export interface HourPart<K extends keyof LakeRecords> {
  kind: K;
  /** Epoch ms at which the hour begins. */
  hour: number;
  /** From 0 to `of - 1`. */
  part: number;
  /** Into how many portions the hour is divided: `parts` of `hoursOf`, or a multiple of it by a power of two. */
  of: number;
}

/** Landing files that one reading goes through at most. Whoever waits for compaction finds them in parts. */
const MAX_LANDING = { objects: 2_000, bytes: 256_000_000 } as const;
/** So often an hour may change while it is read. */
const MAX_TRIES = 5;

/** The hour waits for compaction, and has too much in landing to be read from there. Ask again later. */
export class HourNotCompacted extends Error {}

/**
 * What one run has listed of hours, so that it does not list an hour for each of its portions. Only for whoever has the
 * lake (lease.ts): nobody moves lines between landing and parts meanwhile. What lands meanwhile is not in it.
 */
export type Listings = Map<string, Promise<Listing>>;

interface Listing {
  parts: Part[];
  landing: LandingFile[];
}

/**
 * All records of a portion, each once, in no promised order. Persons who have been erased since may still be among them
 * for as long as their erasure takes: whoever sends records on asks who is suppressed, as for every delivery.
 * @param listings of the run that has the lake
 * @throws HourNotCompacted where more waits in landing than is read
 */
export async function readHour<K extends keyof LakeRecords>(
  bucket: R2Bucket,
  { kind, hour, part, of }: HourPart<K>,
  listings?: Listings,
): Promise<LakeRecords[K][]> {
  const wanted = { bucket: part, count: of };
  const lines = listings
    ? await readListed(bucket, kind, await listed(bucket, kind, hour, listings), wanted, hour)
    : await readPortion(bucket, kind, hour, wanted);
  const own = lines.filter(({ record }) => record && placeOf(eventIdOf(record)) % of === part);
  return own.map(({ record }) => record as unknown as LakeRecords[K]); // Written by record.ts and by receipts' makers.
}

async function readPortion(
  bucket: R2Bucket,
  kind: PartKind,
  hour: number,
  wanted: PartName,
): Promise<Line[]> {
  const within = (parts: readonly Part[]) => parts.filter((part) => overlaps(part, wanted));
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const listing = await listHour(bucket, kind, hour);
    const lines = await readListed(bucket, kind, listing, wanted, hour);
    // A part that went back into landing meanwhile, or the first ones of an hour: what was listed is not what there is.
    const now = await partsOf(bucket, kind, hour);
    if (signature(within(now)) === signature(within(listing.parts))) return lines;
  }
  throw new HourNotCompacted(`the hour ${folderOf(hour)} kept changing while it was read`);
}

/** Landing after parts: compaction moves lines in the other direction, and deletes only what it has written. */
const listHour = async (bucket: R2Bucket, kind: PartKind, hour: number): Promise<Listing> => ({
  parts: await partsOf(bucket, kind, hour),
  landing: await landingOf(bucket, hour, landingKinds(kind)),
});

function listed(bucket: R2Bucket, kind: PartKind, hour: number, listings: Listings): Promise<Listing> {
  const key = `${kind} ${hour}`;
  const known = listings.get(key) ?? listHour(bucket, kind, hour);
  listings.set(key, known);
  return known;
}

/** Landing before parts, as compaction goes. */
async function readListed(
  bucket: R2Bucket,
  kind: PartKind,
  { parts, landing }: Listing,
  wanted: PartName,
  hour: number,
): Promise<Line[]> {
  const isWanted = ({ record }: Line) =>
    kindOf(record) === kind && placeOf(eventIdOf(record)) % wanted.count === wanted.bucket;
  const landed = await readLines(bucket, landingFor(landing, hour, wanted), isWanted);
  const sources: Line[][] = [];
  for (const part of parts)
    if (overlaps(part, wanted))
      sources.push(((await readPart(bucket, kind, part.key))?.lines ?? []).filter(isWanted));
  return union([...sources, ...landed.values()]);
}

const signature = (parts: readonly Part[]): string => parts.map(({ key, etag }) => `${key} ${etag}`).join();

function landingFor(landing: readonly LandingFile[], hour: number, wanted: PartName): string[] {
  const files = landing.filter(({ key }) => {
    const digits = digitsOfKey(key);
    return overlaps({ bucket: placeOfDigits(digits), count: RADIX ** digits.length }, wanted);
  });
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (files.length > MAX_LANDING.objects || bytes > MAX_LANDING.bytes)
    throw new HourNotCompacted(
      `the hour ${folderOf(hour)} has ${files.length} landing files of ${bytes} bytes that wait to be compacted`,
    );
  return files.map(({ key }) => key);
}

const landingKinds = (kind: PartKind): LandingKind[] =>
  kind === "events" ? ["events"] : ["events", "deliveries"];

/**
 * Hours of a span that have anything, oldest first. Two lists for a day and one for each hour that has parts.
 * @param span epoch ms; an hour counts that begins in it, or in which it begins
 */
export async function* hoursOf(
  bucket: R2Bucket,
  { from, to }: { from: number; to: number },
): AsyncGenerator<LakeHour> {
  const first = hourStart(from);
  const landing = await landingBetween(bucket, first, to);
  const seen = new Set(landing.keys());
  for (let day = first - (first % DAY_MS); day <= to; day += DAY_MS)
    for (const hour of await hoursWithParts(bucket, day)) if (hour >= first && hour <= to) seen.add(hour);
  for (const hour of [...seen].sort((a, b) => a - b)) {
    const waiting = landing.get(hour) ?? { objects: 0, bytes: 0 };
    const parts = (await partsOf(bucket, "receipts", hour)).filter(({ chars }) => chars > 0);
    const planned = 2 ** Math.ceil(Math.log2(Math.max(1, waiting.bytes / SIZES.part)));
    yield { hour, parts: Math.max(countOf(parts), planned), landing: waiting };
  }
}

async function landingBetween(
  bucket: R2Bucket,
  first: number,
  to: number,
): Promise<Map<number, LakeHour["landing"]>> {
  const found = new Map<number, LakeHour["landing"]>();
  for (const prefix of Object.values(LANDING)) {
    // Before the first hour's folder, and after those before it.
    let startAfter = `${prefix}${folderOf(first).slice(0, -1)}`;
    for (let isMore = true; isMore; ) {
      const { objects, truncated } = await bucket.list({ prefix, startAfter });
      isMore = truncated;
      for (const { key, size } of objects) {
        startAfter = key;
        const hour = hourOfKey(key);
        if (hour === undefined) continue;
        if (hour > to) isMore = false;
        else {
          const known = found.get(hour) ?? { objects: 0, bytes: 0 };
          found.set(hour, { objects: known.objects + 1, bytes: known.bytes + size });
        }
      }
    }
  }
  return found;
}

/** @param day epoch ms at which it begins */
async function hoursWithParts(bucket: R2Bucket, day: number): Promise<number[]> {
  const prefix = `${PARTS.receipts}${folderOf(day).slice(0, 11)}`;
  const { delimitedPrefixes } = await bucket.list({ prefix, delimiter: "/" });
  return delimitedPrefixes.flatMap((folder) => hourOfKey(folder) ?? []);
}
