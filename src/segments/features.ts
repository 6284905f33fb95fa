/**
 * Features: aggregates over a person's events. Facts are their state, by the hash of each definition, so that a
 * redefined feature starts empty; they are stored with one identifier, and a profile's are the merge of its
 * identifiers'. Called by ingest (fold, merge, values) and by the door (which fields the session has to remember).
 */
import type { Feature } from "#contracts/definitions/feature";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { DAY_MS } from "#core/clock";
import { fnv1a32 } from "#core/fnv";
import {
  type AggregateState,
  type FeatureValue,
  mergeStates,
  pruneState,
  SUM_SCALE,
  topOf,
  totals,
} from "./aggregate.ts";

export type { AggregateState, FeatureValue } from "./aggregate.ts";

export interface CompiledFeature {
  name: string;
  /** Of the definition, without its name: the key of its facts. */
  hash: string;
  def: Feature;
  /** `def.field`, cut into its parts. */
  path: readonly string[];
  /** Window in days, today included; 0: lifetime. */
  days: number;
}

/** Feature hash → state. JSON, stored in the identifier's row. */
export type FactState = Record<string, AggregateState>;

/** What a feature sees of an event. */
export interface FactEvent {
  name: string;
  properties: Record<string, unknown>;
  /** Epoch ms. */
  occurredAt: number;
}

const MAX_VALUE_CHARS = 64;
/** One amount counts for no more than this, so that sums stay whole numbers that JavaScript adds exactly. */
const MAX_AMOUNT = 1e10;
const compiled = new WeakMap<ReleaseDocument, CompiledFeature[]>();
const fieldsByEvent = new WeakMap<ReleaseDocument, Record<string, FieldPath[]>>();

/** A field that features read, as it is written and cut into its parts. */
export interface FieldPath {
  field: string;
  path: readonly string[];
}

/** The release's features, compiled once per document. */
export function compileFeatures(document: ReleaseDocument): CompiledFeature[] {
  const known = compiled.get(document);
  if (known) return known;
  const features = Object.entries(document.features).map(([name, def]) => ({
    name,
    hash: hashOf(def),
    def,
    path: def.field?.split(".") ?? [],
    days: def.window === "lifetime" ? 0 : Number.parseInt(def.window, 10),
  }));
  compiled.set(document, features);
  return features;
}

/** Event name → the fields that features read from it. An event that is not listed concerns no feature. */
export function recentFields(document: ReleaseDocument): Record<string, FieldPath[]> {
  const known = fieldsByEvent.get(document);
  if (known) return known;
  // Without a prototype: an event may be called "constructor".
  const fields: Record<string, FieldPath[]> = Object.create(null);
  for (const { def, path } of compileFeatures(document)) {
    const paths = fields[def.event] ?? [];
    const { field } = def;
    if (def.agg !== "count" && field !== undefined && !paths.some((known) => known.field === field))
      paths.push({ field, path });
    fields[def.event] = paths;
  }
  fieldsByEvent.set(document, fields);
  return fields;
}

/**
 * The facts with one more event; the same object where the event concerns no feature. Events may be folded in any
 * order, each exactly once: who calls sees to that (claims). An event from the future counts as one of now.
 * @param now epoch ms; days that left a feature's window by then are dropped
 */
export function foldEvent(
  facts: FactState,
  event: FactEvent,
  features: readonly CompiledFeature[],
  now: number,
): FactState {
  let next = facts;
  for (const feature of features) {
    if (feature.def.event !== event.name) continue;
    const at = Math.min(event.occurredAt, now);
    const from = firstDay(feature, now);
    if (!(at >= 0) || dayOf(at) < from) continue;
    const single = stateOf(feature, event.properties, at);
    if (!single) continue;
    // Not from `next`: two features of one definition share their state, and each event counts in it once.
    const known = facts[feature.hash];
    if (next === facts) next = { ...facts };
    next[feature.hash] = known
      ? mergeStates(feature.days > 0 ? pruneState(known, from) : known, single)
      : single;
  }
  return next;
}

