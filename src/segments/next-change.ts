/**
 * When, without any event, a person's segments, or what is decided by their features, will be others: days leave windows,
 * hours pass thresholds, a sequence's time runs out. Found by looking at each moment at which some value can change, in
 * order. An answer may be early, which costs one more look; it is never late. Pure; called by ingest for a profile's
 * `due_at`.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { type IdentityState, PURPOSES, type Purpose } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { type AggregateState, bucketsIn, innerOf } from "./aggregate.ts";
import { bears, growsByOne, type Known } from "./bearing.ts";
import { type Asked, askedOf, holds, rankOf, valuesOfSnapshot } from "./clauses.ts";
import { type CompiledFeature, type CompiledRatio, isKept, type KeptFeature } from "./compile.ts";
import { type FactState, type FeatureValue, featureValues, stateNow } from "./features.ts";
import { scoreOf, stageOf } from "./lifecycle.ts";
import { compileSegments, segmentsOf } from "./membership.ts";
import { profileAttributes } from "./profile-attributes.ts";
import { featuresFor, purposesInUse } from "./purposes.ts";
import type { Cuts } from "./rfm.ts";
import { absentFrom } from "./sequence.ts";
import { AHEAD_MS, type EdgeSnapshot } from "./snapshot.ts";
import { bucketOf, dayOf, HOUR_MS, leavesAt } from "./windows.ts";

export interface NextChangeInput {
  document: ReleaseDocument;
  /** Of the profile, merged. */
  facts: FactState;
  state: IdentityState;
  /** Epoch ms. */
  now: number;
  /** Only what serves these is looked at; absent: all. */
  granted?: readonly Purpose[] | undefined;
  /** By purpose: imported lists that the person is on. */
  lists?: Partial<Readonly<Record<Purpose, readonly string[]>>> | undefined;
  cuts?: Cuts | undefined;
  /** Snapshots of its browsers that are in KV: they may go wrong by themselves, also where the facts have moved on. */
  snapshots?: readonly Published[] | undefined;
}

/** So many moments are looked at; then the next is the answer. */
const MAX_LOOKED_AT = 64;
/** Further ahead nothing is foreseen: whoever is not seen for so long has no snapshot any more. */
const HORIZON_MS = 400 * DAY_MS;

/** Epoch ms, later than `now`; undefined: nothing will change. */
export function nextChangeAt(input: NextChangeInput): number | undefined {
  const { now, snapshots = [] } = input;
  const asked = askedOf(input.document);
  if (asked.names.size === 0) return undefined;
  const moments = momentsOf(input, asked);
  if (moments.length === 0) return undefined;
  const before = pictureAt(input, asked, now);
  const published = snapshots.map((snapshot) => ({ snapshot, before: saidBy(snapshot, input, asked, now) }));
  for (const at of moments.slice(0, MAX_LOOKED_AT)) {
    if (pictureAt(input, asked, at) !== before) return at;
    const wrongs = published.flatMap((one) => goesWrong(one, input, asked, at) ?? []);
    if (wrongs.length > 0) return Math.max(now + 1, wrongs.includes("ahead") ? at - AHEAD_MS / 2 : at);
  }
  return moments[MAX_LOOKED_AT];
}

/** Segments, stage, score and clauses at a moment, as a text that is the same when they are. */
function pictureAt(input: NextChangeInput, asked: Asked, at: number): string {
  const { document, facts, state, granted = PURPOSES, lists = {}, cuts } = input;
  const features: Record<Purpose, Record<string, FeatureValue>> = {
    analytics: {},
    marketing: {},
    personalization: {},
  };
  const segments: string[] = [];
  for (const purpose of purposesInUse(document)) {
    if (!granted.includes(purpose)) continue;
    const values = featureValues(facts, featuresFor(document, purpose), at, cuts);
    features[purpose] = values;
    const attributes = profileAttributes(document, {
      values,
      state,
      lists: lists[purpose] ?? [],
      purpose,
    });
    segments.push(...segmentsOf(attributes, compileSegments(document), [purpose]));
  }
  const { profile } = document;
  const read = (name: string) => features.personalization[name];
  // Stage and score are told to who keeps persons, and of an anonymous one nobody keeps anything.
  const told = state !== "anonymous" && [
    stageOf(document, features, state, profile ? lists[profile.purpose] : undefined),
    scoreOf(document, features),
  ];
  // What segments ask is in the segments.
  const audiences = asked.clauses.filter(({ isAudience }) => isAudience);
  return JSON.stringify([
    segments,
    told,
    audiences.map((clause) => holds(clause, read(clause.feature.name))),
  ]);
}

