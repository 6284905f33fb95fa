/**
 * What features are at the edge: from the snapshot's compact values and the session's events that are not in it yet. Pure;
 * called by attributes.ts for a request, and by clauses.ts to see whether two snapshots differ.
 */
import type { RecentEvent } from "#door/session";
import { type FieldValue, mergeStates, pruneState, SUM_SCALE, topOf } from "./aggregate.ts";
import { type CompactValue, valueLabel } from "./compact.ts";
import type { CompiledAggregate, CompiledFeature, CompiledSequence, KeptFeature } from "./compile.ts";
import { derivedValue } from "./derived.ts";
import type { FeatureValue } from "./features.ts";
import type { Cuts } from "./rfm.ts";
import { holdsNow, type Progress, progressOf } from "./sequence.ts";
import { decay, sharesOf } from "./shares.ts";
import type { FeatureValues } from "./snapshot-text.ts";
import { defaultOf, hoursSince, resultOf, scaled, stateOf } from "./values.ts";
import { bucketOf, firstBucket, isWithin } from "./windows.ts";

/** What values are read from. */
export interface EdgeState {
  /** Epoch ms. */
  now: number;
  /** Of the snapshot, by hash; its windows are those of `asOf`. */
  features: FeatureValues;
  asOf: number;
  /** The session's events that are not in the snapshot, oldest first. */
  recent: readonly RecentEvent[];
  /** The session that goes on now; few features ask about it. */
  session: EdgeSession | undefined;
  cuts: Cuts | undefined;
  /** As if one more event of every kind had come: counts are one higher. */
  oneMore?: boolean;
}

export interface EdgeSession {
  label(): string;
  /** All of them, in the snapshot or not. */
  events(): readonly RecentEvent[];
}

/** The value of a feature; null: it has none. @param read the value of another */
export function edgeValue(
  feature: CompiledFeature,
  byName: ReadonlyMap<string, CompiledFeature>,
  state: EdgeState,
  read: (name: string) => unknown,
): FeatureValue | undefined {
  const base = state.features.get(feature.hash);
  const { now, cuts } = state;
  switch (feature.kind) {
    case "aggregate":
      return aggregateValue(feature, base, state);
    case "sequence":
      return sequenceValue(feature, base, state);
    case "origin":
      return typeof base === "number" ? base : eventsOf(feature, state.recent)[0]?.at;
    default:
      return derivedValue(feature, { read, shares: () => sharesAt(feature, base, byName, state), now, cuts });
  }
}

function aggregateValue(
  feature: CompiledAggregate,
  known: CompactValue | undefined,
  state: EdgeState,
): FieldValue | undefined {
  const { window } = feature;
  if (window.kind === "session") {
    const isSame =
      state.session !== undefined && isObject(known) && "s" in known && known.s === state.session.label();
    // Of a session that the snapshot does not know the cookie knows all.
    const recent = isSame ? onlyOf(state.recent, state.session) : (state.session?.events() ?? []);
    return amountNow(feature, isSame ? known.c : undefined, eventsOf(feature, recent), state);
  }
  let events = eventsOf(feature, state.recent);
  if (window.bucketMs === 0) return amountNow(feature, known, events, state);
  const { now, asOf } = state;
  if (events.length > 0) events = events.filter(({ at }) => isWithin(window, at, now));
  if (window.kind === "hours" && feature.agg !== "recency") return hourlyNow(feature, known, events, state);
  // What was in the window when the snapshot was made has all left it once the window has passed as a whole.
  const base = firstBucket(window, now) <= bucketOf(window, asOf) ? known : undefined;
  return amountNow(feature, base, events, state);
}

function onlyOf(recent: readonly RecentEvent[], session: EdgeSession | undefined): readonly RecentEvent[] {
  const own = session?.events();
  return recent.filter((event) => own?.includes(event));
}

/** @param events that count, oldest first */
function amountNow(
  feature: CompiledAggregate,
  base: CompactValue | undefined,
  events: readonly RecentEvent[],
  { now, oneMore }: EdgeState,
): FieldValue | undefined {
  switch (feature.agg) {
    case "count":
      return numberOf(base) + events.length + (oneMore ? 1 : 0);
    case "sum":
      return (
        numbersOf(feature, events).reduce((sum, value) => sum + scaled(value), numberOf(base)) / SUM_SCALE
      );
    case "min":
    case "max": {
      const values = numbersOf(feature, events);
      if (typeof base === "number") values.push(base);
      if (values.length === 0) return undefined;
      return feature.agg === "min" ? Math.min(...values) : Math.max(...values);
    }
    case "first":
      return scalarOf(base) ?? valuesOf(feature, events)[0];
    case "last":
      return valuesOf(feature, events).at(-1) ?? scalarOf(base);
    case "recency": {
      const at = Math.max(numberOf(base), events.at(-1)?.at ?? 0);
      return at > 0 && isWithin(feature.window, at, now) ? hoursSince(at, now) : undefined;
    }
    case "distinct": {
      const { n, v } = isObject(base) && "n" in base ? base : { n: 0, v: [] };
      const fresh = new Set(valuesOf(feature, events).map(String));
      for (const one of v) fresh.delete(one);
      return n + fresh.size + (oneMore ? 1 : 0);
    }
    case "top": {
      const values = valuesOf(feature, events);
      const known = Array.isArray(base) ? base : [];
      if (values.length === 0) return topOf(known);
      const counts = new Map(known);
      for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
      return topOf(counts);
    }
  }
}

