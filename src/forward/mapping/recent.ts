/**
 * Recent real events for a dry run, as the lake has them: first from the newest landing files, then from compacted hours.
 * What is read is bounded, since somebody waits for it. Called by routes.ts.
 */
import type { Receipt } from "#contracts/messages/receipt";
import { folderOf, HOUR_MS, LANDING, placeOf } from "#lake/places";
import { hoursOf, type LakeEvent, readHour } from "#lake/read-hour";

/** An event, and what its ingest has found out. */
export interface RecentEvent {
  event: LakeEvent;
  ingest: Extract<Receipt, { stage: "ingest" }> | undefined;
}

export interface Wanted {
  /** Ids of events; undefined: any. */
  ids?: readonly string[] | undefined;
  name?: string | undefined;
  /** Undefined: of all sources. */
  sources?: readonly string[] | undefined;
  limit: number;
}

const LANDING_HOURS = 3;
const COMPACTED_HOURS = 24;
const MAX_OBJECTS = 40;
const MAX_OBJECT_BYTES = 8_000_000;
const MAX_PORTIONS = 4;

/** The newest first. @param now epoch ms */
export async function recentEvents(bucket: R2Bucket, wanted: Wanted, now: number): Promise<RecentEvent[]> {
  const found = new Map<string, RecentEvent>();
  const isEnough = () => found.size >= (wanted.ids?.length ?? wanted.limit);
  let objects = 0;
  for (let back = 0; back <= LANDING_HOURS && !isEnough(); back++) {
    const prefix = `${LANDING.events}${folderOf(now - back * HOUR_MS)}`;
    const listed = (await bucket.list({ prefix })).objects.filter(({ size }) => size <= MAX_OBJECT_BYTES);
    listed.sort((a, b) => b.uploaded.getTime() - a.uploaded.getTime());
    for (const { key } of listed) {
      if (isEnough() || objects++ >= MAX_OBJECTS) break;
      const object = await bucket.get(key);
      if (object) collect(found, (await object.text()).split("\n").flatMap(recordOf), wanted);
    }
  }
  if (!isEnough()) await fromParts(bucket, found, wanted, isEnough, now);
  const newest = [...found.values()].sort((a, b) => b.event.receivedAt - a.event.receivedAt);
  return newest.slice(0, wanted.limit);
}

/** Hours whose landing is compacted; of those that are not, what is new has been read. */
async function fromParts(
  bucket: R2Bucket,
  found: Map<string, RecentEvent>,
  wanted: Wanted,
  isEnough: () => boolean,
  now: number,
): Promise<void> {
  const span = { from: now - COMPACTED_HOURS * HOUR_MS, to: now };
  const hours = (await Array.fromAsync(hoursOf(bucket, span))).filter(({ landing }) => landing.objects === 0);
  let portions = 0;
  for (const { hour, parts: of } of hours.reverse()) {
    const places = wanted.ids?.map((id) => placeOf(id) % of) ?? Array.from({ length: of }, (_, part) => part);
    for (const part of new Set(places)) {
      if (isEnough() || portions++ >= MAX_PORTIONS) return;
      const records = await Promise.all([
        readHour(bucket, { kind: "events", hour, part, of }),
        readHour(bucket, { kind: "receipts", hour, part, of }),
      ]);
      collect(found, records.flat(), wanted);
    }
  }
}

type Record = LakeEvent | Receipt;

/** A receipt of ingest lies with its event. */
function collect(found: Map<string, RecentEvent>, records: readonly Record[], wanted: Wanted): void {
  const ingests = new Map(
    records.flatMap((one) => ("stage" in one && one.stage === "ingest" ? [[one.eventId, one] as const] : [])),
  );
  for (const event of records) {
    if (!("type" in event) || !isWanted(event, wanted)) continue;
    if (!found.has(event.id)) found.set(event.id, { event, ingest: ingests.get(event.id) });
  }
}

const isWanted = ({ id, name, source }: LakeEvent, wanted: Wanted): boolean =>
  (wanted.ids?.includes(id) ?? true) &&
  (wanted.name === undefined || wanted.name === name) &&
  (wanted.sources?.includes(source) ?? true);

function recordOf(line: string): Record[] {
  try {
    // Written by src/ingest/record.ts; what is neither an event nor a receipt of ingest is passed over.
    return line === "" ? [] : [JSON.parse(line) as Record];
  } catch {
    return []; // A line that was cut harms only itself.
  }
}
