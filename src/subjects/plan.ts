/**
 * Which steps a request takes, in which order, and what each of them is. Stages follow one another; what stands in one
 * stage is done side by side: a vendor that does not answer for days keeps nobody else waiting.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { SubjectRequestType } from "#contracts/taxonomy";
import { close, tellBegun, tellEnded } from "./callbacks.ts";
import {
  endOthers,
  eraseAtCms,
  eraseAtDestination,
  eraseEdge,
  eraseLanding,
  eraseLive,
  eraseQuarantined,
  eraseWaiting,
  suppress,
  sweepAgain,
} from "./erasure.ts";
import { gather, keep } from "./gather.ts";
import { complete, optOut } from "./opt-out.ts";
import { find, vendorIdentities } from "./person.ts";
import { prove } from "./proof.ts";
import type { Step } from "./step.ts";

const STEPS: Readonly<Record<string, Step>> = {
  "callback:begun": tellBegun,
  find,
  vendor_identities: vendorIdentities,
  suppress,
  requests: endOthers,
  edge: eraseEdge,
  live: eraseLive,
  quarantine: eraseQuarantined,
  waiting: eraseWaiting,
  lake: eraseLanding,
  cms: eraseAtCms,
  sweep: sweepAgain,
  prove,
  gather,
  keep,
  opt_out: optOut,
  complete,
  "callback:ended": tellEnded,
  close,
};

const DESTINATION = "destination:";

/** The function of a step. @throws Error where there is none of that name */
export function stepNamed(name: string): Step {
  if (name.startsWith(DESTINATION)) return eraseAtDestination(name.slice(DESTINATION.length));
  const step = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined;
  if (!step) throw new Error(`there is no step ${name}`);
  return step;
}

/** What a request's steps are, stage by stage. */
export function stepsOf(
  type: SubjectRequestType,
  { destinations }: Pick<ReleaseDocument, "destinations">,
): string[][] {
  const told = [["callback:ended"], ["close"]];
  switch (type) {
    case "erasure":
      return [
        ["callback:begun"],
        ...["find", "vendor_identities", "suppress", "requests", "edge", "live", "quarantine", "waiting"].map(
          alone,
        ),
        ...["lake", "cms"].map(alone),
        [...Object.keys(destinations).map((key) => DESTINATION + key), "sweep"],
        ["prove"],
        ...told,
      ];
    case "access":
    case "portability":
      return [["callback:begun"], ["find"], ["gather"], ["keep"], ...told];
    case "opt_out":
      return [["find"], ["opt_out"], ["complete"], ...told];
  }
}

const alone = (name: string): string[] => [name];

/** Steps of a request that an operator has cancelled. */
export const CANCELLED_STEPS: readonly string[][] = [["callback:ended"], ["close"]];

/** Nothing after these is done where they have failed: the rest would be done to the wrong person, or to nobody. */
export const REQUIRED: ReadonlySet<string> = new Set([
  "find",
  "vendor_identities",
  "suppress",
  "gather",
  "opt_out",
]);

/** These say that a request has ended: not as long as a step of it has failed. */
export const ENDING: ReadonlySet<string> = new Set(["prove", "keep", "complete"]);

/** A step that waits before it begins, so that what was under way has arrived. */
export const SETTLED = "sweep";
