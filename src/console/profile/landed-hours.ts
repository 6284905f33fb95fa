/**
 * The landing files of R2, hour by hour backwards: which hours have any, and what a portion of one hour's has of a person.
 * A profile's own events alone: what others' devices did under the claim to be this person is not theirs. Called by
 * timeline.ts, which bounds how much is read.
 */
import { type Receipt, receiptSchema } from "#contracts/messages/receipt";
import { DAY_MS } from "#core/clock";
import { itemIdOf } from "#forward/item-id";
import { deliveryLines, eventLines, type LandedLine, mayHold } from "#lake/landed-lines";
import { type Person, personOf } from "#lake/person";

export const HOUR_MS = 3_600_000;
/** A Worker has six connections; one is left for others. */
const PARALLEL = 5;
/** Larger ones are passed over, as for a trace. */
const MAX_OBJECT_BYTES = 8_000_000;

type Kind = "events" | "deliveries";

/** What there is of one event. */
export interface LandedEvent {
  receipts: Receipt[];
  properties: Record<string, unknown> | null;
}

/** One whose keys are these and no others. */
export function ownOnly(subjects: readonly string[]): Person {
  const own = new Set(subjects);
  const { keys, isIn } = personOf(subjects);
  return {
    keys,
    isIn,
    is: (key) => typeof key === "string" && own.has(key),
    decided: () => false,
    hasDecided: false,
  };
}

/**
 * Hours that have files of events, newest first, as epoch ms at which they begin.
 * @param latest epoch ms: of the hour to begin with @param earliest epoch ms: none before this hour
 */
export async function* hoursBackwards(
  bucket: R2Bucket,
  latest: number,
  earliest: number,
): AsyncGenerator<number> {
  const root = "landing/events/";
  const after = `${root}${isoOf(earliest - DAY_MS).slice(0, 10)}/~`;
  const days = (await foldersIn(bucket, root, after)).filter((day) => day <= isoOf(latest).slice(0, 10));
  for (const day of days.reverse()) {
    const hours = await foldersIn(bucket, `${root}${day}/`);
    for (const hour of hours.reverse()) {
      const at = Date.parse(`${day}T${hour}:00:00Z`);
      if (at <= latest && at > earliest - HOUR_MS) yield at;
    }
  }
}

/** Names of the folders in one, sorted. */
async function foldersIn(bucket: R2Bucket, prefix: string, startAfter?: string): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({
      prefix,
      delimiter: "/",
      ...(cursor === undefined ? startAfter && { startAfter } : { cursor }),
    });
    for (const folder of page.delimitedPrefixes) names.push(folder.slice(prefix.length, -1));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return names.sort();
}

/** A portion of the files of one hour. */
export interface Portion {
  /** What the files have of the person, by event id. */
  events: Map<string, LandedEvent>;
  objects: number;
  /** The last key; null: the hour has no more. */
  last: string | null;
}

/** @param after the key that the portion before ended with @param limit objects at most */
export async function readPortion(
  bucket: R2Bucket,
  hour: number,
  person: Person,
  after: string | undefined,
  limit: number,
): Promise<Portion> {
  const events = new Map<string, LandedEvent>();
  const found = await eachIn(bucket, "events", hour, after, limit, (text) => {
    if (!mayHold(text, person, NONE)) return;
    for (const { record, isOwn } of eventLines(text, person, NONE)) if (isOwn && record) add(record);
  });
  function add(record: NonNullable<LandedLine["record"]>): void {
    if (record.type === "event" && typeof record.id === "string") {
      const { properties } = record;
      eventOf(events, record.id).properties =
        typeof properties === "object" && properties !== null ? { ...properties } : null;
      return;
    }
    const receipt = receiptSchema.safeParse(record).data;
    if (receipt) eventOf(events, receipt.eventId).receipts.push(receipt);
  }
  return { events, ...found };
}

const NONE: ReadonlySet<string> = new Set();

function eventOf(events: Map<string, LandedEvent>, id: string): LandedEvent {
  const known = events.get(id) ?? { receipts: [], properties: null };
  events.set(id, known);
  return known;
}

/**
 * Add what became of an hour's events at destinations, from that hour's files and the next one's: what was tried again for
 * longer than that is in the event's trace. @returns how many objects were read
 */
export async function addDeliveries(
  bucket: R2Bucket,
  hour: number,
  person: Person,
  events: Map<string, LandedEvent>,
  limit: number,
): Promise<number> {
  if (events.size === 0) return 0;
  const ids = new Set(events.keys());
  let objects = 0;
  for (const at of [hour, hour + HOUR_MS]) {
    const read = await eachIn(bucket, "deliveries", at, undefined, limit - objects, async (text) => {
      if (!mayHold(text, person, ids)) return;
      for (const { record, isOwn } of await deliveryLines(text, person, ids, itemIdOf)) {
        const receipt = isOwn && record ? receiptSchema.safeParse(record).data : undefined;
        if (receipt && ids.has(receipt.eventId)) eventOf(events, receipt.eventId).receipts.push(receipt);
      }
    });
    objects += read.objects;
  }
  return objects;
}

async function eachIn(
  bucket: R2Bucket,
  kind: Kind,
  hour: number,
  after: string | undefined,
  limit: number,
  visit: (text: string) => void | Promise<void>,
): Promise<{ objects: number; last: string | null }> {
  if (limit <= 0) return { objects: 0, last: after ?? "" };
  const iso = isoOf(hour);
  const prefix = `landing/${kind}/${iso.slice(0, 10)}/${iso.slice(11, 13)}/`;
  const page = await bucket.list({ prefix, limit, ...(after && { startAfter: `${prefix}${after}` }) });
  const small = page.objects.filter(({ size }) => size <= MAX_OBJECT_BYTES).map(({ key }) => key);
  for (let i = 0; i < small.length; i += PARALLEL) {
    await Promise.all(
      small.slice(i, i + PARALLEL).map(async (key) => {
        const text = await (await bucket.get(key))?.text();
        if (text !== undefined) await visit(text);
      }),
    );
  }
  const last = page.objects.at(-1)?.key.slice(prefix.length) ?? "";
  return { objects: page.objects.length, last: page.truncated ? last : null };
}

const isoOf = (ms: number): string => new Date(Math.max(0, ms)).toISOString();
