/**
 * The session's recent events as the cookie carries them: events of one kind together, their names once, of each content its
 * values once and then its times. So that a visitor who does the same thing sixty times has room for all of it: what falls
 * out of the cookie is not known until ingest has it. Called by session.ts.
 */
import type { RecentEvent } from "./session.ts";

type Value = string | number;
/**
 * An event's name, names of its fields, then one list for each content: the fields' values, when it came first (ms from the
 * session's start), and of every further time how many ms later; `-3` stands for three more at the same moment.
 */
export type PackedKind = [name: string, fields: string[], ...contents: Value[][]];
/** As cookies of earlier releases have it: each by itself. */
type PackedEvent = [offset: number, name: string, fields: Record<string, Value>];
export type PackedRecent = (PackedKind | PackedEvent)[];

export function packRecent(recent: readonly RecentEvent[], startedAt: number): PackedKind[] {
  const kinds = new Map<
    string,
    { kind: PackedKind; contents: Map<string, { values: Value[]; times: number[] }> }
  >();
  for (const { at, name, fields } of recent) {
    const names = Object.keys(fields);
    const label = `${name}\n${names.join("\n")}`;
    let one = kinds.get(label);
    if (!one) {
      one = { kind: [name, names], contents: new Map() };
      kinds.set(label, one);
    }
    const values = Object.values(fields);
    const content = JSON.stringify(values);
    const known = one.contents.get(content);
    if (known) known.times.push(at - startedAt);
    else one.contents.set(content, { values, times: [at - startedAt] });
  }
  return [...kinds.values()].map(({ kind: [name, names], contents }) => [
    name,
    names,
    ...[...contents.values()].map(({ values, times }) => [...values, ...packTimes(times)]),
  ]);
}

function packTimes(times: number[]): number[] {
  // Clocks of two data centres may differ a little.
  const [first = 0, ...later] = times.sort((a, b) => a - b);
  const packed = [first];
  let before = first;
  let alike = 0;
  for (const at of later) {
    if (at === before) {
      alike++;
      continue;
    }
    if (alike > 0) packed.push(-alike);
    alike = 0;
    packed.push(at - before);
    before = at;
  }
  if (alike > 0) packed.push(-alike);
  return packed;
}

/** @returns oldest first */
export function unpackRecent(packed: PackedRecent, startedAt: number): RecentEvent[] {
  const recent: RecentEvent[] = [];
  for (const one of packed) {
    if (isEvent(one)) {
      recent.push({ at: startedAt + one[0], name: one[1], fields: one[2] });
      continue;
    }
    const [name, names, ...contents] = one;
    for (const content of contents) {
      const fields: RecentEvent["fields"] = {};
      for (const [n, field] of names.entries()) fields[field] = content[n] ?? "";
      let at = startedAt;
      for (const [n, time] of (content.slice(names.length) as number[]).entries()) {
        const times = n > 0 && time < 0 ? -time : 1;
        if (n === 0 || time > 0) at += time;
        for (let k = 0; k < times; k++) recent.push({ at, name, fields });
      }
    }
  }
  return recent.sort((a, b) => a.at - b.at);
}

const isEvent = (one: PackedKind | PackedEvent): one is PackedEvent => typeof one[0] === "number";
