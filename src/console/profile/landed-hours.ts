/**
 * The lake, hour by hour backwards: which hours have anything, and what a portion of one hour's landing files and parts has
 * of a person. A profile's own events alone: what others' devices did under the claim to be this person is not theirs. Called by
 * timeline.ts, which bounds how much is read.
 */
import { type Receipt, receiptSchema } from "#contracts/messages/receipt";
import { DAY_MS } from "#core/clock";
import { itemIdOf } from "#forward/item-id";
import { deliveryLines, eventLines, type LandedLine, markLines, mayHold } from "#lake/landed-lines";
import { mayPartHold, unmarked } from "#lake/part-lines";
import { readPart } from "#lake/parts";
import { type Person, personOf } from "#lake/person";
import { folderOf, kindOfPart, LANDING, PARTS, partKey, partNameOf } from "#lake/places";

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
  const roots = [LANDING.events, PARTS.events];
  const first = isoOf(earliest - DAY_MS).slice(0, 10);
  const days = await foldersIn(bucket, roots, `${first}/~`);
  for (const day of days.filter((one) => one <= isoOf(latest).slice(0, 10)).reverse()) {
    const hours = await foldersIn(
      bucket,
      roots.map((root) => `${root}${day}/`),
    );
    for (const hour of hours.reverse()) {
      const at = Date.parse(`${day}T${hour}:00:00Z`);
      if (at <= latest && at > earliest - HOUR_MS) yield at;
    }
  }
}

/** Names of the folders in some, each once, sorted. */
async function foldersIn(bucket: R2Bucket, prefixes: readonly string[], after?: string): Promise<string[]> {
  const names = new Set<string>();
  for (const prefix of prefixes) {
    let cursor: string | undefined;
    do {
      const page = await bucket.list({
        prefix,
        delimiter: "/",
        ...(cursor === undefined ? after && { startAfter: `${prefix}${after}` } : { cursor }),
      });
      for (const folder of page.delimitedPrefixes) names.add(folder.slice(prefix.length, -1));
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
  }
  return [...names].sort();
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
  const found = await eachIn(bucket, "events", hour, after, limit, {
    text(text) {
      if (!mayHold(text, person, NONE)) return;
      for (const { record, isOwn } of eventLines(text, person, NONE)) if (isOwn && record) add(record);
    },
    async part(key) {
      const lines = await ownIn(bucket, key, person, NONE);
      const ids = new Set(lines.map(({ record }) => String(record?.id)));
      const name = partNameOf(key);
      // The receipts of a part's events lie in another one of the same name.
      const beside =
        name && lines.length > 0 ? await ownIn(bucket, partKey("receipts", hour, name), person, ids) : [];
      for (const { record } of [...lines, ...beside]) if (record && record.stage !== "delivery") add(record);
    },
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
  const add = ({ record, isOwn }: LandedLine) => {
    const receipt = isOwn && record?.stage === "delivery" ? receiptSchema.safeParse(record).data : undefined;
    if (receipt && ids.has(receipt.eventId)) eventOf(events, receipt.eventId).receipts.push(receipt);
  };
  for (const at of [hour, hour + HOUR_MS]) {
    const read = await eachIn(bucket, "deliveries", at, undefined, limit - objects, {
      async text(text) {
        if (mayHold(text, person, ids)) (await deliveryLines(text, person, ids, itemIdOf)).forEach(add);
      },
      part: async (key) => (await ownIn(bucket, key, person, ids)).forEach(add),
    });
    objects += read.objects;
  }
  return objects;
}

/** A part's lines of the person. */
async function ownIn(
  bucket: R2Bucket,
  key: string,
  person: Person,
  ids: ReadonlySet<string>,
): Promise<LandedLine[]> {
  const kind = kindOfPart(key);
  const part = kind && (await readPart(bucket, kind, key, (bytes) => mayPartHold(bytes, kind, person, ids)));
  if (!part) return [];
  return (await markLines(unmarked(part.lines), person, ids, itemIdOf)).filter(({ isOwn }) => isOwn);
}

interface Visit {
  text(text: string): void | Promise<void>;
  /** @param key of a Parquet part */
  part(key: string): Promise<void>;
}

/** So many landing files are worth a part. */
const PART_WEIGHT = 10;

/** Landing files first, then parts: compaction moves lines from the one to the other. */
async function eachIn(
  bucket: R2Bucket,
  kind: Kind,
  hour: number,
  after: string | undefined,
  limit: number,
  visit: Visit,
): Promise<{ objects: number; last: string | null }> {
  if (limit <= 0) return { objects: 0, last: after ?? "" };
  let objects = 0;
  let last = after ?? "";
  if (!last.startsWith(PART_NAMES)) {
    const prefix = `${LANDING[kind]}${folderOf(hour)}`;
    const page = await bucket.list({ prefix, limit, ...(after && { startAfter: `${prefix}${after}` }) });
    const small = page.objects.filter(({ size }) => size <= MAX_OBJECT_BYTES).map(({ key }) => key);
    for (let i = 0; i < small.length; i += PARALLEL) {
      await Promise.all(
        small.slice(i, i + PARALLEL).map(async (key) => {
          const text = await (await bucket.get(key))?.text();
          if (text !== undefined) await visit.text(text);
        }),
      );
    }
    objects = page.objects.length;
    last = page.objects.at(-1)?.key.slice(prefix.length) ?? last;
    if (page.truncated) return { objects, last };
  }
  const room = Math.ceil((limit - objects) / PART_WEIGHT);
  if (room <= 0) return { objects, last: PART_NAMES };
  const prefix = `${PARTS[kind === "events" ? "events" : "receipts"]}${folderOf(hour)}`;
  const startAfter = last.startsWith(PART_NAMES) ? { startAfter: `${prefix}${last}` } : {};
  const page = await bucket.list({ prefix, limit: room, ...startAfter });
  for (const { key } of page.objects) await visit.part(key);
  const isMore = page.truncated ? page.objects.at(-1)?.key.slice(prefix.length) : undefined;
  return { objects: objects + page.objects.length * PART_WEIGHT, last: isMore ?? null };
}

/** Names of parts begin so, and those of landing files never: a cursor says by it where it is. */
const PART_NAMES = "part-";

const isoOf = (ms: number): string => new Date(Math.max(0, ms)).toISOString();
