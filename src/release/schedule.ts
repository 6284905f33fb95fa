/**
 * Each minute: KV is brought to what D1 says where a crash has left it behind, and versions whose time has come are
 * published. What was right when it was scheduled may be wrong by now: it is validated again, and where it may not be
 * published its entry says why and operators are told. Called by src/background.ts.
 */
import { type AlertTarget, sendAlert } from "#core/alert";
import { SYSTEM } from "#privacy/actor";
import type { NewAuditEntry } from "#privacy/audit/entry";
import { pointerAfter } from "./moves.ts";
import { currentPointer } from "./moves-store.ts";
import { bringToKv, copyToKv, type ReleaseDeps } from "./publish.ts";
import { dueAt, endScheduled, moveScheduled, type Scheduled } from "./schedule-store.ts";
import { isSeen, readPointer, readVersion } from "./store.ts";
import { validateRelease } from "./validate.ts";

export interface ScheduleDeps extends ReleaseDeps {
  alert: AlertTarget;
  /** Appends to the audit log. */
  audit: (entry: NewAuditEntry) => Promise<unknown>;
}

/** Throws where some of it failed; the rest is done, and the next minute tries again. */
export async function tendReleases(deps: ScheduleDeps, now: number): Promise<void> {
  const failed: unknown[] = [];
  for (const entry of await dueAt(deps.db, now))
    await publishDue(entry, deps, now).catch((error: unknown) => failed.push(error));
  await repairKv(deps);
  if (failed.length > 0) throw new AggregateError(failed, `${failed.length} scheduled release(s) failed`);
}

/** What a crash between D1 and KV has left, and what the Worker before a deployment has not put there. */
async function repairKv({ db, kv }: ReleaseDeps): Promise<void> {
  const [truth, copy] = [await currentPointer(db, kv), await readPointer(kv)];
  if (truth.stable === 0) return;
  const isBehind = copy?.revision !== truth.revision || copy.stable !== truth.stable;
  const holding = truth.candidate === undefined ? [truth.stable] : [truth.stable, truth.candidate];
  const seen = await Promise.all(holding.map((version) => isSeen(kv, version)));
  if (isBehind || seen.includes(false)) await copyToKv({ db, kv });
}

async function publishDue(entry: Scheduled, deps: ScheduleDeps, now: number): Promise<void> {
  for (;;) {
    // Before it is looked at what waits: who moves in between is found by the number of their move.
    const pointer = await currentPointer(deps.db, deps.kv);
    if (pointer.stable === entry.version && pointer.candidate === undefined) {
      await endScheduled(deps.db, entry.id, "published", null);
      return;
    }
    const reason = await refusal(entry, pointer, deps);
    if (reason !== undefined) return fail(entry, reason, deps);
    await deps.audit({
      at: now,
      actor: SYSTEM,
      action: "release.publish",
      target: String(entry.version),
      detail: { schedule: entry.id },
    });
    const to = pointerAfter(pointer, { action: "publish", version: entry.version });
    const by = { at: deps.clock(), actor: entry.actor, note: entry.note };
    if (await moveScheduled(deps.db, entry.id, to, by)) {
      await bringToKv(deps, to);
      return;
    }
    if ((await currentPointer(deps.db, deps.kv)).revision === pointer.revision) return; // It waits no more.
  }
}

/** Why it may not be published; undefined where it may. */
async function refusal(
  { version, detail: base }: Scheduled,
  pointer: Awaited<ReturnType<typeof currentPointer>>,
  { db, checks }: ScheduleDeps,
): Promise<string | undefined> {
  if (pointer.candidate !== undefined)
    return `canary_running: a canary of version ${pointer.candidate} is under way`;
  if (base !== null && Number(base) !== pointer.stable)
    return `release_changed: version ${pointer.stable} was published meanwhile`;
  const stored = await readVersion(db, version);
  if (!stored) return "unknown_release: the version is not stored";
  const result = validateRelease(JSON.parse(stored.document), checks);
  if (result.ok) return undefined;
  const shown = result.issues.slice(0, 3).map(({ path, message }) => `${path} ${message}`);
  return `invalid_release: ${shown.join("; ")}`;
}

async function fail({ id, version }: Scheduled, reason: string, { db, alert }: ScheduleDeps): Promise<void> {
  if (!(await endScheduled(db, id, "failed", reason))) return;
  await sendAlert(alert, {
    type: "release.schedule_failed",
    text: `Doorstep: version ${version} was not published as scheduled: ${reason}.`,
    version,
    reason,
  });
}
