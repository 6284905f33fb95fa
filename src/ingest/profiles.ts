/**
 * What a batch's profiles are after it: features, segments, what they entered and left, and the edge snapshots of their
 * visitors. Computed from the rows in memory, before they are written, so that a snapshot is written with its facts.
 */

import { unpackPurposes } from "#consent/cookie";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { IdentityState, Purpose } from "#contracts/taxonomy";
import { hasDecided, type IdentifierRow, isScoped, namespaceOf, type RowConsent } from "#identity/graph";
import { identityState } from "#identity/state";
import type { ActiveRelease } from "#release/active";
import { type FactState, type FeatureValue, featureValues, foldEvent, mergeFacts } from "#segments/features";
import { compileSegments, segmentsOf } from "#segments/membership";
import { featuresFor, purposesInUse } from "#segments/purposes";
import { buildSnapshot, type EdgeSnapshot, sameSnapshot } from "#segments/snapshot";
import type { IngestEvent } from "./batch.ts";
import type { Folded } from "./fold.ts";

export interface ProfileNow {
  root: string;
  members: IdentifierRow[];
  state: IdentityState;
  /** By purpose: a segment serves one. */
  segments: Record<Purpose, string[]>;
  features: Record<Purpose, Record<string, FeatureValue>>;
  /** The facts before the batch: which of its events changed a segment is found from here. */
  earlier: FactState;
}

/** What one event changed. */
export interface SegmentChange {
  entered: string[];
  left: string[];
}

/** One visitor's snapshot to publish, or to take away. */
export interface SnapshotChange {
  visitor: string;
  snapshot: EdgeSnapshot | null;
  /** Epoch ms of the withdrawal that takes it away. */
  withdrawnAt?: number;
}

/** The profile of a root, with its segments now and what changed against `before`. */
export function profileNow(root: string, folded: Folded, document: ReleaseDocument, now: number): ProfileNow {
  const keys = folded.partition.members.get(root) ?? [root];
  const members = keys.flatMap((key) => folded.rows.get(key) ?? []);
  const earlier = mergeFacts(keys.map((key) => (folded.before.get(key)?.facts ?? {}) as FactState)); // written by foldEvent alone
  const state = identityState(keys);
  const facts = mergeFacts(members.map((row) => row.facts as FactState));
  return { root, members, state, earlier, ...evaluate(facts, document, state, now) };
}

/**
 * Which event of the batch made the profile enter or leave which segments: its events are folded once more, one by one,
 * onto what was known before. Events without a change are not in the answer.
 */
export function changesByEvent(
  profile: ProfileNow,
  items: readonly IngestEvent[],
  document: ReleaseDocument,
  now: number,
): Map<IngestEvent, SegmentChange> {
  const changes = new Map<IngestEvent, SegmentChange>();
  let facts = profile.earlier;
  let was = namesOf(evaluate(facts, document, profile.state, now).segments);
  for (const item of items) {
    for (const purpose of item.granted)
      facts = foldEvent(facts, item.event, featuresFor(document, purpose), now);
    const is = namesOf(evaluate(facts, document, profile.state, now).segments);
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

/** What denies a visitor personalization: their own decision, or a later one of an identifier that has joined them since. */
function denialFor(row: IdentifierRow, members: readonly IdentifierRow[]): RowConsent | undefined {
  const own = hasDecided(row) ? row.consent : null;
  const denies = (consent: RowConsent) => !unpackPurposes(consent.g).includes("personalization");
  if (own && denies(own)) return own;
  for (const { consent } of members)
    if (consent && consent.t > (own?.t ?? 0) && consent.r !== own?.r && denies(consent)) return consent;
  return undefined;
}

/**
 * Snapshots of the profile's visitors that changed. Written into the rows, which are thereby touched.
 * @param again the batch was redelivered: publish what the rows say, since the crash may have come before
 */
export function snapshotChanges(
  profile: ProfileNow,
  folded: Folded,
  release: ActiveRelease,
  asOf: number,
  again: boolean,
): SnapshotChange[] {
  const changes: SnapshotChange[] = [];
  for (const row of profile.members) {
    if (namespaceOf(row.key) !== "visitor_id" || isScoped(row.key)) continue;
    const granted = row.consent ? unpackPurposes(row.consent.g) : [];
    const implied = !hasDecided(row); // an opt-out regime: nobody has decided, and the events were let in
    const known = row.snapshot as EdgeSnapshot | null; // written here alone
    const denial = denialFor(row, profile.members);
    // Of a browser in which several people were proved, nobody knows whose its snapshot would be.
    const isShared = folded.partition.shared.has(row.key);
    if (denial || isShared) {
      if (known) {
        row.snapshot = null;
        folded.touched.add(row.key);
      }
      if (known || again || folded.withdrawn.has(row.key)) {
        changes.push({ visitor: row.key, snapshot: null, withdrawnAt: denial?.t ?? asOf });
      }
      continue;
    }
    const shared = {
      features: featuresFor(release.document, "personalization"),
      asOf,
      release: release.version,
      granted: implied ? (["personalization"] as const) : granted,
    };
    const next = buildSnapshot({
      ...shared,
      facts: mergeFacts(profile.members.map((m) => m.facts as FactState)),
      segments: profile.segments.personalization,
      version: (known?.version ?? 0) + 1,
      state: profile.state,
    });
    // A visitor of whom nothing is to be known is not written: to a decision, no snapshot is the empty one.
    const was =
      known ?? buildSnapshot({ ...shared, facts: {}, segments: [], version: 0, state: "anonymous" });
    if (!sameSnapshot(was, next, release.document)) {
      row.snapshot = { ...next };
      folded.touched.add(row.key);
      changes.push({ visitor: row.key, snapshot: next });
    } else if (again && known) changes.push({ visitor: row.key, snapshot: known });
  }
  return changes;
}
