/**
 * What a segment's condition may ask about of a profile whose facts are at hand: its features for one purpose, who it is, its
 * lists, its stage, and other segments. Pure; called wherever membership is computed from facts: by ingest, next-change.ts
 * and the console.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { IdentityState, Purpose } from "#contracts/taxonomy";
import { asAttribute } from "./derived.ts";
import { type FeatureValue, isHidden } from "./features.ts";
import { compileSegments, segmentsOf } from "./membership.ts";
import { featuresFor } from "./purposes.ts";
import { stageIn } from "./stage.ts";

export interface ProfileFacts {
  /** Of the features, by name, for the purpose. */
  values: Readonly<Record<string, FeatureValue>>;
  state: IdentityState;
  /** Imported lists that the person is on, as far as the purpose may know. */
  lists: readonly string[];
  purpose: Purpose;
}

/** The stage, and the list of all segments, are found out when a condition asks for them. */
export function profileAttributes(
  document: ReleaseDocument,
  { values, state, lists, purpose }: ProfileFacts,
): Record<string, unknown> {
  let stage: unknown;
  let segments: string[] | undefined;
  const own: Record<string, unknown> = {};
  for (const feature of featuresFor(document, purpose)) {
    const { name } = feature;
    if (!isHidden(name))
      own[name] = asAttribute(feature, Object.hasOwn(values, name) ? values[name] : undefined);
  }
  const attributes: Record<string, unknown> = {
    ...own,
    identity_state: state,
    lists,
    get lifecycle_stage() {
      if (stage === undefined) stage = stageIn(document, attributes);
      return stage;
    },
    get segments() {
      segments ??= segmentsOf(attributes, compileSegments(document), [purpose]);
      return segments;
    },
  };
  return attributes;
}