/** Over hours a snapshot has buckets, and the events make more of them. */
function hourlyNow(
  feature: CompiledAggregate,
  base: CompactValue | undefined,
  events: readonly RecentEvent[],
  { now, oneMore }: EdgeState,
): FieldValue | undefined {
  const { agg, window } = feature;
  const label = (value: FieldValue) => (agg === "distinct" ? valueLabel(String(value)) : value);
  const singles = events.flatMap((event) => {
    const value = agg === "count" ? 1 : event.fields[feature.field ?? ""];
    return value === undefined || value === "" ? [] : (stateOf(feature, label(value), event.at) ?? []);
  });
  if (isObject(base) && "h" in base) singles.push(base.h);
  if (oneMore && (agg === "count" || agg === "distinct"))
    singles.push(stateOf(feature, "\n", now) ?? { n: {} });
  const [first, ...others] = singles;
  if (!first) return defaultOf(feature);
  const state = others.reduce(mergeStates, first);
  if ("l" in state) return isWithin(window, state.l[0], now) ? state.l[1] : undefined;
  return resultOf(feature, pruneState(state, firstBucket(window, now)), now);
}

function sequenceValue(
  { steps, window }: CompiledSequence,
  base: CompactValue | undefined,
  { recent, now }: EdgeState,
): true | undefined {
  const known: Progress = isObject(base) && "p" in base ? base.p : [];
  const from = known.map((at) => (at !== null && isWithin(window, at, now) ? at : null));
  const times = steps.map((step) =>
    eventsOf(step, recent).flatMap(({ at }) => (isWithin(window, at, now) ? [at] : [])),
  );
  return holdsNow(steps, progressOf(steps, times, from), now) || undefined;
}

function sharesAt(
  feature: CompiledFeature,
  base: CompactValue | undefined,
  byName: ReadonlyMap<string, CompiledFeature>,
  { recent, now }: EdgeState,
): Record<string, number> | undefined {
  const top = feature.kind === "affinity" ? byName.get(feature.of) : undefined;
  if (feature.kind !== "affinity" || top?.kind !== "aggregate") return undefined;
  const { window, field = "" } = top;
  const events = eventsOf(top, recent).filter(({ at }) => isWithin(window, at, now));
  const first = bucketOf(window, events[0]?.at ?? now);
  const { b, w, r } = isObject(base) && "w" in base ? base : { b: first, w: [], r: 0 };
  const each = new Map<string, number>(w);
  for (const { at, fields } of events) {
    const value = fields[field];
    if (value === undefined || value === "") continue;
    // Against the snapshot's weights a later one weighs as much more as those have lost since.
    const weight = 1 / decay(bucketOf(window, at) - b, window, feature.halfLifeDays);
    each.set(String(value), (each.get(String(value)) ?? 0) + weight);
  }
  return sharesOf({ bucket: b, each, rest: r });
}

/** Those of the events that a feature, or a step, counts. */
function eventsOf(
  { event: name, mark }: Pick<KeptFeature & CompiledAggregate, "event" | "mark">,
  recent: readonly RecentEvent[],
): readonly RecentEvent[] {
  let events: RecentEvent[] | undefined;
  for (const one of recent) {
    if (one.name !== name || (mark !== undefined && !Object.hasOwn(one.fields, mark))) continue;
    events ??= [];
    events.push(one);
  }
  return events ?? NONE;
}

const NONE: readonly RecentEvent[] = [];

function valuesOf({ field }: CompiledAggregate, events: readonly RecentEvent[]): FieldValue[] {
  if (events.length === 0 || field === undefined) return [];
  return events.flatMap(({ fields }) => {
    const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
    // As features read it from the event itself: an empty text is none.
    return value === undefined || value === "" ? [] : [value];
  });
}

const numbersOf = (feature: CompiledAggregate, events: readonly RecentEvent[]): number[] =>
  valuesOf(feature, events).filter((value) => typeof value === "number");
const isObject = (base: CompactValue | undefined): base is Exclude<CompactValue, FieldValue> =>
  typeof base === "object";
const numberOf = (base: CompactValue | undefined): number => (typeof base === "number" ? base : 0);
const scalarOf = (base: CompactValue | undefined): FieldValue | undefined =>
  typeof base === "string" || typeof base === "number" ? base : undefined;
