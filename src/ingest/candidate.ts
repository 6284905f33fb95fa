/**
 * What is kept of profiles besides, while a canary runs: facts of features that only the candidate has, and in snapshots
 * what its visitors are decided by. So the edge can decide by either release, and a promotion finds everything there. Called
 * by fold.ts and publish.ts.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Purpose } from "#contracts/taxonomy";
import type { ActiveRelease } from "#release/active";
import type { CompiledFeature } from "#segments/features";
import { featuresFor } from "#segments/purposes";
import { evaluate, type ProfileNow } from "./profiles.ts";

type ByPurpose = Partial<Record<Purpose, readonly CompiledFeature[]>>;

const cache = new WeakMap<ReleaseDocument, { stable: ReleaseDocument; features: ByPurpose }>();
const NONE: readonly CompiledFeature[] = [];

/** The candidate's features whose facts the stable release does not keep already: an event must count in each once. */
export function onlyInCandidate(
  { document: stable, candidate }: Pick<ActiveRelease, "document" | "candidate">,
  purpose: Purpose,
): readonly CompiledFeature[] {
  if (!candidate) return NONE;
  let known = cache.get(candidate.document);
  if (known?.stable !== stable) {
    known = { stable, features: {} };
    cache.set(candidate.document, known);
  }
  const features = known.features[purpose];
  if (features) return features;
  const kept = new Set(featuresFor(stable, purpose).map(({ hash }) => hash));
  const only = featuresFor(candidate.document, purpose).filter(({ hash }) => !kept.has(hash));
  known.features[purpose] = only;
  return only;
}

/** The segments, serving personalization, that a profile is in under either release. */
export function segmentsShown(profile: ProfileNow, { candidate }: ActiveRelease, now: number): string[] {
  const { personalization: own } = profile.segments;
  if (!candidate) return own;
  const { segments } = evaluate(profile, candidate.document, now);
  return [...new Set([...own, ...segments.personalization])];
}
