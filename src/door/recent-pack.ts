/**
 * The session's recent events as the cookie carries them: events of one kind together, their names once, of each content its
 * values once and then its times. So that a visitor who does the same thing sixty times has room for all of it: what falls
 * out of the cookie is not known until ingest has it. The door adds to this form as it is, since it is read with every
 * event's request and written with most; only who needs the events one by one unpacks them. Called by session.ts.
 */
import type { RecentEvent } from "./session.ts";

type Value = string | number;
/**
 * An event's name, names of its fields, then one list for each content: the fields' values, when it came first (ms from the
 * session's start), and of every further time how many ms later; `-3` stands for three more at the same moment.
 */
export type PackedKind = [name: string, fields: string[], ...contents: Value[][]];
export type PackedRecent = PackedKind[];
/** As cookies of earlier releases have it: each by itself. */
type PackedEvent = [offset: number, name: string, fields: Record<string, Value>];

/** Where a kind's contents begin. */
const FIRST_CONTENT = 2;

/** What a cookie says, whichever release wrote it. */
export function readRecent(said: readonly (PackedKind | PackedEvent)[]): PackedRecent {
  // Of this release's cookies nothing has to be made anew.
  if (!said.some(isEvent)) return said as PackedRecent; // as just seen
  const packed: PackedRecent = [];
  for (const one of said)
    if (isEvent(one)) addRecent(packed, one[0], one[1], one[2]);
    else packed.push(one);
  return packed;
}

const isEvent = (one: PackedKind | PackedEvent): one is PackedEvent => typeof one[0] === "number";

/**
 * Add an event. What was added last is last: of one moment's events that says which was the newest.
 * @param offset ms from the session's start
 */
export function addRecent(
  packed: PackedRecent,
  offset: number,
  name: string,
  fields: RecentEvent["fields"],
): void {
  const names = Object.keys(fields);
  const values = Object.values(fields);
  for (let known = packed.length - 1; known >= 0; known--) {
    const kind = packed[known] as PackedKind; // below its length
    if (kind[0] !== name || kind[1].length !== names.length || !begins(kind[1], names)) continue;
    moveToEnd(packed, known);
    addContent(kind, values, offset);
    return;
  }
  packed.push([name, names, [...values, offset]]);
}

function addContent(kind: PackedKind, values: readonly Value[], offset: number): void {
  for (let at = kind.length - 1; at >= FIRST_CONTENT; at--) {
    const content = kind[at] as Value[]; // contents stand from there on
    if (!begins(content, values)) continue;
    addTime(content, values.length, offset);
    moveToEnd(kind, at);
    return;
  }
  kind.push([...values, offset]);
}

function moveToEnd(list: unknown[], at: number): void {
  if (at < list.length - 1) list.push(...list.splice(at, 1));
}

function begins(list: readonly Value[], first: readonly Value[]): boolean {
  for (let n = 0; n < first.length; n++) if (list[n] !== first[n]) return false;
  return true;
}

/** @param start where the content's times begin */
function addTime(content: Value[], start: number, offset: number): void {
  const last = lastTime(content, start);
  const end = content.length - 1;
  if (last === undefined) content.push(offset);
  else if (offset > last) content.push(offset - last);
  else if (offset < last)
    // Clocks of two data centres may differ a little.
    content.splice(start, Infinity, ...packTimes([...unpackTimes(content, start), offset]));
  else if (end > start && (content[end] as number) < 0) (content[end] as number)--;
  else content.push(-1);
}

function lastTime(content: readonly Value[], start: number): number | undefined {
  let last = content[start] as number | undefined; // times are numbers
  for (let n = start + 1; n < content.length; n++) {
    const time = content[n] as number;
    if (time > 0 && last !== undefined) last += time;
  }
  return last;
}

function packTimes(times: number[]): number[] {
  const content: number[] = [];
  for (const time of times.sort((a, b) => a - b)) addTime(content, 0, time);
  return content;
}

function unpackTimes(content: readonly Value[], start: number): number[] {
  const times: number[] = [];
  let at = 0;
  for (let n = start; n < content.length; n++) {
    const time = content[n] as number; // no more values there
    const isRepeat = n > start && time < 0;
    if (!isRepeat) at += time;
    for (let k = isRepeat ? -time : 1; k > 0; k--) times.push(at);
  }
  return times;
}

export function countRecent(packed: PackedRecent): number {
  let count = 0;
  for (const kind of packed) {
    const start = kind[1].length;
    for (let at = FIRST_CONTENT; at < kind.length; at++) {
      const content = kind[at] as Value[];
      count++;
      for (let n = start + 1; n < content.length; n++) {
        const time = content[n] as number;
        count += time < 0 ? -time : 1;
      }
    }
  }
  return count;
}

/** Take the oldest event away; of several of one moment, as a request's are, one of the kind that has most of them. */
export function dropOldest(packed: PackedRecent): void {
  let [least, most, oldestKind] = [Number.POSITIVE_INFINITY, 0, -1];
  for (const [n, kind] of packed.entries()) {
    const { first, count } = oldestOf(kind);
    if (first > least || (first === least && count <= most)) continue;
    [least, most, oldestKind] = [first, count, n];
  }
  const kind = packed[oldestKind];
  if (!kind) return;
  const start = kind[1].length;
  const oldestAt = kind.findIndex((content, n) => n >= FIRST_CONTENT && content[start] === least);
  const content = kind[oldestAt] as Value[];
  const next = content[start + 1] as number | undefined;
  if (next === undefined) kind.splice(oldestAt, 1);
  else if (next > 0) content.splice(start, 2, least + next);
  else if (next === -1) content.splice(start + 1, 1);
  else content[start + 1] = next + 1;
  if (kind.length === FIRST_CONTENT) packed.splice(oldestKind, 1);
}

/** When a kind's oldest event was, and how many of it were at that moment. */
function oldestOf(kind: PackedKind): { first: number; count: number } {
  const start = kind[1].length;
  let first = Number.POSITIVE_INFINITY;
  let count = 0;
  for (let at = FIRST_CONTENT; at < kind.length; at++) {
    const content = kind[at] as Value[];
    const time = content[start] as number;
    if (time > first) continue;
    if (time < first) count = 0;
    first = time;
    const next = content[start + 1] as number | undefined;
    count += next !== undefined && next < 0 ? 1 - next : 1;
  }
  return { first, count };
}

/** The same events, of a session that starts this many ms later. */
export const laterBy = (packed: PackedRecent, ms: number): PackedRecent =>
  packed.map(([name, names, ...contents]) => [
    name,
    names,
    ...contents.map((content) => content.with(names.length, (content[names.length] as number) - ms)),
  ]);

/** The events one by one, oldest first. @param startedAt epoch ms of the session's start */
export function listRecent(packed: PackedRecent, startedAt: number): RecentEvent[] {
  const recent: RecentEvent[] = [];
  for (const [name, names, ...contents] of packed) {
    for (const content of contents) {
      const fields: RecentEvent["fields"] = {};
      for (const [n, field] of names.entries()) fields[field] = content[n] ?? "";
      for (const time of unpackTimes(content, names.length))
        recent.push({ at: startedAt + time, name, fields });
    }
  }
  return recent.sort((a, b) => a.at - b.at);
}
