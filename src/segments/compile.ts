/**
 * A release's features, compiled once per document: what is kept as facts first, then what is made of other features, each
 * after those that it is made of. Called through features.ts.
 */
import type { Aggregate, Feature, Sequence } from "#contracts/definitions/feature";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { compileCondition, type Predicate } from "#core/condition";
import { fnv1a32 } from "#core/fnv";
import type { Step } from "./sequence.ts";
import { parseDuration, parseWindow, type Window } from "./windows.ts";

/** Which events of a name count. */
interface Filter {
  event: string;
  where?: Predicate | undefined;
  /** Name under which the session remembers that an event met `where`. */
  mark?: string | undefined;
}

interface Named {
  name: string;
  /** Of the definition, without its name: the key of its facts, and of its value in the snapshot. */
  hash: string;
}

export interface CompiledAggregate extends Named, Filter {
  kind: "aggregate";
  agg: Aggregate["agg"];
  /** Dotted path of the field, as it is written and cut into its parts. */
  field: string | undefined;
  path: readonly string[];
  window: Window;
}

/** When the first event came that a ratio looks back on: hidden, a fact that no condition can ask about. */
export interface CompiledOrigin extends Named, Filter {
  kind: "origin";
}

export interface CompiledSequence extends Named {
  kind: "sequence";
  steps: readonly Step[];
  window: Window;
}

/** Its state is in the facts. */
export type KeptFeature = CompiledAggregate | CompiledOrigin | CompiledSequence;

export interface CompiledRatio extends Named {
  kind: "ratio";
  of: string;
  to: string;
  /** Windows of both, in days. */
  ofDays: number;
  toDays: number;
  /** Name of the hidden feature that says how long the history is. */
  origin: string;
}

export interface CompiledAffinity extends Named {
  kind: "affinity";
  of: string;
  halfLifeDays: number | undefined;
}

export interface CompiledRfm extends Named {
  kind: "rfm";
  recency: string;
  frequency: string;
  monetary: string;
}

export interface CompiledScore extends Named {
  kind: "score";
  points: readonly (readonly [name: string, points: number])[];
  max: number;
  step: number;
}

/** It is made of other features. */
export type DerivedFeature = CompiledRatio | CompiledAffinity | CompiledRfm | CompiledScore;
export type CompiledFeature = KeptFeature | DerivedFeature;

export const isKept = (feature: CompiledFeature): feature is KeptFeature =>
  feature.kind === "aggregate" || feature.kind === "sequence" || feature.kind === "origin";

/** Names of other features that a definition is made of. */
export function partsOf(def: Feature): string[] {
  if ("ratio" in def) return [def.ratio.of, def.ratio.to];
  if ("affinity" in def) return [def.affinity.of];
  if ("rfm" in def) return [def.rfm.recency, def.rfm.frequency, def.rfm.monetary];
  return "score" in def ? Object.keys(def.score.points) : [];
}

const compiled = new WeakMap<ReleaseDocument, CompiledFeature[]>();

/** The release's features; hidden ones are among them. What is wrong with one (feature-issues.ts) leaves it out. */
export function compileFeatures(document: ReleaseDocument): CompiledFeature[] {
  const known = compiled.get(document);
  if (known) return known;
  const features: CompiledFeature[] = [];
  const derived: [name: string, def: Feature][] = [];
  for (const [name, def] of Object.entries(document.features)) {
    const kept = keptOf(name, def);
    if (kept) features.push(kept);
    else derived.push([name, def]);
  }
  const byName = new Map(features.map((feature) => [feature.name, feature]));
  const add = (feature: CompiledFeature) => {
    byName.set(feature.name, feature);
    features.push(feature);
  };
  // Each round takes those whose parts are there; those of a cycle never are.
  for (let left = derived, before = -1; left.length > 0 && left.length !== before; ) {
    before = left.length;
    left = left.filter(([name, def]) => {
      if (!partsOf(def).every((part) => byName.has(part))) return true;
      const feature = derivedOf(name, def, byName, add);
      if (feature) add(feature);
      return false;
    });
  }
  compiled.set(document, features);
  return features;
}

function keptOf(name: string, def: Feature): KeptFeature | undefined {
  if ("sequence" in def) {
    const { sequence, window } = def;
    const hash = hashOf(["sequence", sequence, window]);
    return { kind: "sequence", name, hash, steps: stepsOf(def), window: parseWindow(window) };
  }
  if (!("agg" in def)) return undefined;
  const { event, agg, field, where, window } = def;
  return {
    kind: "aggregate",
    name,
    hash: hashOf([event, agg, field ?? null, window, ...(where ? [where] : [])]),
    agg,
    field,
    path: agg === "count" || agg === "recency" ? [] : (field?.split(".") ?? []),
    window: parseWindow(window),
    ...filterOf(def),
  };
}

const filterOf = ({
  event,
  where,
}: {
  event: string;
  where?: Record<string, unknown> | undefined;
}): Filter => (where ? { event, where: compileCondition(where), mark: markOf(where) } : { event });

/** No field of a contract begins like this. */
const markOf = (where: Record<string, unknown>): string => `?${fnv1a32(JSON.stringify(where)).toString(36)}`;

function stepsOf({ sequence }: Sequence): Step[] {
  return sequence.map((step, n) => {
    const before = sequence[n - 1];
    const withinMs = step.within === undefined ? Number.POSITIVE_INFINITY : parseDuration(step.within);
    return { ...filterOf(step), withinMs, absent: step.absent, alike: before?.event === step.event };
  });
}

function derivedOf(
  name: string,
  def: Feature,
  byName: ReadonlyMap<string, CompiledFeature>,
  add: (feature: CompiledFeature) => void,
): CompiledFeature | undefined {
  const own = { name, hash: `~${hashOf(def)}` };
  if ("score" in def) {
    const { points, max, step } = def.score;
    return { ...own, kind: "score", points: Object.entries(points), max, step };
  }
  if ("rfm" in def) return { ...own, kind: "rfm", ...def.rfm };
  if ("affinity" in def) {
    const { of, halfLifeDays } = def.affinity;
    const top = byName.get(of);
    if (top?.kind !== "aggregate" || top.agg !== "top") return undefined;
    return { ...own, hash: `~${top.hash}${halfLifeDays ?? ""}`, kind: "affinity", of, halfLifeDays };
  }
  if (!("ratio" in def)) return undefined;
  const of = byName.get(def.ratio.of);
  const to = byName.get(def.ratio.to);
  if (of?.kind !== "aggregate" || to?.kind !== "aggregate") return undefined;
  const { event, where, mark } = to;
  const hash = hashOf(["first", event, mark ?? null]);
  const origin = `~${hash}`;
  if (!byName.has(origin)) add({ kind: "origin", name: origin, hash, event, where, mark });
  const days = { ofDays: of.window.buckets, toDays: to.window.buckets };
  return { ...own, kind: "ratio", of: of.name, to: to.name, origin, ...days };
}

/** Two 32-bit hashes of the definition, from different starts, in base 36. */
function hashOf(definition: unknown): string {
  const text = JSON.stringify(definition);
  return [text, `again ${text}`].map((one) => fnv1a32(one).toString(36).padStart(7, "0")).join("");
}
