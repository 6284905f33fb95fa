/**
 * The lifecycle stage and the engagement score of a profile, by the release's `profile`. Both see the features of one
 * purpose, as a segment does. Pure; called by src/ingest/changes and by the console's profile page.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { type IdentityState, LIFECYCLE_STAGES, type LifecycleStage, type Purpose } from "#contracts/taxonomy";
import { compileCondition, type Predicate } from "#core/condition";
import type { FeatureValue } from "./features.ts";

/** Values of features by name, for each purpose. */
type Features = Readonly<Record<Purpose, Readonly<Record<string, FeatureValue>>>>;

interface Stage {
  name: LifecycleStage;
  test: Predicate;
}

const compiled = new WeakMap<ReleaseDocument, Stage[]>();

/** The furthest stage whose condition holds; null: none, or the release has no stages. */
export function stageOf(
  document: ReleaseDocument,
  features: Features,
  state: IdentityState,
): LifecycleStage | null {
  const { profile } = document;
  if (!profile) return null;
  let stages = compiled.get(document);
  if (!stages) {
    stages = LIFECYCLE_STAGES.flatMap((name) => {
      const when = profile.stages[name];
      return when ? [{ name, test: compileCondition(when) }] : [];
    }).reverse();
    compiled.set(document, stages);
  }
  const attributes = { ...features[profile.purpose], identity_state: state };
  return stages.find(({ test }) => test(attributes))?.name ?? null;
}

/** The further of two stages. */
export const furthest = (a: LifecycleStage | null, b: LifecycleStage | null): LifecycleStage | null =>
  placeOf(a) >= placeOf(b) ? a : b;

const placeOf = (stage: LifecycleStage | null): number =>
  stage === null ? -1 : LIFECYCLE_STAGES.indexOf(stage);

/** Sums of points have no more decimals than a person writes. */
const DECIMALS = 6;

/** From 0 to `max`, a multiple of `step` below it; null: the release has no score. */
export function scoreOf({ profile }: ReleaseDocument, features: Features): number | null {
  if (!profile?.score) return null;
  const { points, max, step } = profile.score;
  const values = features[profile.purpose];
  let sum = 0;
  for (const [name, each] of Object.entries(points)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value !== undefined) sum += each * (typeof value === "number" ? value : 1);
  }
  const rounded = Number((Math.round(sum / step) * step).toFixed(DECIMALS));
  return Math.min(max, Math.max(0, rounded));
}
