/** What changes and conflicts are given: the stores, the active release, and how edge snapshots follow. */
import type { Clock, NewId } from "#core/clock";
import { logError } from "#core/log";
import type { ChangeDeps, Planned } from "#identity/changes/apply";
import { identityRules } from "#identity/rules";
import type { IdentityShards } from "#identity/shards";
import type { Actor } from "#privacy/actor";
import type { NewAuditEntry } from "#privacy/audit/entry";
import type { Keyring } from "#privacy/keys";
import { auditTarget } from "#privacy/lookup";
import { type ActiveRelease, activeRelease } from "#release/active";
import { cutsOf } from "#segments/cuts";
import type { Cuts } from "#segments/rfm";
import { unavailable } from "../access/guard.ts";
import { refreshSnapshots } from "./refresh.ts";

export interface IdentityRouteDeps {
  identity: IdentityShards;
  /** The first database. */
  db: D1Database;
  kv: KVNamespace;
  bucket: R2Bucket;
  keys: () => Promise<Keyring>;
  /** Appends to the audit log. */
  audit: (entry: NewAuditEntry) => Promise<unknown>;
  clock: Clock;
  newId: NewId;
}

/** Under the active release. */
export async function changeDeps(
  deps: Pick<IdentityRouteDeps, "identity" | "db" | "kv" | "bucket" | "clock">,
): Promise<ChangeDeps & { release: ActiveRelease; cuts: Cuts }> {
  const { identity, db, kv, bucket, clock } = deps;
  const release = await activeRelease(kv, clock());
  const cuts = await cutsOf(kv, release.document, clock());
  return {
    identity,
    db,
    bucket,
    clock,
    release,
    cuts,
    rules: identityRules(release.document),
    snapshots: refreshSnapshots({ identity, kv, cuts, clock }, release),
  };
}

/** The audit log's words for what was done. */
const DONE: Record<string, string> = {
  merge: "identity.merged",
  split: "identity.split",
  aside: "identity.set_aside",
  unaside: "identity.unset_aside",
  apart: "identity.kept_apart",
  undo: "identity.undone",
};

/** An entry of the audit log has 20 details at most. */
const MAX_PERSONS = 10;

/** Persons as the audit log names them, by a key of each. */
export const personsOf = async (keys: readonly string[], ring: Keyring): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(keys.map(async (key, n) => [`person_${n + 1}`, await auditTarget(ring, key)] as const)),
  );

/**
 * Before golden records are shown: whose. What cannot be audited is not shown.
 * @param roots of the profiles @throws Problem 503 `audit_unavailable`
 */
export async function noteShown(
  roots: readonly string[],
  actor: Actor,
  { audit, keys, clock }: Pick<IdentityRouteDeps, "audit" | "keys" | "clock">,
): Promise<void> {
  const ring = await keys();
  const all = [...new Set(roots)];
  for (let n = 0; n < all.length; n += MAX_PERSONS) {
    const detail = await personsOf(all.slice(n, n + MAX_PERSONS), ring);
    await audit({ at: clock(), actor, action: "person.shown", target: "all", detail }).catch(unavailable);
  }
}

/** Beside the entry that somebody was about to: what it came to. It is done, whether or not this can be written. */
export async function noteDone(
  { effect, action }: Planned,
  { id, actor, settles }: { id: string; actor: Actor; settles?: string },
  { audit, keys, clock }: Pick<IdentityRouteDeps, "audit" | "keys" | "clock">,
): Promise<void> {
  try {
    const ring = await keys();
    const roots = [...new Set([...effect.before, ...effect.after].map(({ root }) => root))];
    await audit({
      at: clock(),
      actor,
      action: DONE[action] ?? "identity.changed",
      target: id,
      detail: {
        profiles_before: effect.before.length,
        profiles_after: effect.after.length,
        ...(settles !== undefined && { settles }),
        ...(await personsOf(roots.slice(0, MAX_PERSONS), ring)),
      },
    });
  } catch (error) {
    logError("a change of identity has no second audit entry", error);
  }
}
