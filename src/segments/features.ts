/**
 * Features: what is known of a person by name. Facts are the states of those that are kept (compile.ts), by the hash of
 * each definition, so that a redefined feature starts empty; they are stored with one identifier, and a profile's are the
 * merge of its identifiers'. Called by ingest (fold, merge, values).
 */
import { fnv1a32 } from "#core/fnv";
import { type AggregateState, type FieldValue, innerOf, mergeStates, pruneState } from "./aggregate.ts";
import { type CompiledAggregate, type CompiledFeature, isKept, type KeptFeature } from "./compile.ts";
import { type DerivedValue, derivedValue } from "./derived.ts";
import type { Cuts } from "./rfm.ts";
import { holdsNow, progressOf } from "./sequence.ts";
import { sharesOf, weightsOf } from "./shares.ts";
import { defaultOf, fieldValue, resultOf, stateOf } from "./values.ts";
import { firstBucket, isWithin } from "./windows.ts";

export type { AggregateState } from "./aggregate.ts";
export type { CompiledFeature } from "./compile.ts";

/** `true`: a sequence holds. Objects are an affinity's shares and an RFM's scores. */
export type FeatureValue = FieldValue | true | DerivedValue;

/** Feature hash → state. JSON, stored in the identifier's row. */
export type FactState = Record<string, AggregateState>;

/** What a feature sees of an event. */
export interface FactEvent {
  name: string;
  properties: Record<string, unknown>;
  /** Epoch ms. */
  occurredAt: number;
  context?: { session?: { id: string; startedAt: number } | undefined } | undefined;
}

/**
 * The facts with one more event; the same object where the event concerns no feature. Events may be folded in any
 * order, each exactly once: who calls sees to that (claims). An event from the future counts as one of now.
 * @param now epoch ms; what left a feature's window by then is dropped
 */
export function foldEvent(
  facts: FactState,
  event: FactEvent,
  features: readonly CompiledFeature[],
  now: number,
): FactState {
  const at = Math.min(event.occurredAt, now);
  if (!(at >= 0)) return facts;
  let next = facts;
  for (const feature of features) {
    if (!isKept(feature)) continue;
    // Not from `next`: two features of one definition share their state, and each event counts in it once.
    const known = Object.hasOwn(facts, feature.hash) ? facts[feature.hash] : undefined;
    const single = singleOf(feature, event, at, now, known);
    if (!single) continue;
    if (next === facts) next = { ...facts };
    next[feature.hash] = known ? mergeStates(pruned(feature, known, now), single) : single;
  }
  return next;
}

/** The state that one event alone makes; undefined where it says nothing of the feature. */
function singleOf(
  feature: KeptFeature,
  event: FactEvent,
  at: number,
  now: number,
  known: AggregateState | undefined,
): AggregateState | undefined {
  if (feature.kind === "sequence") {
    const times = feature.steps.map((step) => (concerns(step, event) ? [at] : []));
    const isNews = times.some(({ length }) => length > 0) && isWithin(feature.window, at, now);
    return isNews ? { q: times } : undefined;
  }
  if (feature.kind === "origin")
    return concerns(feature, event) && !(known && "o" in known && known.o <= at) ? { o: at } : undefined;
  if (feature.window.kind === "session") {
    const session = event.context?.session;
    if (!session) return undefined;
    const label = sessionLabel(session.id);
    const of = concerns(feature, event) ? aggregateOf(feature, event.properties, at) : undefined;
    const isKnown = known && "s" in known && known.s[0] === session.startedAt && known.s[1] === label;
    return of || !isKnown ? { s: [session.startedAt, label, of ?? 0] } : undefined;
  }
  if (!concerns(feature, event) || !isWithin(feature.window, at, now)) return undefined;
  return aggregateOf(feature, event.properties, at);
}

const concerns = (
  { event, where }: Pick<CompiledAggregate, "event" | "where">,
  { name, properties }: FactEvent,
): boolean => event === name && (!where || where(properties));

