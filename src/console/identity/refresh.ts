/**
 * Edge snapshots of profiles that an operator changed, rather than an event: computed by what ingest computes them with, and
 * published after their rows are written; and destinations are to be told what has changed of them. src/identity is given this, since it may know neither segments nor KV.
 */
import type { Clock } from "#core/clock";
import type { Publish, Settling } from "#identity/changes/settle";
import type { IdentityShards } from "#identity/shards";
import { markAll } from "#ingest/changes/mark";
import { profileNow } from "#ingest/profiles";
import { publishSnapshots, snapshotChanges } from "#ingest/publish";
import type { ActiveRelease } from "#release/active";

export interface RefreshDeps {
  identity: IdentityShards;
  kv: KVNamespace;
  clock: Clock;
}

/** For `SettleDeps.snapshots`. */
export const refreshSnapshots =
  ({ identity, kv, clock }: RefreshDeps, release: ActiveRelease) =>
  (settling: Settling, roots: readonly string[]): Publish => {
    const now = clock();
    const profiles = roots.map((root) => profileNow(root, settling, release.document, now));
    const changes = profiles.flatMap((profile) =>
      snapshotChanges(profile, { ...settling, withdrawn: new Set() }, release, now, false),
    );
    return async (lost) => {
      await publishSnapshots(
        changes.filter(({ visitor }) => !lost.has(visitor)),
        { identity, kv },
      );
      await markAll(profiles, { identity, document: release.document }, clock());
    };
  };
