/**
 * The edge snapshot: what a slot decision may know of a visitor, in one small value. Ingest builds it from a profile's
 * facts, and stores it with the visitor's row only where `sameSnapshot` says that some decision could differ. It is in KV
 * as well from the moment at which it decides something by itself (`mattersAtEdge`). The slots path reads it together with
 * the session (attributes.ts).
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { IdentityState, Purpose } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { compileCondition, type Predicate } from "#core/condition";
import { type CompactValue, toCompact, valueOfCompact } from "./compact.ts";
import {
  type CompiledFeature,
  compileFeatures,
  type FactState,
  type FeatureValue,
  stateNow,
} from "./features.ts";
import type { UnitChanges } from "./unit.ts";

export interface EdgeSnapshot {
  v: 1;
  /** Grows with every snapshot that is published for this visitor. */
  version: number;
  /** Epoch ms: the newest `receivedAt` of the events in it. */
  asOf: number;
  /** Version of the release it was made under. */
  release: number;
  state: IdentityState;
  /** Sorted. */
  segments: string[];
  /** By feature hash, not name: under the next release, a name may mean something else. Defaults are left out. */
  features: Record<string, CompactValue>;
  /** The purposes granted when it was made, sorted, with commas between. */
  granted: string;
  /** `asOf` of the visitor's first snapshot; absent in those of earlier releases. */
  born?: number;
  /** Since when the visitor goes by another's bucketing unit (unit.ts); absent: by their own. */
  units?: UnitChanges | undefined;
  /** It is in KV, and so is every one that follows. */
  pub?: 1;
}

/** The snapshot of a profile's merged facts. Windows are those of `asOf`. */
export function buildSnapshot(input: {
  facts: FactState;
  features: readonly CompiledFeature[];
  segments: readonly string[];
  version: number;
  asOf: number;
  release: number;
  state: IdentityState;
  granted: readonly Purpose[];
  born?: number;
  units?: UnitChanges | undefined;
}): EdgeSnapshot {
  const features: EdgeSnapshot["features"] = {};
  for (const feature of input.features) {
    const state = stateNow(input.facts, feature, input.asOf);
    const value = state && toCompact(state);
    if (value !== undefined) features[feature.hash] = value;
  }
  return {
    v: 1,
    version: input.version,
    asOf: input.asOf,
    release: input.release,
    state: input.state,
    segments: [...input.segments].sort(),
    features,
    granted: [...input.granted].sort().join(),
    ...(input.born !== undefined && { born: input.born }),
    ...(input.units && { units: input.units }),
  };
}

/** However little changes, a visitor who is seen again gets a fresh snapshot after this long. */
const MAX_AGE_MS = 30 * DAY_MS;

/**
 * Whether `published` still serves instead of `current`, so that nothing has to be written.
 *
 * Decisions read features only through the conditions of segments and audiences. Each of those is a combination of
 * clauses such as `purchases_30d: {$gte: 2}`. If every clause over a feature has the same outcome on both snapshots,
 * so has every condition, whatever the request's country or device. Counts are also tried one higher: then a snapshot
 * is exact one event before a threshold, and the page after the event that passes it is personal in any session.
 */
export function sameSnapshot(
  published: EdgeSnapshot,
  current: EdgeSnapshot,
  document: ReleaseDocument,
): boolean {
  return (
    published.state === current.state &&
    published.granted === current.granted &&
    published.segments.join() === current.segments.join() &&
    JSON.stringify(published.units) === JSON.stringify(current.units) &&
    current.asOf - published.asOf < MAX_AGE_MS &&
    compileClauses(document).every(({ feature, test }) => {
      const before = valueOfCompact(feature, published.features[feature.hash], []);
      const after = valueOfCompact(feature, current.features[feature.hash], []);
      if (before === after) return true;
      if (holds(test, feature, before) !== holds(test, feature, after)) return false;
      const counts = feature.def.agg === "count" || feature.def.agg === "distinct";
      return !counts || holds(test, feature, plusOne(before)) === holds(test, feature, plusOne(after));
    })
  );
}

/**
 * Whether a visitor's pages may be others because of this snapshot alone: the visitor is in a segment, or known, or a
 * clause of some audience comes out otherwise than for a stranger. Until then it is not worth a write to KV: most visitors
 * never come back, the session knows what they do in their first visit, and who does come back is read from their row.
 */
export const mattersAtEdge = (snapshot: EdgeSnapshot, document: ReleaseDocument): boolean =>
  snapshot.segments.length > 0 ||
  snapshot.state === "authenticated" ||
  (snapshot.state !== "anonymous" && asksForState(document)) ||
  compileClauses(document).some(
    ({ feature, test, isAudience }) =>
      isAudience &&
      holds(test, feature, valueOfCompact(feature, snapshot.features[feature.hash], [])) !==
        holds(test, feature, valueOfCompact(feature, undefined, [])),
  );

/** Whether some audience asks how far a visitor is known; what a segment asks is in the segments. */
const asksForState = ({ offers }: ReleaseDocument): boolean =>
  Object.values(offers).some(({ audience }) => JSON.stringify(audience).includes('"identity_state"'));

interface Clause {
  feature: CompiledFeature;
  test: Predicate;
  /** Of an offer's audience, not of a segment. */
  isAudience: boolean;
}

const clausesOf = new WeakMap<ReleaseDocument, Clause[]>();

/** Every clause over a feature in the conditions of segments and of offers' audiences. */
function compileClauses(document: ReleaseDocument): Clause[] {
  const known = clausesOf.get(document);
  if (known) return known;
  const features = new Map(compileFeatures(document).map((feature) => [feature.name, feature]));
  const clauses: Clause[] = [];
  const collect = (condition: unknown, isAudience: boolean): void => {
    if (Array.isArray(condition)) {
      for (const one of condition) collect(one, isAudience);
    } else if (typeof condition === "object" && condition !== null) {
      for (const [key, value] of Object.entries(condition)) {
        const feature = features.get(key.split(".")[0] ?? key);
        if (feature) clauses.push({ feature, test: compileCondition({ [key]: value }), isAudience });
        else if (key.startsWith("$")) collect(value, isAudience);
      }
    }
  };
  for (const segment of Object.values(document.segments)) collect(segment.when, false);
  for (const offer of Object.values(document.offers)) collect(offer.audience, true);
  clausesOf.set(document, clauses);
  return clauses;
}

const holds = (test: Predicate, { name }: CompiledFeature, value: FeatureValue | undefined): boolean =>
  test(value === undefined ? {} : { [name]: value });

const plusOne = (value: FeatureValue | undefined): FeatureValue | undefined =>
  typeof value === "number" ? value + 1 : value;