/** Of a session's id: enough to tell it from another of the person's. */
export const sessionLabel = (id: string): string => fnv1a32(id).toString(36);

function aggregateOf(
  feature: CompiledAggregate,
  properties: Record<string, unknown>,
  at: number,
): AggregateState | undefined {
  const { agg, path } = feature;
  if (agg === "count" || agg === "recency") return stateOf(feature, 1, at);
  const value = fieldValue(properties, path);
  return value === undefined ? undefined : stateOf(feature, value, at);
}

/** The facts of several identifiers as one: the same as if their events had been folded into one. */
export function mergeFacts(list: readonly FactState[]): FactState {
  const merged: FactState = {};
  for (const facts of list) {
    for (const [hash, state] of Object.entries(facts)) {
      const known = Object.hasOwn(merged, hash) ? merged[hash] : undefined;
      merged[hash] = known ? mergeStates(known, state) : state;
    }
  }
  return merged;
}

/**
 * What the features are now, by name. `count`, `sum` and `distinct` are 0 by default; others are absent.
 * @param now epoch ms @param cuts of the release's RFM features; one without is absent
 */
export function featureValues(
  facts: FactState,
  features: readonly CompiledFeature[],
  now: number,
  cuts?: Cuts,
): Record<string, FeatureValue> {
  const values = new Map<string, FeatureValue>();
  const byName = new Map<string, CompiledFeature>();
  for (const feature of features) {
    byName.set(feature.name, feature);
    const value = isKept(feature)
      ? keptValue(feature, stateNow(facts, feature, now), now)
      : derivedValue(feature, {
          read: (name) => values.get(name),
          shares: () => affinityShares(feature, byName, facts, now),
          now,
          cuts,
        });
    if (value !== undefined) values.set(feature.name, value);
  }
  return Object.fromEntries([...values].filter(([name]) => !isHidden(name)));
}

/** Whether no condition can ask about a feature. */
export const isHidden = (name: string): boolean => name.startsWith("~");

function affinityShares(
  feature: CompiledFeature,
  byName: ReadonlyMap<string, CompiledFeature>,
  facts: FactState,
  now: number,
): Record<string, number> | undefined {
  if (feature.kind !== "affinity") return undefined;
  const top = byName.get(feature.of);
  const state = top && isKept(top) ? stateNow(facts, top, now) : undefined;
  return state && top?.kind === "aggregate"
    ? sharesOf(weightsOf(state, top.window, feature.halfLifeDays))
    : undefined;
}

/** The state of a feature without what has left its window; undefined where there is none. */
export function stateNow(facts: FactState, feature: KeptFeature, now: number): AggregateState | undefined {
  const state = Object.hasOwn(facts, feature.hash) ? facts[feature.hash] : undefined;
  if (!state || feature.kind === "origin") return state;
  const { window } = feature;
  if (window.bucketMs === 0) return state;
  if ("l" in state) return isWithin(window, state.l[0], now) ? state : undefined;
  if ("r" in state) return isWithin(window, state.r, now) ? state : undefined;
  if ("q" in state) return { q: state.q.map((times) => times.filter((at) => isWithin(window, at, now))) };
  return pruned(feature, state, now);
}

function pruned(feature: KeptFeature, state: AggregateState, now: number): AggregateState {
  if (feature.kind !== "aggregate" || feature.window.bucketMs === 0) return state;
  return pruneState(state, firstBucket(feature.window, now));
}

/** The value of a state, or of none. */
export function keptValue(
  feature: KeptFeature,
  state: AggregateState | undefined,
  now: number,
): FeatureValue | undefined {
  if (feature.kind === "origin") return state && "o" in state ? state.o : undefined;
  if (feature.kind === "sequence") {
    if (!state || !("q" in state)) return undefined;
    return holdsNow(feature.steps, progressOf(feature.steps, state.q), now) || undefined;
  }
  const own = state && innerOf(state);
  return own ? resultOf(feature, own, now) : defaultOf(feature);
}
