/**
 * The events of a profile with what happened to each, newest first: from the live ring, and from the lake, one hour
 * after another. A call reads so many objects at most and says how far back it has looked. Called by routes.ts.
 */
import * as z from "zod";
import type { Receipt } from "#contracts/messages/receipt";
import { Problem } from "#core/problem";
import { identityRules } from "#identity/rules";
import type { Trace } from "#lake/live-tail";
import type { Person } from "#lake/person";
import { auditTarget } from "#privacy/lookup";
import { toEntry } from "../entry.ts";
import { mergeReceipts } from "../store.ts";
import { type FindStores, isKnown, readParts, rootIn } from "./find.ts";
import {
  addDeliveries,
  HOUR_MS,
  hoursBackwards,
  type LandedEvent,
  ownOnly,
  readPortion,
} from "./landed-hours.ts";
import { iso, isoOrNull } from "./links.ts";
import { firstSeen, sinceOf } from "./store.ts";
import type { ProfileTimeline, TimelineEntry } from "./view.ts";
import { keySchema } from "./whom.ts";

/** Objects of one call: each is a request to R2. */
const MAX_OBJECTS = 100;
/** Also where no more fit, so much is looked at of what destinations answered. */
const MIN_ANSWERS = 20;
const MAX_RING = 500;
/** A number that JSON has, later than any time. */
const MAX_TIME = 8e15;

export const timelineSchema = z.strictObject({
  key: keySchema,
  before: z.string().max(500).optional(),
  limit: z.int().min(1).max(200).default(50),
});

/** Where a call stopped. */
const cursorSchema = z.strictObject({
  /** Epoch ms: the hour to go on with. */
  hour: z.int().min(0).max(4e12).multipleOf(HOUR_MS),
  /** The last file of it that was read. */
  after: z
    .string()
    .max(200)
    .regex(/^(x[0-9a-v]+\/)?[\w.-]+$/)
    .optional(),
  /** Of these files, the entry that was given last: its time and id. */
  below: z.tuple([z.number(), z.string().max(300)]).optional(),
  /** Epoch ms: of the ring, what is not older has been given. */
  ring: z.number(),
});
type Cursor = z.infer<typeof cursorSchema>;

/**
 * @param now epoch ms @param note as in find.ts
 * @throws Problem 400 `invalid_before`; 404 `unknown_person`; whatever `note` throws
 */
export async function readTimeline(
  { key, before, limit }: z.infer<typeof timelineSchema>,
  { identity, keys, document, lake, liveTail }: FindStores,
  now: number,
  note: (target: string) => Promise<unknown>,
): Promise<ProfileTimeline> {
  const cursor = before === undefined ? undefined : readCursor(before);
  await note(await auditTarget(keys, key));
  const read = await readParts(identity, [key], identityRules(document));
  if (!isKnown(key, read)) throw new Problem(404, "unknown_person", "Nothing is stored of this key.");
  const members = read.parts.members.get(rootIn(key, read)) ?? [key];
  const person = ownOnly(members);
  const firstAt = sinceOf(await firstSeen(identity, members));
  const traces = await liveTail.get(liveTail.idFromName("tail")).tracesOf(members, MAX_RING);
  const ring: Sources["ring"] = new Map(
    traces.flatMap((trace) => {
      const receipts = ownReceipts(trace, person.is);
      return receipts.length > 0 ? [[trace.eventId, receipts] as const] : [];
    }),
  );

  const sources: Sources = { lake, person, ring };
  const entries: TimelineEntry[] = [];
  let objects = 0;
  let next: Cursor | undefined;
  let ringTo = cursor?.ring ?? Number.POSITIVE_INFINITY;
  for await (const hour of hoursBackwards(lake, cursor?.hour ?? now, (firstAt ?? 0) - HOUR_MS)) {
    next = hour === cursor?.hour ? cursor : { hour, ring: ringTo };
    while (next && entries.length < limit && objects < MAX_OBJECTS) {
      const read = await readNext(sources, next, limit - entries.length, MAX_OBJECTS - objects);
      entries.push(...read.entries);
      objects += read.objects;
      next = read.next;
    }
    if (next) break;
    ringTo = hour;
  }
  // What only the ring has: what was shown or decided in an hour without a file of events.
  if (!next) entries.push(...entriesOf(ringOnly(ring, 0, ringTo), ring).sort(newestFirst));
  return {
    entries,
    looked_back_to: iso(next ? next.hour + (isWithin(next) ? 0 : HOUR_MS) : (firstAt ?? 0)),
    before: next ? JSON.stringify({ ...next, ring: Math.min(next.ring, MAX_TIME) }) : null,
    first_at: isoOrNull(firstAt),
    objects,
  };
}

