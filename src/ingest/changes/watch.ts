/**
 * Which destinations of a release ask for changes of profiles, and for which; compiled once per release. Called by mark.ts
 * and tell.ts. Where there are none, nothing is read or written for changes.
 */
import type { DestinationDefinition } from "#contracts/definitions/destination";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Traits } from "#contracts/event";
import type { Purpose } from "#contracts/taxonomy";
import { type Plan, planOf } from "#forward/route";

export type TraitName = keyof Traits;

export interface Watch {
  key: string;
  queue: DestinationDefinition["queue"];
  purposes: readonly Purpose[];
  /** What has to be granted. */
  needs: readonly Purpose[];
  /** Those of which entering and leaving is told. */
  segments: ReadonlySet<string>;
  stage: boolean;
  score: boolean;
  /** Those whose new values are told. */
  traits: readonly TraitName[];
  /** Those that go along: the same, and what names the person there. None where the destination may have none. */
  carried: readonly TraitName[];
  debounceMs: number;
  /** What it may see, as of events. */
  plan: Plan;
}

/** What a vendor knows a person by: when one of these is new, it is another record there, which knows nothing yet. */
export const NAMING: readonly TraitName[] = ["email", "phone", "customer_id"];

const watches = new WeakMap<ReleaseDocument, Watch[]>();

/** The enabled destinations that ask for changes. */
export function watchesOf(document: ReleaseDocument): Watch[] {
  let known = watches.get(document);
  if (!known) {
    known = planOf(document).flatMap((plan) => watchOf(plan, document) ?? []);
    watches.set(document, known);
  }
  return known;
}

function watchOf(plan: Plan, { profile }: ReleaseDocument): Watch | undefined {
  const { changes, enabled, purposes, queue } = plan.definition;
  if (!changes || !enabled) return undefined;
  const { segments, stage, score, traits, debounceSeconds } = changes;
  // Validated when it was published; a release from before that rule is not told what it must not have.
  const mayHave = profile !== undefined && purposes.includes(profile.purpose);
  const chosen = plan.takesTraits ? traits : [];
  return {
    key: plan.key,
    queue,
    purposes,
    needs: plan.needs,
    segments: segments === "all" ? plan.segments : plan.segments.intersection(new Set(segments)),
    stage: stage && mayHave,
    score: score && mayHave,
    traits: chosen,
    carried: plan.takesTraits ? [...new Set([...NAMING, ...chosen])] : [],
    debounceMs: debounceSeconds * 1000,
    plan,
  };
}
