/**
 * The edge snapshot: what a slot decision may know of a visitor, in one small value. Ingest builds it from a profile's
 * facts, and stores it with the visitor's row only where `sameSnapshot` says that some decision could differ. It is in KV
 * as well from the moment at which it decides something by itself (`mattersAtEdge`). The slots path reads it together with
 * the session (attributes.ts).
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { IdentityState, Purpose } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { askedOf, type Clause, holds, rankOf, valuesOfSnapshot } from "./clauses.ts";
import { type CompactValue, compactOf } from "./compact.ts";
import type { CompiledFeature } from "./compile.ts";
import type { FactState, FeatureValue } from "./features.ts";
import type { Cuts } from "./rfm.ts";
import { shownAs } from "./shown-names.ts";
import type { UnitChanges } from "./unit.ts";

export interface EdgeSnapshot {
  v: 1;
  /** Grows with every snapshot that is published for this visitor. */
  version: number;
  /** Epoch ms: the newest `receivedAt` of the events in it, or when it was made without one. Windows are those of then. */
  asOf: number;
  /** Version of the release it was made under. */
  release: number;
  state: IdentityState;
  /** Sorted: those of `asOf`. The edge does not read them: it finds out by the features which hold. */
  segments: string[];
  /** By feature hash, not name: under the next release, a name may mean something else. Defaults are left out. */
  features: Record<string, CompactValue>;
  /** The purposes granted when it was made, sorted, with commas between. */
  granted: string;
  /** `asOf` of the visitor's first snapshot; absent in those of earlier releases. */
  born?: number;
  /** Since when the visitor goes by another's bucketing unit (unit.ts); absent: by their own. */
  units?: UnitChanges | undefined;
  /** Epoch ms of the newest event in it, where it was made without one, at `asOf`. */
  seen?: number;
  /** Which of the last minutes' requests are in it (since.ts); absent: all until `seen`, or else until `asOf`. */
  got?: number[] | undefined;
  /** Imported lists that the person is on, sorted; absent: none. */
  lists?: string[] | undefined;
  /** The person's own fields that templates name, sealed for this visitor (src/slots/person.ts). */
  person?: string;
  /** It is in KV, and so is every one that follows. */
  pub?: 1;
}

/** The snapshot of a profile's merged facts. Windows are those of `asOf`. */
export function buildSnapshot(input: {
  facts: FactState;
  features: readonly CompiledFeature[];
  /** The candidate's, during a canary. */
  also?: readonly CompiledFeature[] | undefined;
  segments: readonly string[];
  version: number;
  asOf: number;
  release: number;
  state: IdentityState;
  granted: readonly Purpose[];
  born?: number;
  units?: UnitChanges | undefined;
  got?: number[] | undefined;
  lists?: readonly string[] | undefined;
}): EdgeSnapshot {
  const features: EdgeSnapshot["features"] = {};
  for (const own of [input.features, input.also ?? []]) {
    const byName = new Map(own.map((feature) => [feature.name, feature]));
    for (const feature of own) {
      if (Object.hasOwn(features, feature.hash)) continue;
      const value = compactOf(feature, input.facts, byName, input.asOf);
      if (value !== undefined) features[feature.hash] = value;
    }
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
    ...(input.got && { got: input.got }),
    ...(input.lists && input.lists.length > 0 && { lists: [...input.lists].sort() }),
  };
}

/** However little changes, a visitor who is seen again gets a fresh snapshot after this long; none who only grows older. */
const MAX_AGE_MS = 30 * DAY_MS;

/** So much before the edge would decide otherwise by the published snapshot, it is replaced. */
export const AHEAD_MS = 10 * 60_000;
/** Counts that the session cookie may be trusted to bridge. */
const MAX_BEHIND = 16;
/** A sum is brought up to date with a visitor's next events after this: the cookie may have lost what it consists of. */
const SUMS_MS = 30 * 60_000;

/**
 * Whether `published` still serves instead of `current`, so that nothing has to be written.
 *
 * Decisions read features only through the clauses of conditions (clauses.ts). If each has the same outcome on both
 * snapshots, now and a little later, so has every condition: the segments that a snapshot names are for people to read, since
 * the edge finds them out by itself. Counts are also tried one higher: then a snapshot is exact one
 * event before a threshold, and the page after the event that passes it is personal in any session. And where a number may
 * yet decide something, it does not fall behind by more than the cookie remembers.
 */