interface Sources {
  lake: R2Bucket;
  person: Person;
  /** What the live ring has of the person, by event id. */
  ring: ReadonlyMap<string, Receipt[]>;
}

/** The next files of an hour: at most `limit` entries of at most `room` files. @returns `next` where the hour has more */
async function readNext(
  { lake, person, ring }: Sources,
  at: Cursor,
  limit: number,
  room: number,
): Promise<{ entries: TimelineEntry[]; objects: number; next: Cursor | undefined }> {
  const { hour, after, below } = at;
  const { events, objects, last } = await readPortion(lake, hour, person, after, room);
  const answers = await addDeliveries(lake, hour, person, events, Math.max(room - objects, MIN_ANSWERS));
  if (after === undefined)
    for (const [id, one] of ringOnly(ring, hour, at.ring)) if (!events.has(id)) events.set(id, one);
  const found = entriesOf(events, ring)
    .sort(newestFirst)
    .filter((entry) => !below || newestFirst(asPlace(below), entry) < 0);
  const entries = found.slice(0, limit);
  const cut = entries.length < found.length ? entries.at(-1) : undefined;
  let next: Cursor | undefined;
  if (cut) next = { ...at, below: [Date.parse(cut.at), cut.event_id] };
  else if (last !== null) next = { hour, after: last, ring: hour };
  return { entries, objects: objects + answers, next };
}

/** Whether a part of the cursor's hour has been given. */
const isWithin = ({ after, below }: Cursor): boolean => after !== undefined || below !== undefined;

function readCursor(text: string): Cursor {
  try {
    return cursorSchema.parse(JSON.parse(text));
  } catch {
    throw new Problem(400, "invalid_before", "`before` must be that of an answer before.");
  }
}

/** Of a trace, what is the person's: two persons' events may have the same id. */
function ownReceipts({ receipts }: Trace, isOwn: (key: unknown) => boolean): Receipt[] {
  const subjects = receipts.flatMap((one) => (one.stage === "ingest" ? (one.subject ?? []) : []));
  if (subjects.some((key) => !isOwn(key)))
    return receipts.filter((one) => one.stage === "ingest" && isOwn(one.subject));
  const names = (one: Receipt) =>
    one.stage === "slot" ? isOwn(one.visitor) : one.stage === "door" && isOwn(one.source);
  return subjects.length > 0 || receipts.some(names) ? receipts : [];
}

/** When an event came in, as far as its receipts say. */
const cameAt = (receipts: readonly Receipt[]): number => Math.min(...receipts.map(({ at }) => at));

/** Events and slots of the ring that came in within a span of time. */
function ringOnly(ring: Sources["ring"], from: number, to: number): Map<string, LandedEvent> {
  const within = [...ring].filter(([, receipts]) => cameAt(receipts) >= from && cameAt(receipts) < to);
  return new Map(within.map(([id]) => [id, { receipts: [], properties: null }]));
}

function entriesOf(events: ReadonlyMap<string, LandedEvent>, ring: Sources["ring"]): TimelineEntry[] {
  return [...events].flatMap(([eventId, { receipts: landed, properties }]): TimelineEntry[] => {
    const receipts = mergeReceipts(landed, ring.get(eventId) ?? []);
    if (receipts.length === 0) return [];
    const entry = toEntry({ eventId, at: cameAt(receipts), receipts });
    if (entry?.kind !== "event") return entry ? [entry] : [];
    const ingested = receipts.filter((one) => one.stage === "ingest");
    return [
      {
        ...entry,
        properties,
        entered: ingested.flatMap(({ entered = [] }) => entered),
        left: ingested.flatMap(({ left = [] }) => left),
      },
    ];
  });
}

const newestFirst = (
  a: Pick<TimelineEntry, "at" | "event_id">,
  b: Pick<TimelineEntry, "at" | "event_id">,
): number => Date.parse(b.at) - Date.parse(a.at) || (a.event_id < b.event_id ? -1 : 1);

const asPlace = ([at, event_id]: [number, string]) => ({ at: iso(at), event_id });