type Published = Pick<EdgeSnapshot, "features" | "asOf">;

/** What the edge makes of a snapshot at a moment. */
const saidBy = (snapshot: Published, { cuts }: NextChangeInput, asked: Asked, now: number): number[] =>
  outcomes(asked, valuesOfSnapshot(asked, snapshot, { now, session: undefined, cuts }));

/**
 * Whether by then the edge comes to another outcome by the snapshot alone, and some condition turns on one that is not what
 * the facts say: on that one, or on one that the facts have left since while the edge has not, which did no harm so far.
 * Mostly none does: what a window holds leaves it there as well, and nothing has to be published for it.
 * @returns when to look: ahead of it, where what it changes to is wrong; undefined: it does not go wrong
 */
function goesWrong(
  { snapshot, before }: { snapshot: Published; before: readonly number[] },
  input: NextChangeInput,
  asked: Asked,
  at: number,
): "ahead" | "then" | undefined {
  const then = saidBy(snapshot, input, asked, at);
  if (then.every((outcome, n) => outcome === before[n])) return undefined;
  const { document, facts, cuts } = input;
  const values = featureValues(facts, featuresFor(document, "personalization"), at, cuts);
  const truly = outcomes(asked, (name) => values[name]);
  const isWrong = (outcome: number, n: number) => outcome !== before[n] && outcome !== truly[n];
  const { clauses } = asked;
  if (then.slice(clauses.length).some((rank, n) => isWrong(rank, clauses.length + n))) return "ahead";
  const known = clauses.map(({ feature }, n): Known => {
    const [said = 0, is = 0] = [then[n], truly[n]];
    if (isWrong(said, n) || (said % 2 !== is % 2 && !isOfSession(feature))) return "wrong";
    if (said !== is || !growsByOne(feature)) return "unknown";
    return said === NEVER ? "no" : said === EVER ? "yes" : "unknown";
  });
  if (!bears(document, asked, known)) return undefined;
  return then.some(isWrong) ? "ahead" : "then";
}

/** What the facts say of a session the edge reads from the cookie. */
const isOfSession = (feature: CompiledFeature): boolean =>
  feature.kind === "aggregate" && feature.window.kind === "session";

/** Of `outcomes`, where an odd one holds: whether the count is as it is or one higher. */
const NEVER = 0;
const EVER = 3;

/** Of each clause, also with a count that is one higher: see `sameSnapshot`. */
function outcomes(asked: Asked, read: (name: string) => FeatureValue | undefined): number[] {
  return [
    ...asked.clauses.map((clause) => {
      const { feature } = clause;
      const value = read(feature.name);
      const counts = feature.kind === "aggregate" && (feature.agg === "count" || feature.agg === "distinct");
      const more = counts && typeof value === "number" && holds(clause, value + 1);
      return (holds(clause, value) ? 1 : 0) + (more ? 2 : 0);
    }),
    ...asked.ranks.map((path) => rankOf(path, read)),
  ];
}

export type Add = (at: number | undefined) => void;

