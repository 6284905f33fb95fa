/**
 * Sequences: steps one after the other ("viewed, then bought within an hour"), of which the last may be one that did not
 * come ("added to cart, no purchase for 3 hours"). Of each step the newest times are known; all that a later event needs to
 * know of them is when each beginning of the chain was last complete. Pure; used by features.ts and compact.ts.
 */
import type { Predicate } from "#core/condition";

export interface Step {
  event: string;
  where?: Predicate | undefined;
  /** Name under which the session remembers that an event met `where`. */
  mark?: string | undefined;
  /** At most so long after the step before; infinite: at any time. */
  withinMs: number;
  absent: boolean;
  /** One event may be this step and the one before: then it must be another, later one. */
  alike: boolean;
}

/**
 * When each beginning of the chain was last complete, epoch ms; null: never. Of a last step that must not come, when it
 * last came, whatever was before.
 */
export type Progress = (number | null)[];

/**
 * @param times of each step, ascending
 * @param from what is known of earlier events
 */
export function progressOf(
  steps: readonly Step[],
  times: readonly (readonly number[])[],
  from: Progress = [],
): Progress {
  const progress: Progress = [];
  let before: readonly number[] = [];
  for (const [n, step] of steps.entries()) {
    const known = from[n] ?? null;
    const complete: number[] = known === null ? [] : [known];
    for (const at of times[n] ?? []) {
      if (n === 0 || step.absent || before.some((earlier) => follows(step, earlier, at))) complete.push(at);
    }
    before = complete;
    progress.push(complete.length > 0 ? Math.max(...complete) : null);
  }
  return progress;
}

/** Whether the chain holds: it is complete, or what must not come has not come for long enough. */
export function holdsNow(steps: readonly Step[], progress: Progress, now: number): boolean {
  const last = steps.at(-1);
  if (!last?.absent) return (progress.at(-1) ?? null) !== null;
  const begun = progress.at(-2) ?? null;
  if (begun === null || now < absentFrom(last, begun)) return false;
  const came = progress.at(-1) ?? null;
  return came === null || !isAfter(last, begun, came);
}

/** When a chain that is complete up to its absent last step begins to hold. */
export const absentFrom = ({ withinMs }: Step, begun: number): number =>
  begun + (Number.isFinite(withinMs) ? withinMs : 0);

const follows = (step: Step, earlier: number, at: number): boolean =>
  isAfter(step, earlier, at) && at - earlier <= step.withinMs;

const isAfter = ({ alike }: Step, earlier: number, at: number): boolean =>
  alike ? at > earlier : at >= earlier;
