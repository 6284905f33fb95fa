/**
 * Which versions hold, and what each action makes of that. Every change is a move, numbered without a gap: who moves says
 * which move they saw last, and of two who saw the same one, one wins (moves-store.ts). Pure.
 */
import { Problem } from "#core/problem";

/** Which versions hold. `revision` is the number of the move that made it so; 0: none, of before there were moves. */
export interface Pointer {
  revision: number;
  /** 0: nothing was published yet. */
  stable: number;
  candidate?: number | undefined;
  /** Share of visitors who get the candidate, 0 to 1; 0 where there is none. */
  share: number;
}

export type Action = "publish" | "canary" | "share" | "promote" | "abort" | "rollback";

export interface Move extends Pointer {
  /** Epoch ms. */
  at: number;
  /** Name of who did it. */
  actor: string;
  action: Action;
  note: string;
}

/** What holds after an action. `version` is the new one, or the one that is gone back to. */
export type Next =
  | { action: "publish"; version: number }
  | { action: "rollback"; version: number }
  | { action: "canary"; version: number; share: number }
  | { action: "share"; share: number }
  | { action: "promote" }
  | { action: "abort" };

/**
 * The pointer after an action.
 * @throws Problem 409 `no_canary`, `canary_running`, `nothing_to_change`, `nothing_published`
 */
export function pointerAfter(now: Pointer, next: Next): Pointer {
  const revision = now.revision + 1;
  if (next.action === "rollback") {
    if (next.version === now.stable && now.candidate === undefined)
      throw new Problem(409, "nothing_to_change", `Version ${next.version} is the stable one already.`);
    return { revision, stable: next.version, share: 0 };
  }
  if (next.action === "publish" || next.action === "canary") {
    refuseDuringCanary(now);
    if (next.action === "publish") return { revision, stable: next.version, share: 0 };
    if (now.stable === 0)
      throw new Problem(409, "nothing_published", "A canary needs a version that all others get.");
    return { revision, stable: now.stable, candidate: next.version, share: next.share };
  }
  if (now.candidate === undefined) throw new Problem(409, "no_canary", "There is no canary now.");
  if (next.action === "promote") return { revision, stable: now.candidate, share: 0 };
  if (next.action === "abort") return { revision, stable: now.stable, share: 0 };
  return { ...now, revision, share: next.share };
}

/** @throws Problem 409 `canary_running` */
export function refuseDuringCanary({ candidate }: Pointer): void {
  if (candidate !== undefined)
    throw new Problem(
      409,
      "canary_running",
      `A canary of version ${candidate} is under way, which does not have what you would publish: promote or abort it first.`,
    );
}

/** A pointer as it is shown. */
export const pointerView = ({ revision, stable, candidate, share }: Pointer) => ({
  revision,
  stable,
  candidate: candidate ?? null,
  share,
});

/** A move as it is shown. */
export const moveView = ({ at, actor, action, note, ...pointer }: Move) => ({
  ...pointerView(pointer),
  at: new Date(at).toISOString(),
  actor,
  action,
  note,
});