export function sameSnapshot(
  published: EdgeSnapshot,
  current: EdgeSnapshot,
  document: ReleaseDocument,
  cuts?: Cuts,
): boolean {
  const asked = askedOf(document);
  if (
    published.state !== current.state ||
    published.person !== current.person ||
    published.granted !== current.granted ||
    JSON.stringify(published.units) !== JSON.stringify(current.units) ||
    (asked.lists && published.lists?.join() !== current.lists?.join()) ||
    (current.seen === undefined && current.asOf - published.asOf >= MAX_AGE_MS)
  )
    return false;
  // As in the session that goes on; of one that the snapshot does not know the cookie knows all.
  const session = sessionIn(current);
  const read = (snapshot: EdgeSnapshot, now: number, oneMore: boolean) =>
    valuesOfSnapshot(asked, snapshot, { now, session, cuts, oneMore });
  const { asOf } = current;
  const pairs = [asOf, asOf + AHEAD_MS].flatMap((now) =>
    [false, true].map((oneMore) => [read(published, now, oneMore), read(current, now, oneMore)] as const),
  );
  const [before, after] = [read(published, asOf, false), read(current, asOf, false)];
  const isOld = asOf - published.asOf > SUMS_MS;
  return (
    asked.clauses.every((clause) => {
      const { name } = clause.feature;
      return (
        pairs.every(([was, is]) => {
          const [a, b] = [was(name), is(name)];
          return a === b || holds(clause, a) === holds(clause, b);
        }) && !isBehind(clause, before(name), after(name), isOld)
      );
    }) &&
    asked.ranks.every((path) => rankOf(path, before) === rankOf(path, after)) &&
    asked.shown.every((path) => shownAs(path, before) === shownAs(path, after))
  );
}

/** The label of the session that some feature of a snapshot is about. */
function sessionIn({ features }: EdgeSnapshot): string | undefined {
  for (const value of Object.values(features)) if (typeof value === "object" && "s" in value) return value.s;
  return undefined;
}

/** Whether a number that has grown, and may yet come to decide, is further ahead than the cookie can bridge. */
function isBehind(
  clause: Clause,
  before: FeatureValue | undefined,
  after: FeatureValue | undefined,
  isOld: boolean,
): boolean {
  const { feature } = clause;
  if (feature.kind !== "aggregate" || typeof before !== "number" || typeof after !== "number") return false;
  const isFar =
    feature.agg === "sum"
      ? isOld && after !== before
      : feature.agg === "count" || feature.agg === "distinct"
        ? Math.abs(after - before) >= MAX_BEHIND
        : false;
  return isFar && holds(clause, after) !== holds(clause, Number.MAX_SAFE_INTEGER);
}

/**
 * Whether a visitor's pages may be others because of this snapshot alone: the visitor is in a segment, or known, or a
 * clause of some audience comes out otherwise than for a stranger. Until then it is not worth a write to KV: most visitors
 * never come back, the session knows what they do in their first visit, and who does come back is read from their row. What
 * templates show decides nothing, and is read there, too.
 */
export function mattersAtEdge(snapshot: EdgeSnapshot, document: ReleaseDocument, cuts?: Cuts): boolean {
  const asked = askedOf(document);
  if (
    snapshot.segments.length > 0 ||
    snapshot.state === "authenticated" ||
    (snapshot.state !== "anonymous" && asked.state) ||
    (asked.audienceLists && snapshot.lists !== undefined)
  )
    return true;
  const given = { now: snapshot.asOf, session: sessionIn(snapshot), cuts };
  const own = valuesOfSnapshot(asked, snapshot, given);
  const strangers = valuesOfSnapshot(asked, { features: {}, asOf: snapshot.asOf }, given);
  return (
    asked.clauses.some(
      (clause) =>
        clause.isAudience &&
        holds(clause, own(clause.feature.name)) !== holds(clause, strangers(clause.feature.name)),
    ) || asked.ranks.some((path) => rankOf(path, own) !== rankOf(path, strangers))
  );
}
