/**
 * What the edge asks of features: each clause such as `purchases_30d: {$gte: 2}` in the conditions of segments, audiences and
 * stages, by itself. If every clause over a feature has the same outcome on two snapshots, so has every condition, whatever
 * the request's country or device. Compiled once per release; pure. Called by snapshot.ts and next-change.ts.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { compileCondition, type Predicate } from "#core/condition";
import { valueAt } from "#core/condition/path";
import { type CompiledFeature, compileFeatures, partsOf } from "./compile.ts";
import { asAttribute } from "./derived.ts";
import { edgeValue } from "./edge-values.ts";
import type { FeatureValue } from "./features.ts";
import type { Cuts } from "./rfm.ts";
import { shownNames } from "./shown-names.ts";
import type { EdgeSnapshot } from "./snapshot.ts";
import { valuesIn } from "./snapshot-text.ts";

export interface Clause {
  feature: CompiledFeature;
  /** `clauseText` of it. */
  text: string;
  test: Predicate;
  /** Of an offer's audience, not of a segment. */
  isAudience: boolean;
  /** What it compares with, as far as that is numbers. */
  numbers: readonly number[];
}

export interface Asked {
  clauses: readonly Clause[];
  /** Dotted paths of features that rank offers. */
  ranks: readonly string[];
  /** Dotted paths of features that templates show. */
  shown: readonly string[];
  /** Some audience asks how far a visitor is known. */
  state: boolean;
  /** Some condition asks for imported lists. */
  lists: boolean;
  /** Some audience asks for them. */
  audienceLists: boolean;
  /** Features whose value decides anything here or at a destination, and what they are made of. */
  names: ReadonlySet<string>;
  byName: ReadonlyMap<string, CompiledFeature>;
}

/** What names a clause. Many conditions have the same. */
export const clauseText = (key: string, value: unknown): string => JSON.stringify([key, value]);

const askedIn = new WeakMap<ReleaseDocument, Asked>();

/** All that is asked of features in a release. */
export function askedOf(document: ReleaseDocument): Asked {
  const known = askedIn.get(document);
  if (known) return known;
  const { segments, offers, profile, features } = document;
  const byName = new Map(compileFeatures(document).map((feature) => [feature.name, feature]));
  // Many segments ask the same.
  const clauses = new Map<string, Clause>();
  const builtIn = { segment: new Set<string>(), audience: new Set<string>() };
  const collect = (condition: unknown, isAudience: boolean): void => {
    if (Array.isArray(condition)) {
      for (const one of condition) collect(one, isAudience);
    } else if (typeof condition === "object" && condition !== null) {
      for (const [key, value] of Object.entries(condition)) {
        const name = key.split(".", 1)[0] ?? key;
        const feature = byName.get(name);
        if (feature) {
          const text = clauseText(key, value);
          const same = clauses.get(text);
          if (same) same.isAudience ||= isAudience;
          else {
            const test = compileCondition({ [key]: value });
            clauses.set(text, { feature, text, test, isAudience, numbers: numbersIn(value) });
          }
        } else if (key.startsWith("$")) collect(value, isAudience);
        else builtIn[isAudience ? "audience" : "segment"].add(name);
      }
    }
  };
  for (const { when } of Object.values(segments)) collect(when, false);
  for (const { audience } of Object.values(offers)) collect(audience, true);
  const asks = (name: string) => builtIn.segment.has(name) || builtIn.audience.has(name);
  const stages = Object.values(profile?.stages ?? {});
  const ofAudience = builtIn.audience.has("lifecycle_stage");
  if (asks("lifecycle_stage")) for (const when of stages) collect(when, ofAudience);

  const ranks = Object.values(offers).flatMap(({ score }) => score ?? []);
  const told = stages.flatMap((when) => JSON.stringify(when).match(/"[^"$][^"]*"/g) ?? []);
  const names = new Set<string>();
  const add = (name: string): void => {
    if (names.has(name) || !byName.has(name)) return;
    names.add(name);
    const def = Object.hasOwn(features, name) ? features[name] : undefined;
    for (const part of def ? partsOf(def) : []) add(part);
  };
  for (const { feature } of clauses.values()) add(feature.name);
  const shown = shownNames(document);
  for (const path of [...ranks, ...shown, ...told.map((text) => text.slice(1, -1))])
    add(path.split(".", 1)[0] ?? path);
  for (const name of Object.keys(profile?.score?.points ?? {})) add(name);

  const asked = {
    clauses: [...clauses.values()],
    ranks: [...new Set(ranks)],
    shown,
    state: builtIn.audience.has("identity_state"),
    lists: asks("lists"),
    audienceLists: builtIn.audience.has("lists"),
    names,
    byName,
  };
  askedIn.set(document, asked);
  return asked;
}

function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}

/** Reads the features of a snapshot as the edge would, were there nothing else. */
export function valuesOfSnapshot(
  { byName }: Asked,
  snapshot: Pick<EdgeSnapshot, "features" | "asOf">,
  given: { now: number; session: string | undefined; cuts: Cuts | undefined; oneMore?: boolean },
): (name: string) => FeatureValue | undefined {
  const { now, session, cuts, oneMore = false } = given;
  const { features, asOf } = snapshot;
  const goesOn = session === undefined ? undefined : { label: () => session, events: () => [] };
  const state = { now, features: valuesIn(features), asOf, recent: [], session: goesOn, cuts, oneMore };
  const values = new Map<string, FeatureValue | undefined>();
  const read = (name: string): FeatureValue | undefined => {
    if (values.has(name)) return values.get(name);
    const feature = byName.get(name);
    const value = feature && edgeValue(feature, byName, state, read);
    values.set(name, value);
    return value;
  };
  return read;
}

/** Whether a clause holds of a value. */
export const holds = ({ test, feature }: Clause, value: FeatureValue | undefined): boolean =>
  test({ [feature.name]: asAttribute(feature, value) });

/** What ranks an offer, coarsely: a tenth more or less does not change it. */
export function rankOf(path: string, read: (name: string) => FeatureValue | undefined): number {
  const [name = "", ...rest] = path.split(".");
  const value = valueAt(read(name) ?? null, rest);
  return typeof value === "number" ? Number(value.toPrecision(1)) : 0;
}
