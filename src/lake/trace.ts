/**
 * All receipts of one event that the lake has in some hours, for a trace that the live ring no longer holds: of each hour
 * one part, and the landing files that wait. Bounded in hours and in files. Called by the console.
 */
import { type Receipt, receiptSchema } from "#contracts/messages/receipt";
import { eventIdOf } from "./by-hour.ts";
import { union } from "./merge.ts";
import { type Line, readRows } from "./parquet.ts";
import { partsOf, readPart } from "./parts.ts";
import { landingOf } from "./pending.ts";
import { digitsOfKey, HOUR_MS, hourStart, overlaps, placeOf, placeOfDigits, RADIX } from "./places.ts";
import { aFewAtATime, readLines } from "./read-lines.ts";

/** At most so much is read for one trace. */
export const TRACE_LIMITS = { hours: 7 * 24 + 2, landingFiles: 200, landingBytes: 8_000_000 } as const;

export interface LakeTrace {
  /** Oldest first. */
  receipts: Receipt[];
  /** Files that were read. */
  searched: number;
  /** There were more, or larger, files than are read. */
  truncated: boolean;
}

/** @param span epoch ms; the hours of both are searched, the newest first where there are more than `TRACE_LIMITS.hours` */
export async function traceFromLake(
  bucket: R2Bucket,
  eventId: string,
  { from, to }: { from: number; to: number },
): Promise<LakeTrace> {
  const found: LakeTrace = { receipts: [], searched: 0, truncated: false };
  const isOwn = ({ record }: Line) =>
    record !== undefined && record.type !== "event" && eventIdOf(record) === eventId;
  const sources: Line[][] = [];
  let room: number = TRACE_LIMITS.landingFiles;
  const search = async (hour: number): Promise<void> => {
    const files = await landingWith(bucket, hour, eventId);
    const small = files.filter(({ size }) => size <= TRACE_LIMITS.landingBytes).slice(0, room);
    room -= small.length;
    found.truncated ||= small.length < files.length;
    const landed = await readLines(
      bucket,
      small.map(({ key }) => key),
      isOwn,
    );
    sources.push(...landed.values());
    found.searched += small.length;
    for (const { key } of await partsWith(bucket, hour, eventId)) {
      const part = await readPart(bucket, "receipts", key, (bytes) => hasId(bytes, eventId));
      if (part) sources.push(part.lines.filter(isOwn));
      found.searched++;
    }
  };
  const hours: number[] = [];
  for (let hour = hourStart(to); hour >= hourStart(from); hour -= HOUR_MS) hours.push(hour);
  found.truncated = hours.length > TRACE_LIMITS.hours;
  await aFewAtATime(hours.slice(0, TRACE_LIMITS.hours), search);
  found.receipts = union(sources)
    .flatMap(({ record }) => receiptSchema.safeParse(record).data ?? [])
    .sort((a, b) => a.at - b.at);
  return found;
}

const hasId = async (bytes: ArrayBuffer, eventId: string): Promise<boolean> =>
  (await readRows(bytes, ["event_id", "line"])).some(
    (row) => row.event_id === eventId || typeof row.line === "string",
  );

async function landingWith(bucket: R2Bucket, hour: number, eventId: string) {
  const own = { bucket: placeOf(eventId), count: 2 ** 32 };
  return (await landingOf(bucket, hour, ["events", "deliveries"])).filter(({ key }) => {
    const digits = digitsOfKey(key);
    return overlaps({ bucket: placeOfDigits(digits), count: RADIX ** digits.length }, own);
  });
}

const partsWith = async (bucket: R2Bucket, hour: number, eventId: string) =>
  (await partsOf(bucket, "receipts", hour)).filter((part) => part.bucket === placeOf(eventId) % part.count);
