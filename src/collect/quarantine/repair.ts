/** Repairs as they work: which refused events one is for, and what its steps make of an event. Pure. */
import type { Repair, RepairMatch, RepairStep } from "#contracts/definitions/repair";
import { listsOf } from "#contracts/definitions/repair_issues";
import type { KeptEvent } from "./open-kept.ts";

/** What a repair changes. */
export interface Draft {
  name: string;
  /** Of its contract; undefined: the newest. */
  version?: string;
  /** Epoch ms by the sender's clock, NaN where it was no time; undefined: the time at which it was received. */
  occurredAt?: number;
  properties: unknown;
  context: unknown;
  traits: unknown;
}

/** Whether a repair is for this event. */
export function matches(match: RepairMatch, source: string, kept: KeptEvent): boolean {
  const { name, code, path } = match;
  return (
    (match.source === undefined || match.source === source) &&
    (name === undefined || name === kept.name) &&
    (code === undefined || code === kept.code) &&
    (path === undefined || kept.paths.includes(path))
  );
}

/** The event after all repairs that are for it, in the release's order; the kept one is not changed. */
export function repaired(repairs: readonly Repair[], source: string, kept: KeptEvent): Draft {
  const { name, version, properties = {}, context = {}, traits } = kept;
  const occurredAt = kept.occurredAt ?? Number.NaN;
  const whole = { name, occurredAt, properties, context, traits, ...(version !== undefined && { version }) };
  const draft: Draft = structuredClone(whole);
  for (const { match, steps } of repairs)
    if (matches(match, source, kept)) for (const step of steps) apply(step, draft);
  return draft;
}

function apply(step: RepairStep, draft: Draft): void {
  if ("event" in step) {
    draft.name = step.event;
    delete draft.version; // it was one of the other contract's
  } else if ("rename" in step) rename(step.rename.from, step.rename.to, draft);
  else if ("cast" in step) {
    const { path, to } = step.cast;
    for (const { holder, key } of places(path, draft))
      if (Object.hasOwn(holder, key)) holder[key] = castTo(holder[key], to);
  } else if ("default" in step) {
    const { path, value } = step.default;
    for (const { holder, key } of places(path, draft, true))
      if (!Object.hasOwn(holder, key) || holder[key] === null) holder[key] = value;
  } else if (step.drop === "occurred_at") delete draft.occurredAt;
  else if (step.drop === "version") delete draft.version;
  else for (const { holder, key } of places(step.drop, draft)) delete holder[key];
}

/** Move a value; within a list, each element's own. What stood there before gives way. */
function rename(from: string, to: string, draft: Draft): void {
  const lists = listsOf(from);
  // The object that each move stays within: the elements of the list, or the event itself.
  const bases = lists === "" ? [draft] : elements(lists, draft);
  const below = (path: string) => path.slice(lists === "" ? 0 : lists.length + 1);
  for (const base of bases) {
    for (const { holder, key } of places(below(from), base)) {
      if (!Object.hasOwn(holder, key)) continue;
      const value = holder[key];
      delete holder[key];
      for (const target of places(below(to), base, true)) target.holder[target.key] = value;
    }
  }
}

type Holder = Record<string, unknown>;
interface Place {
  holder: Holder;
  key: string;
}

/** The objects that a path which ends in `*` leads to. */
const elements = (path: string, root: object): Holder[] =>
  places(path, root)
    .map(({ holder, key }) => holder[key])
    .filter(isHolder);

/**
 * Where a path leads: to one place, or by `*` to one in each element of a list.
 * @param make objects on the way that are not there are made
 */
function places(path: string, root: object, make = false): Place[] {
  const names = path.split(".");
  const last = names.pop() ?? "";
  let holders = [root as Holder]; // read and written by own keys alone
  for (const name of names) holders = holders.flatMap((holder) => within(holder, name, make));
  return holders.flatMap((holder) => {
    if (Array.isArray(holder) !== (last === "*")) return [];
    return last === "*" ? Object.keys(holder).map((key) => ({ holder, key })) : [{ holder, key: last }];
  });
}

/** One step along a path: a name within an object, or `*` within a list. Lists are holders by their indexes. */
function within(holder: Holder, name: string, make: boolean): Holder[] {
  if (Array.isArray(holder) !== (name === "*")) return [];
  if (name === "*") return Object.values(holder).filter(isHolder);
  const own = Object.hasOwn(holder, name) ? holder[name] : undefined;
  if (isHolder(own)) return [own];
  if (own !== undefined || !make) return [];
  const made: Holder = {};
  holder[name] = made;
  return [made];
}

const isHolder = (value: unknown): value is Holder => typeof value === "object" && value !== null;

type Cast = Extract<RepairStep, { cast: unknown }>["cast"]["to"];

/** The value as another type; as it was, where it cannot be that. */
export function castTo(value: unknown, to: Cast): unknown {
  switch (to) {
    case "number":
      return asNumber(value);
    case "string":
      return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    case "boolean":
      return asBoolean(value);
    case "date":
      return asDate(value);
    case "uppercase":
      return typeof value === "string" ? value.toUpperCase() : value;
    case "lowercase":
      return typeof value === "string" ? value.toLowerCase() : value;
  }
}

/** Digits with a point: a comma may mean thousands or decimals, and nobody here knows which. */
const asNumber = (value: unknown): unknown =>
  typeof value === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;

function asBoolean(value: unknown): unknown {
  const text = String(value).trim().toLowerCase();
  if (text === "true" || text === "1") return true;
  return text === "false" || text === "0" ? false : value;
}

/** `YYYY-MM-DD`, in UTC, from an ISO time, or from seconds or milliseconds since 1970. */
function asDate(value: unknown): unknown {
  const isIso = typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value);
  const ms =
    typeof value === "number"
      ? value < 1e11
        ? value * 1000
        : value
      : isIso
        ? Date.parse(value)
        : Number.NaN;
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? value : date.toISOString().slice(0, 10);
}