/** The facts of several identifiers as one: the same as if their events had been folded into one. */
export function mergeFacts(list: readonly FactState[]): FactState {
  const merged: FactState = {};
  for (const facts of list) {
    for (const [hash, state] of Object.entries(facts)) {
      const known = merged[hash];
      merged[hash] = known ? mergeStates(known, state) : state;
    }
  }
  return merged;
}

/** What the features are now, by name. `count`, `sum` and `distinct` are 0 by default; others are absent. */
export function featureValues(
  facts: FactState,
  features: readonly CompiledFeature[],
  now: number,
): Record<string, FeatureValue> {
  const values: Record<string, FeatureValue> = {};
  for (const feature of features) {
    const state = stateNow(facts, feature, now);
    const value = state ? resultOf(feature, state) : defaultOf(feature);
    if (value !== undefined) values[feature.name] = value;
  }
  return values;
}

/** The state of a feature without what has left its window; undefined where there is none. */
export function stateNow(
  facts: FactState,
  feature: CompiledFeature,
  now: number,
): AggregateState | undefined {
  const state = Object.hasOwn(facts, feature.hash) ? facts[feature.hash] : undefined;
  if (!state || feature.days === 0) return state;
  const from = firstDay(feature, now);
  if ("l" in state) return dayOf(state.l[0]) >= from ? state : undefined;
  return pruneState(state, from);
}

/** The value of a feature that nothing is known of. */
export const defaultOf = ({ def: { agg } }: CompiledFeature): FeatureValue | undefined =>
  agg === "count" || agg === "sum" || agg === "distinct" ? 0 : undefined;

/** Days since the epoch, UTC. */
export const dayOf = (at: number): number => Math.floor(at / DAY_MS);

/** A property as features read it: text cut to 64 characters, or a finite number; undefined for anything else. */
export function fieldValue(
  properties: Record<string, unknown>,
  path: readonly string[],
): FeatureValue | undefined {
  let value: unknown = properties;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part]; // An object that has this property, as just seen.
  }
  if (typeof value === "string") return value === "" ? undefined : value.slice(0, MAX_VALUE_CHARS);
  if (typeof value === "boolean") return String(value);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The state that one event alone makes; undefined where it lacks the feature's field. */
function stateOf(
  feature: CompiledFeature,
  properties: Record<string, unknown>,
  at: number,
): AggregateState | undefined {
  const day = feature.days === 0 ? 0 : dayOf(at);
  const { agg } = feature.def;
  if (agg === "count") return { n: { [day]: 1 } };
  const value = fieldValue(properties, feature.path);
  if (value === undefined) return undefined;
  switch (agg) {
    case "sum":
      return typeof value === "number" ? { n: { [day]: scaled(value) } } : undefined;
    case "first":
      return { f: { [day]: [at, value] } };
    case "last":
      return { l: [at, value] };
    case "distinct":
      return { d: { [day]: [String(value)] } };
    case "top":
      return { t: { [day]: [[String(value), 1]] } };
  }
}

function resultOf(feature: CompiledFeature, state: AggregateState): FeatureValue | undefined {
  if ("n" in state) {
    const total = Object.values(state.n).reduce((sum, n) => sum + n, 0);
    return feature.def.agg === "sum" ? total / SUM_SCALE : total;
  }
  if ("l" in state) return state.l[1];
  // Integer keys come in ascending order: the first day is the earliest.
  if ("f" in state) return Object.values(state.f)[0]?.[1];
  if ("d" in state) return Object.values(state.d).reduce((sum, values) => sum + values.length, 0);
  return topOf(totals(state.t));
}

/** An amount in ten-thousandths. */
export const scaled = (amount: number): number =>
  Math.round(Math.max(-MAX_AMOUNT, Math.min(MAX_AMOUNT, amount)) * SUM_SCALE) + 0; // + 0: no negative zero

const firstDay = ({ days }: CompiledFeature, now: number): number => (days === 0 ? 0 : dayOf(now) - days + 1);

/** Two 32-bit hashes of the definition, from different starts, in base 36. */
function hashOf({ event, agg, field, window }: Feature): string {
  const text = JSON.stringify([event, agg, field ?? null, window]);
  return [text, `again ${text}`].map((one) => fnv1a32(one).toString(36).padStart(7, "0")).join("");
}