/** Moments after now at which some value that is asked for can change, ascending; one more than is looked at. */
function momentsOf(input: NextChangeInput, asked: Asked): number[] {
  const { document, facts, now, granted = PURPOSES, cuts, snapshots = [] } = input;
  const moments = new Set<number>();
  const add: Add = (at) => {
    if (at !== undefined && at > now && at <= now + HORIZON_MS) moments.add(at);
  };
  const ofState = (feature: KeptFeature, state: AggregateState) => {
    momentsOfState(feature, state, add);
    const own = innerOf(state);
    if (own && "r" in own) momentsOfRecency(feature, own.r, asked, cuts, now, add);
  };
  for (const purpose of purposesInUse(document)) {
    if (!granted.includes(purpose)) continue;
    const features = featuresFor(document, purpose);
    for (const feature of features) {
      if (!asked.names.has(feature.name)) continue;
      const state = isKept(feature) ? stateNow(facts, feature, now) : undefined;
      if (isKept(feature) && state) ofState(feature, state);
      if (feature.kind === "ratio") midnightsOf(feature, features, facts, now, add);
    }
  }
  for (const { features, asOf } of snapshots) {
    for (const name of asked.names) {
      const feature = asked.byName.get(name);
      const base = feature && Object.hasOwn(features, feature.hash) ? features[feature.hash] : undefined;
      if (!feature || base === undefined || !isKept(feature) || feature.kind === "origin") continue;
      if (typeof base === "object" && "h" in base) ofState(feature, base.h);
      else if (typeof base === "object" && "p" in base)
        ofState(feature, { q: base.p.map((at) => (at === null ? [] : [at])) });
      else if (feature.kind === "aggregate" && feature.agg === "recency" && typeof base === "number")
        ofState(feature, { r: base });
      // Of whole days the edge drops all once the window has passed.
      else add(leavesAt(feature.window, bucketOf(feature.window, asOf)));
    }
  }
  return [...moments].sort((a, b) => a - b).slice(0, MAX_LOOKED_AT + 1);
}

/** When what a state has leaves its window, or a sequence's time runs out. */
export function momentsOfState(feature: KeptFeature, state: AggregateState, add: Add): void {
  if (feature.kind === "origin") return;
  const { window } = feature;
  const leaves = (at: number) => add(leavesAt(window, bucketOf(window, at)));
  if ("q" in state) {
    for (const at of state.q.flat()) leaves(at);
    const last = feature.kind === "sequence" ? feature.steps.at(-1) : undefined;
    if (last?.absent) for (const begun of state.q.at(-2) ?? []) add(absentFrom(last, begun));
  } else if ("l" in state) leaves(state.l[0]);
  else if ("r" in state) leaves(state.r);
  else for (const bucket of bucketsIn(state)) add(leavesAt(window, bucket));
}

/** Hours pass thresholds: each of them, and the hour after it. What is ranked or scored by them changes with every hour. */
function momentsOfRecency(
  feature: KeptFeature,
  at: number,
  { clauses, byName, ranks }: Asked,
  cuts: Cuts | undefined,
  now: number,
  add: Add,
): void {
  const { name } = feature;
  const thresholds = clauses.flatMap((clause) => (clause.feature.name === name ? clause.numbers : []));
  let isEach = ranks.some((path) => path.split(".", 1)[0] === name);
  for (const one of byName.values()) {
    if (one.kind === "rfm" && one.recency === name) thresholds.push(...(cuts?.[one.name]?.recency ?? []));
    if (one.kind === "score" && one.points.some(([part]) => part === name)) isEach = true;
  }
  for (const hours of thresholds) {
    add(at + Math.ceil(hours) * HOUR_MS);
    add(at + (Math.floor(hours) + 1) * HOUR_MS);
  }
  const passed = Math.floor((now - at) / HOUR_MS);
  if (isEach) for (let n = 1; n <= MAX_LOOKED_AT + 1; n++) add(at + (passed + n) * HOUR_MS);
}

/** Until a person is known for as long as its windows last, a ratio divides by one day more each day. */
export function midnightsOf(
  { origin, ofDays, toDays }: CompiledRatio,
  features: readonly CompiledFeature[],
  facts: FactState,
  now: number,
  add: Add,
): void {
  const first = features.find(({ name }) => name === origin);
  const state = first ? facts[first.hash] : undefined;
  if (!state || !("o" in state)) return;
  const until = dayOf(state.o) + Math.max(ofDays, toDays);
  for (let day = dayOf(now) + 1; day <= until && day <= dayOf(now) + MAX_LOOKED_AT + 1; day++)
    add(day * DAY_MS);
}
