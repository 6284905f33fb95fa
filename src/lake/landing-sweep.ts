/**
 * Goes over the lake of a span of days for one person: the files of events are read for the ids of theirs, those of
 * deliveries and the parts of receipts, which are told by these ids, are visited, and then those of events once more. In
 * this order, because a crash must not leave receipts whose event is gone: nothing would lead to them any more. Landing
 * files come before parts, because compaction moves lines from the one to the other. A bounded number of objects a call.
 * Used by erase.ts and read-subject.ts.
 */
import { DAY_MS } from "#core/clock";
import { LANDING, PARTS } from "./places.ts";
import { OBJECTS_PER_CALL, type Range, walk } from "./walk.ts";

/** Which files, and where the last call stopped. */
export interface Span {
  /** Epoch ms. A day more is looked at on both sides, since an hour's file is named by when its batch began. */
  from: number;
  to: number;
  /** Ids of the person's events so far: what the call before gave back. */
  eventIds?: readonly string[] | undefined;
  cursor?: string | undefined;
  /** Objects of this call. */
  limit?: number;
}

/** What is done with an object. */
export interface Visits {
  /** Changes nothing. @returns ids of the person's events in it */
  find(key: string, ids: ReadonlySet<string>): Promise<Iterable<string>>;
  deliveries(key: string, ids: ReadonlySet<string>): Promise<void>;
  /** After the deliveries. */
  events?(key: string, ids: ReadonlySet<string>): Promise<void>;
}

/** To go on: both go into the next call. Without a cursor all has been looked at. */
export interface Onward {
  /** Those that were found last come first. */
  eventIds: string[];
  cursor?: string;
}

/** The state of a workflow's step holds 1 MB. Of a person with more events the files are searched in portions. */
const MAX_ID_CHARS = 600_000;
const MAX_IDS = 15_000;

/** Where a call stopped. */
interface Position {
  phase: "find" | "deliveries" | "events";
  /** The last key that the phase has done. */
  at: string;
  /** Where the portion of the events' files begins, and its last key; null: it is the last portion. */
  start: string;
  end: string | null;
  /** How many ids the portion has, and their characters. */
  ids: number;
  chars: number;
}

/** Look at the next objects. */
export async function sweepLanding(bucket: R2Bucket, span: Span, visits: Visits): Promise<Onward> {
  const { from, to, eventIds = [], cursor, limit = OBJECTS_PER_CALL } = span;
  const ids = new Set(eventIds);
  const found = new Set<string>();
  let position = cursor === undefined ? portionAfter("") : (JSON.parse(cursor) as Position); // our own text
  const add = (id: string) => {
    if (ids.has(id)) return;
    ids.add(id);
    found.add(id);
    position.ids++;
    position.chars += id.length;
  };
  const isFull = () => position.ids >= MAX_IDS || position.chars >= MAX_ID_CHARS;
  const eventIdsNow = () => [...found, ...[...ids].filter((id) => !found.has(id))];
  let room = limit;
  while (room > 0) {
    const { phase, start, end } = position;
    const visit = async (key: string) => {
      if (phase === "find") for (const id of await visits.find(key, ids)) add(id);
      else await visits[phase]?.(key, ids);
    };
    const [range, isMore] = rangeOf(position, from, to);
    // A part takes the memory and time of many landing files.
    const weight = range.prefix.startsWith("lake/") ? PART_WEIGHT : 1;
    const pace = { ...(phase === "find" && { isFull }), ...(weight > 1 && { parallel: 1 }) };
    const { visited, last } = await walk(bucket, range, Math.ceil(room / weight), visit, pace);
    room -= visited * weight;
    const isFullNow = phase === "find" && isFull();
    if (last === undefined && isMore && !isFullNow) position = { ...position, at: AFTER_LANDING };
    else if (phase === "find" && (last === undefined || isFullNow))
      position = { ...position, phase: "deliveries", at: "", end: last ?? (isMore ? AFTER_LANDING : null) };
    else if (last !== undefined) position = { ...position, at: last };
    else if (phase === "deliveries" && visits.events) position = { ...position, phase: "events", at: start };
    else if (end === null) return { eventIds: eventIdsNow() };
    else {
      position = portionAfter(end);
      ids.clear();
      found.clear();
    }
  }
  return { eventIds: eventIdsNow(), cursor: JSON.stringify(position) };
}

const portionAfter = (start: string): Position => ({
  phase: "find",
  at: start,
  start,
  end: null,
  ids: 0,
  chars: 0,
});

/** So many landing files are worth a part. */
const PART_WEIGHT = 10;

/** Stands for a key: all landing files have been looked at, and no part. */
const AFTER_LANDING = "lake/";

/** What is next of a phase, and whether the phase has parts after it. */
function rangeOf({ phase, at, end }: Position, from: number, to: number): [Range, boolean] {
  const isInParts = at.startsWith("lake/");
  const [landing, parts] =
    phase === "deliveries" ? [LANDING.deliveries, PARTS.receipts] : [LANDING.events, PARTS.events];
  const prefix = isInParts ? parts : landing;
  const first = `${prefix}${dayOf(from - DAY_MS)}`;
  let until = `${prefix}${dayOf(to + 2 * DAY_MS)}`;
  const ends = phase === "events" && end !== null ? end : undefined;
  if (ends?.startsWith(prefix) && ends < until) until = `${ends}\0`;
  // A portion that ended among the landing files, or with the last of them, has no parts.
  const isMore = !isInParts && (ends === undefined || (ends.startsWith("lake/") && ends !== AFTER_LANDING));
  return [{ prefix, after: at.startsWith(prefix) && at > first ? at : first, until }, isMore];
}

const dayOf = (at: number): string => new Date(Math.max(0, at)).toISOString().slice(0, 10);
