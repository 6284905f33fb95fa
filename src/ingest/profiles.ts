/**
 * What a batch's profiles are after it: features, segments, what they entered and left. Computed from the rows in memory,
 * before they are written.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { IdentityState, Purpose } from "#contracts/taxonomy";
import type { IdentifierRow } from "#identity/graph";
import { grantedNow, identityState } from "#identity/state";
import { type FactState, type FeatureValue, featureValues, foldEvent, mergeFacts } from "#segments/features";
import { compileSegments, segmentsOf } from "#segments/membership";
import { featuresFor, purposesInUse } from "#segments/purposes";
import type { IngestEvent } from "./batch.ts";
import type { Folded } from "./fold.ts";

export interface ProfileNow {
  root: string;
  members: IdentifierRow[];
  state: IdentityState;
  /** By purpose: a segment serves one. */
  segments: Record<Purpose, string[]>;
  features: Record<Purpose, Record<string, FeatureValue>>;
  /** The facts, and the members, before the batch: which of its events changed a segment is found from here. */
  earlier: FactState;
  earlierKeys: string[];
}

/** What one event changed. */
export interface SegmentChange {
  entered: string[];
  left: string[];
}

/** The profile of a root, with its segments now and what changed against `before`. */
export function profileNow(
  root: string,
  folded: Pick<Folded, "rows" | "before"> & { partition: Pick<Folded["partition"], "members"> },
  document: ReleaseDocument,
  now: number,
): ProfileNow {
  const keys = folded.partition.members.get(root) ?? [root];
  const members = keys.flatMap((key) => folded.rows.get(key) ?? []);
  const earlier = mergeFacts(keys.map((key) => (folded.before.get(key)?.facts ?? {}) as FactState)); // written by foldEvent alone
  const state = identityState(keys, grantedNow(members));
  const facts = mergeFacts(members.map((row) => row.facts as FactState));
  const earlierKeys = keys.filter((key) => folded.before.has(key));
  return { root, members, state, earlier, earlierKeys, ...evaluate(facts, document, state, now) };
}

/**
 * Which event of the batch made the profile enter or leave which segments: its events are folded once more, one by one,
 * onto what was known before, and so are the identifiers that they name. Events without a change are not in the answer.
 */
export function changesByEvent(
  profile: ProfileNow,
  items: readonly IngestEvent[],
  document: ReleaseDocument,
  now: number,
): Map<IngestEvent, SegmentChange> {
  const changes = new Map<IngestEvent, SegmentChange>();
  const known = new Set(profile.earlierKeys);
  const own = new Set(profile.members.map(({ key }) => key));
  const granted = grantedNow(profile.members);
  let facts = profile.earlier;
  const segments = () => namesOf(evaluate(facts, document, identityState([...known], granted), now).segments);
  let was = segments();
  for (const item of items) {
    for (const purpose of item.granted)
      facts = foldEvent(facts, item.event, featuresFor(document, purpose), now);
    for (const key of item.resolution.keys) if (own.has(key)) known.add(key);
    const is = segments();
    const entered = [...is].filter((s) => !was.has(s));
    const left = [...was].filter((s) => !is.has(s));
    if (entered.length > 0 || left.length > 0) changes.set(item, { entered, left });
    was = is;
  }
  return changes;
}

const namesOf = (segments: Record<Purpose, string[]>): Set<string> => new Set(Object.values(segments).flat());

function evaluate(facts: FactState, document: ReleaseDocument, state: IdentityState, now: number) {
  const segments: Record<Purpose, string[]> = { analytics: [], marketing: [], personalization: [] };
  const features: Record<Purpose, Record<string, FeatureValue>> = {
    analytics: {},
    marketing: {},
    personalization: {},
  };
  for (const purpose of purposesInUse(document)) {
    const values = featureValues(facts, featuresFor(document, purpose), now);
    features[purpose] = values;
    segments[purpose] = segmentsOf({ ...values, identity_state: state }, compileSegments(document), [
      purpose,
    ]);
  }
  return { segments, features };
}
