/**
 * Edge snapshots of profiles that an operator changed, rather than an event: computed by what ingest computes them with, and
 * published after their rows are written; and destinations are to be told what has changed of them. src/identity is given this, since it may know neither segments nor KV.
 */
import type { Clock } from "#core/clock";
import type { Publish, Settling } from "#identity/changes/settle";
import type { IdentityShards } from "#identity/shards";
import { markAll } from "#ingest/changes/mark";
import { keepMembership } from "#ingest/keep-membership";
import { profileNow } from "#ingest/profiles";
import { publishSnapshots, snapshotChanges } from "#ingest/publish";
import type { ActiveRelease } from "#release/active";
import { documentsOf } from "#release/pick";
import type { Cuts } from "#segments/rfm";

export interface RefreshDeps {
  identity: IdentityShards;
  kv: KVNamespace;
  /** Of the release's RFM features. */
  cuts?: Cuts | undefined;
  clock: Clock;
}

/** For `SettleDeps.snapshots`. */
export const refreshSnapshots =
  ({ identity, kv, cuts, clock }: RefreshDeps, release: ActiveRelease) =>
  (settling: Settling, roots: readonly string[]): Publish => {
    const now = clock();
    const profiles = roots.map((root) => profileNow(root, { ...settling, cuts }, release.document, now));
    const changes = profiles.flatMap((profile) =>
      snapshotChanges(profile, { ...settling, withdrawn: new Set() }, release, now, false),
    );
    for (const profile of profiles)
      keepMembership(profile, settling.touched, documentsOf(release), now, false);
    return async (lost) => {
      await publishSnapshots(
        changes.filter(({ visitor }) => !lost.has(visitor)),
        { identity, kv },
      );
      await markAll(profiles, { identity, document: release.document }, clock());
    };
  };
