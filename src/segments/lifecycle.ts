/**
 * The lifecycle stage and the engagement score of a profile, by the release's `profile`. Both see the features of one
 * purpose, as a segment does. Pure; called by src/ingest/changes and by the console's profile page.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { type IdentityState, LIFECYCLE_STAGES, type LifecycleStage, type Purpose } from "#contracts/taxonomy";
import { scorePoints } from "./derived.ts";
import type { FeatureValue } from "./features.ts";
import { profileAttributes } from "./profile-attributes.ts";
import { stageIn } from "./stage.ts";

/** Values of features by name, for each purpose. */
type Features = Readonly<Record<Purpose, Readonly<Record<string, FeatureValue>>>>;

/** The furthest stage whose condition holds; null: none, or the release has no stages. */
export function stageOf(
  document: ReleaseDocument,
  features: Features,
  state: IdentityState,
  lists: readonly string[] = [],
): LifecycleStage | null {
  const { profile } = document;
  if (!profile) return null;
  const { purpose } = profile;
  return stageIn(document, profileAttributes(document, { values: features[purpose], state, lists, purpose }));
}

/** The further of two stages. */
export const furthest = (a: LifecycleStage | null, b: LifecycleStage | null): LifecycleStage | null =>
  placeOf(a) >= placeOf(b) ? a : b;

const placeOf = (stage: LifecycleStage | null): number =>
  stage === null ? -1 : LIFECYCLE_STAGES.indexOf(stage);

/** From 0 to `max`, a multiple of `step` below it; null: the release has no score. */
export function scoreOf({ profile }: ReleaseDocument, features: Features): number | null {
  if (!profile?.score) return null;
  const { points, max, step } = profile.score;
  const values = features[profile.purpose];
  return scorePoints({ points: Object.entries(points), max, step }, (name) =>
    Object.hasOwn(values, name) ? values[name] : undefined,
  );
}
