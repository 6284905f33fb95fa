/**
 * A profile's features, segments, stage and score, as ingest computes them of the same facts, and of each clause of a segment's condition
 * whether it holds and by what value. Pure; called by assemble.ts.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { IdentityState, Purpose } from "#contracts/taxonomy";
import { explainCondition } from "#core/condition/explain";
import { type FactState, type FeatureValue, featureValues, mergeFacts } from "#segments/features";
import { scoreOf, stageOf } from "#segments/lifecycle";
import { featuresFor, purposesInUse } from "#segments/purposes";
import type { ProfileSegment, ProfileView } from "./view.ts";

/**
 * @param facts of each row @param isDenied whether a purpose is denied to the person now
 * @param now epoch ms
 */
export function segmentsNow(
  facts: readonly FactState[],
  document: ReleaseDocument,
  state: IdentityState,
  isDenied: (purpose: Purpose) => boolean,
  now: number,
): Pick<ProfileView, "features" | "segments" | "lifecycle"> {
  const merged = mergeFacts(facts);
  const values = new Map<Purpose, Record<string, FeatureValue>>(
    purposesInUse(document).map((purpose) => [
      purpose,
      featureValues(merged, featuresFor(document, purpose), now),
    ]),
  );
  const features = [...values].flatMap(([purpose, each]) =>
    Object.entries(each).map(([name, value]) => ({ name, purpose, value })),
  );
  const segments = Object.entries(document.segments).map(
    ([name, { purpose, description = "", when }]): ProfileSegment => {
      const why = explainCondition(when, { ...values.get(purpose), identity_state: state });
      return { name, purpose, description, in: why.holds, used: !isDenied(purpose), why };
    },
  );
  const { profile } = document;
  const byPurpose = { analytics: {}, marketing: {}, personalization: {}, ...Object.fromEntries(values) };
  return {
    lifecycle: profile
      ? {
          stage: stageOf(document, byPurpose, state),
          score: scoreOf(document, byPurpose),
          purpose: profile.purpose,
          used: !isDenied(profile.purpose),
        }
      : null,
    features,
    segments: segments.sort((a, b) => Number(b.in) - Number(a.in) || (a.name < b.name ? -1 : 1)),
  };
}
