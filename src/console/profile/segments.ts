/**
 * A profile's features, segments, stage and score, as ingest computes them of the same facts: of each clause of a segment's
 * condition whether it holds and by what value; and when something will change if nothing happens. Pure; called by
 * assemble.ts.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { IdentityState, Purpose } from "#contracts/taxonomy";
import { explainCondition } from "#core/condition/explain";
import { type FactState, type FeatureValue, featureValues, mergeFacts } from "#segments/features";
import { scoreOf, stageOf } from "#segments/lifecycle";
import { nextChangeAt } from "#segments/next-change";
import { profileAttributes } from "#segments/profile-attributes";
import { featuresFor, purposesInUse } from "#segments/purposes";
import type { Cuts } from "#segments/rfm";
import { valuesChangeAt } from "#segments/value-changes";
import type { ProfileSegment, ProfileView } from "./view.ts";

export interface SegmentsInput {
  /** Of each row. */
  facts: readonly FactState[];
  document: ReleaseDocument;
  state: IdentityState;
  /** Whether a purpose is denied to the person now. */
  isDenied(purpose: Purpose): boolean;
  /** By purpose: imported lists that the person is on. */
  lists?: Partial<Readonly<Record<Purpose, readonly string[]>>> | undefined;
  /** Of the release's RFM features. */
  cuts?: Cuts | undefined;
  /** Epoch ms. */
  now: number;
}

export function segmentsNow({
  facts,
  document,
  state,
  isDenied,
  lists = {},
  cuts,
  now,
}: SegmentsInput): Pick<ProfileView, "features" | "segments" | "lifecycle" | "changes_at"> {
  const merged = mergeFacts(facts);
  const values = new Map<Purpose, Record<string, FeatureValue>>(
    purposesInUse(document).map((purpose) => [
      purpose,
      featureValues(merged, featuresFor(document, purpose), now, cuts),
    ]),
  );
  const changes = new Map(
    purposesInUse(document).map((purpose) => [
      purpose,
      valuesChangeAt(merged, featuresFor(document, purpose), now, cuts),
    ]),
  );
  const features = [...values].flatMap(([purpose, each]) =>
    Object.entries(each).map(([name, value]) => ({
      name,
      purpose,
      value,
      cuts: cuts?.[name] ?? null,
      changes_at: isoOrNull(changes.get(purpose)?.get(name)),
    })),
  );
  const segments = Object.entries(document.segments).map(
    ([name, { purpose, description = "", when }]): ProfileSegment => {
      const own = { values: values.get(purpose) ?? {}, state, lists: lists[purpose] ?? [], purpose };
      const why = explainCondition(when, profileAttributes(document, own));
      return { name, purpose, description, in: why.holds, used: !isDenied(purpose), why };
    },
  );
  const { profile } = document;
  const byPurpose = { analytics: {}, marketing: {}, personalization: {}, ...Object.fromEntries(values) };
  const next = nextChangeAt({ document, facts: merged, state, now, lists, cuts });
  return {
    lifecycle: profile
      ? {
          stage: stageOf(document, byPurpose, state, lists[profile.purpose]),
          score: scoreOf(document, byPurpose),
          purpose: profile.purpose,
          used: !isDenied(profile.purpose),
        }
      : null,
    features,
    segments: segments.sort((a, b) => Number(b.in) - Number(a.in) || (a.name < b.name ? -1 : 1)),
    changes_at: isoOrNull(next),
  };
}

const isoOrNull = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();
