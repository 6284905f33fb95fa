/**
 * What conditions may ask about, and of what type each is: the release's features, and what is built in. Pure; asked when
 * a release is validated, so that a condition that could never hold is refused with a reason.
 */
import type { Feature } from "#contracts/definitions/feature";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { DEVICE_TYPES, IDENTITY_STATES, LIFECYCLE_STAGES } from "#contracts/taxonomy";
import type { AttributeType } from "#core/condition/types";

export type { AttributeType };

/** What the profile says, besides features: all that a segment or a stage may ask about. */
const OF_PROFILE: Readonly<Record<string, AttributeType>> = {
  identity_state: { oneOf: IDENTITY_STATES },
  lifecycle_stage: { oneOf: LIFECYCLE_STAGES },
  lists: "string[]",
  segments: "string[]",
};

/** What only a request says: audiences may ask about it, segments may not. */
const OF_REQUEST: Readonly<Record<string, AttributeType>> = {
  country: "string",
  region: "string",
  device: { oneOf: DEVICE_TYPES },
  session_number: { least: 1 },
  utm_source: "string",
  utm_medium: "string",
  utm_campaign: "string",
};

/** Names that no feature may have. */
export const BUILT_IN: ReadonlySet<string> = new Set([
  ...Object.keys(OF_PROFILE),
  ...Object.keys(OF_REQUEST),
  "person",
]);

/** What a segment's condition may ask about. */
export const profileTypes = ({ features }: ReleaseDocument): Map<string, AttributeType> =>
  new Map([
    ...Object.entries(OF_PROFILE),
    ...Object.entries(features).map(([name, feature]) => [name, typeOf(feature)] as const),
  ]);

/** What an offer's audience may ask about. */
export const attributeTypes = (document: ReleaseDocument): Map<string, AttributeType> =>
  new Map([...profileTypes(document), ...Object.entries(OF_REQUEST)]);

/** Of the cuts between five parts. */
const QUANTILE: AttributeType = { least: 1, most: 5 };
const RFM: AttributeType = {
  parts: { recency: QUANTILE, frequency: QUANTILE, monetary: QUANTILE, code: "string" },
};

function typeOf(feature: Feature): AttributeType {
  if ("sequence" in feature) return "boolean";
  if ("ratio" in feature) return "number";
  if ("score" in feature) return { least: 0, most: feature.score.max };
  if ("affinity" in feature) return { parts: "numbers" };
  if ("rfm" in feature) return RFM;
  switch (feature.agg) {
    case "top":
      return "string";
    case "first":
    case "last":
      return "unknown";
    case "count":
    case "distinct":
    case "recency":
      return { least: 0 };
    default:
      return "number";
  }
}
