/**
 * When each feature's value changes next if nothing happens: what an operator is told beside the value. Unlike
 * next-change.ts it asks for the value itself, not for what is decided by it. Pure; called by the console.
 */
import { innerOf } from "./aggregate.ts";
import { type CompiledFeature, isKept } from "./compile.ts";
import { type FactState, featureValues, stateNow } from "./features.ts";
import { type Add, midnightsOf, momentsOfState } from "./next-change.ts";
import type { Cuts } from "./rfm.ts";
import { HOUR_MS } from "./windows.ts";

const MAX_LOOKED_AT = 200;

/** @param now epoch ms @returns epoch ms by name; a feature that is not in it stays as it is, as far as is foreseen */
export function valuesChangeAt(
  facts: FactState,
  features: readonly CompiledFeature[],
  now: number,
  cuts?: Cuts,
): Map<string, number> {
  const moments = new Set<number>();
  const add: Add = (at) => {
    if (at !== undefined && at > now) moments.add(at);
  };
  for (const feature of features) {
    if (feature.kind === "ratio") midnightsOf(feature, features, facts, now, add);
    const state = isKept(feature) ? stateNow(facts, feature, now) : undefined;
    if (!isKept(feature) || !state) continue;
    momentsOfState(feature, state, add);
    const own = innerOf(state);
    if (!own || !("r" in own)) continue;
    add(own.r + (Math.floor((now - own.r) / HOUR_MS) + 1) * HOUR_MS);
    for (const one of features)
      if (one.kind === "rfm" && one.recency === feature.name)
        for (const cut of cuts?.[one.name]?.recency ?? []) add(own.r + (Math.floor(cut) + 1) * HOUR_MS);
  }
  const changes = new Map<string, number>();
  const before = textsOf(facts, features, now, cuts);
  for (const at of [...moments].sort((a, b) => a - b).slice(0, MAX_LOOKED_AT)) {
    const then = textsOf(facts, features, at, cuts);
    for (const { name } of features)
      if (!changes.has(name) && then.get(name) !== before.get(name)) changes.set(name, at);
  }
  return changes;
}

const textsOf = (
  facts: FactState,
  features: readonly CompiledFeature[],
  at: number,
  cuts: Cuts | undefined,
): Map<string, string> =>
  new Map(
    Object.entries(featureValues(facts, features, at, cuts)).map(([name, value]) => [
      name,
      JSON.stringify(value),
    ]),
  );
