/**
 * What a batch's profiles are after it: features, segments, what they entered and left. Computed from the rows in memory,
 * before they are written.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { type IdentityState, PURPOSES, type Purpose } from "#contracts/taxonomy";
import type { IdentifierRow } from "#identity/graph";
import { grantedNow, identityState } from "#identity/state";
import { type FactState, type FeatureValue, featureValues, foldEvent, mergeFacts } from "#segments/features";
import { compileSegments, segmentsOf } from "#segments/membership";
import { profileAttributes } from "#segments/profile-attributes";
import { featuresFor, purposesInUse } from "#segments/purposes";
import type { Cuts } from "#segments/rfm";
import type { IngestEvent } from "./batch.ts";
import { surelyGranted } from "./changes/person.ts";
import type { Folded } from "./fold.ts";

export interface ProfileNow {
  root: string;
  members: IdentifierRow[];
  state: IdentityState;
  /** By purpose: a segment serves one. */
  segments: Record<Purpose, string[]>;
  features: Record<Purpose, Record<string, FeatureValue>>;
  facts: FactState;
  /** By purpose: imported lists that name one of its identifiers. Of one that is not surely granted, none. */
  lists: ListsNow;
  /** Of the release's RFM features. */
  cuts: Cuts | undefined;
  /** The facts, and the members, before the batch: which of its events changed a segment is found from here. */
  earlier: FactState;
  earlierKeys: string[];
}

export type ListsNow = Record<Purpose, readonly string[]>;

/** Segments of a profile as if nothing of the batch had come. */
export function segmentsBefore(profile: ProfileNow, document: ReleaseDocument, now: number): string[] {
  const { earlier, earlierKeys, members } = profile;
  const state = identityState(earlierKeys, grantedNow(members));
  const { segments } = evaluate({ ...profile, facts: earlier, state }, document, now);
  return grantedSegments({ segments, members });
}

/** Names, sorted: of segments whose purpose is surely granted. Of the others nothing may be shown, told or remembered. */
export function grantedSegments({ segments, members }: Pick<ProfileNow, "segments" | "members">): string[] {
  const granted = surelyGranted(members);
  return PURPOSES.flatMap((purpose) => (granted.includes(purpose) ? segments[purpose] : [])).sort();
}

/** What one event changed. */
export interface SegmentChange {
  entered: string[];
  left: string[];
}

/** The profile of a root, with its segments now and what changed against `before`. */
export function profileNow(
  root: string,
  folded: Pick<Folded, "rows" | "before" | "lists"> & {
    partition: Pick<Folded["partition"], "members">;
    cuts?: Cuts | undefined;
  },
  document: ReleaseDocument,
  now: number,
): ProfileNow {
  const keys = folded.partition.members.get(root) ?? [root];
  const members = keys.flatMap((key) => folded.rows.get(key) ?? []);
  const earlier = mergeFacts(keys.map((key) => (folded.before.get(key)?.facts ?? {}) as FactState)); // written by foldEvent alone
  const state = identityState(keys, grantedNow(members));
  const facts = mergeFacts(members.map((row) => row.facts as FactState));
  const earlierKeys = keys.filter((key) => folded.before.has(key));
  const lists = listsOf(members, folded.lists, document);
  const { cuts } = folded;
  const evaluated = evaluate({ facts, state, lists, cuts }, document, now);
  return { root, members, state, facts, lists, cuts, earlier, earlierKeys, ...evaluated };
}

const NO_LISTS: ListsNow = { analytics: [], marketing: [], personalization: [] };

/**
 * Facts are there for a purpose since some event granted it. A list is not: it counts where the purpose is surely granted.
 * Whom somebody only claims to be is no member, so a claim puts nobody on a list.
 */
export function listsOf(
  members: readonly IdentifierRow[],
  known: Folded["lists"],
  { lists }: ReleaseDocument,
): ListsNow {
  if (known.size === 0) return NO_LISTS;
  const named = new Set(members.flatMap(({ key }) => known.get(key) ?? []));
  const own = [...named].filter((name) => Object.hasOwn(lists, name)).sort();
  if (own.length === 0) return NO_LISTS;
  const granted = surelyGranted(members);
  const of = (purpose: Purpose) => (granted.includes(purpose) ? own : []);
  return { analytics: of("analytics"), marketing: of("marketing"), personalization: of("personalization") };
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
  const segments = () =>
    namesOf(
      evaluate({ ...profile, facts, state: identityState([...known], granted) }, document, now).segments,
    );
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

/** Features and segments of a profile under a document. */
export function evaluate(
  { facts, state, lists, cuts }: Pick<ProfileNow, "facts" | "state" | "lists" | "cuts">,
  document: ReleaseDocument,
  now: number,
) {
  const segments: Record<Purpose, string[]> = { analytics: [], marketing: [], personalization: [] };
  const features: Record<Purpose, Record<string, FeatureValue>> = {
    analytics: {},
    marketing: {},
    personalization: {},
  };
  for (const purpose of purposesInUse(document)) {
    const values = featureValues(facts, featuresFor(document, purpose), now, cuts);
    features[purpose] = values;
    const attributes = profileAttributes(document, { values, state, lists: lists[purpose], purpose });
    segments[purpose] = segmentsOf(attributes, compileSegments(document), [purpose]);
  }
  return { segments, features };
}
