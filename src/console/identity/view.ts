/** Profiles as previews and the queue of conflicts show them: what one needs to tell whether two are one person. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { IdentityState } from "#contracts/taxonomy";
import type { Effect, ProfilePart } from "#identity/changes/preview";
import type { Settlement } from "#identity/changes/queue";
import { traitRules } from "#identity/golden/choose";
import { goldenTraits } from "#identity/golden/record";
import { subjectKeys } from "#identity/golden/subject-keys";
import type { Partition } from "#identity/partition";
import type { Graph } from "#identity/read";
import { profileNow } from "#ingest/profiles";
import type { Keyring } from "#privacy/keys";
import type { Cuts } from "#segments/rfm";
import { explain } from "./words.ts";

export interface ProfileShown {
  root: string;
  members: string[];
  state: IdentityState;
  /** Names, sorted. */
  segments: string[];
  /** Of the golden record; personal. */
  traits: Record<string, string>;
  /** Evidence about it that joins nothing. */
  conflicts: { a: string; b: string; kind: string; reason: string; explained: string }[];
}

/** What a change would do. */
export interface PreviewShown {
  action: string;
  before: ProfileShown[];
  after: ProfileShown[];
  warnings: string[];
  /** To be sent with the change: where the profiles have changed since, it is refused. */
  seen: string;
}

export interface ConflictShown {
  a: string;
  b: string;
  kind: string;
  reason: string;
  explained: string;
  at: string;
  choices: Settlement[];
  profiles: ProfileShown[];
}

export interface ChangeShown {
  id: string;
  at: string;
  actor: string;
  action: string;
  note: string;
  links: { a: string; b: string; kind: string; before: string | null; after: string | null }[];
  undone_at: string | null;
  undone_by: string | null;
}

export interface ViewDeps {
  graph: Graph;
  keys: Keyring;
  document: ReleaseDocument;
  /** Of its RFM features. */
  cuts?: Cuts;
  /** Epoch ms. */
  now: number;
}

/** Both sides of a change. @param after the partition with it */
export async function effectShown(
  effect: Effect,
  parts: Partition,
  after: Partition,
  deps: ViewDeps,
): Promise<Pick<PreviewShown, "before" | "after">> {
  const all = (list: readonly ProfilePart[], partition: Partition) =>
    Promise.all(list.map((part) => profileShown(part, partition, deps)));
  const [was, is] = await Promise.all([all(effect.before, parts), all(effect.after, after)]);
  return { before: was, after: is };
}

/** One profile. @param partition that it is of */
export async function profileShown(
  { root, members, conflicts }: ProfilePart,
  partition: Partition,
  { graph, keys, document, cuts, now }: ViewDeps,
): Promise<ProfileShown> {
  const { rows, lists } = graph;
  const {
    state,
    segments,
    members: own,
  } = profileNow(root, { rows, before: rows, partition, lists, cuts }, document, now);
  const traits = await goldenTraits(own, keys, subjectKeys(graph.subjectKeys), {
    rules: traitRules(document),
  });
  return {
    root,
    members,
    state,
    segments: [...new Set(Object.values(segments).flat())].sort(),
    traits: { ...traits } as Record<string, string>, // its values are texts, and none is undefined
    conflicts: conflicts.map((one) => ({ ...one, explained: explain(one.reason) })),
  };
}
