/**
 * The lifecycle stage that attributes amount to: for the conditions that ask for it, at the edge and at ingest, and for
 * lifecycle.ts. Pure.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { LIFECYCLE_STAGES, type LifecycleStage } from "#contracts/taxonomy";
import type { Predicate } from "#core/condition";
import { compileAudience } from "./membership.ts";

interface Stage {
  name: LifecycleStage;
  test: Predicate;
}

const compiled = new WeakMap<ReleaseDocument, Stage[]>();

/**
 * The furthest stage that attributes amount to. In a condition it is that of the condition's own purpose: what a segment
 * for personalization may know of a stage is what events say that granted personalization.
 */
export function stageIn(
  document: ReleaseDocument,
  attributes: Record<string, unknown>,
): LifecycleStage | null {
  let stages = compiled.get(document);
  if (!stages) {
    stages = LIFECYCLE_STAGES.flatMap((name) => {
      const when = document.profile?.stages[name];
      return when ? [{ name, test: compileAudience(document, when) }] : [];
    }).reverse();
    compiled.set(document, stages);
  }
  return stages.find(({ test }) => test(attributes))?.name ?? null;
}
