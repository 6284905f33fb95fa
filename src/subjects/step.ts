/**
 * One step of a request: a plain function that may be run again at any time, and the record of what it came to. The
 * workflow calls `runStep` (flow.ts), and so do tests, without it. Between two calls nothing is kept but the row.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { StepResult } from "#contracts/messages/subject_request";
import type { Clock } from "#core/clock";
import type { Fetch } from "#forward/destinations/contract";
import type { SecretOf } from "#forward/secrets";
import type { LiveTail } from "#lake/live-tail";
import type { AuditSigner } from "#privacy/audit/signer";
import type { Keyring } from "#privacy/keys";
import { type SubjectRequest, stepOf } from "./request.ts";
import { type Changes, readRequest, writeStep } from "./store.ts";

/** What steps work on. */
export interface StepDeps {
  db: D1Database;
  kv: KVNamespace;
  bucket: R2Bucket;
  liveTail: DurableObjectNamespace<LiveTail>;
  keys: Keyring;
  /** Signs proofs and callbacks. */
  signer: AuditSigner;
  tenant: string;
  document: ReleaseDocument;
  secretOf: SecretOf;
  fetch: Fetch;
  clock: Clock;
  /** Only in local development: plain http and local addresses. */
  allowInsecure: boolean;
}

/** What a call of a step came to. No value of a person is in it. */
export type StepOutcome =
  | {
      status: "confirmed" | "requested" | "none" | "failed";
      counts?: Record<string, number>;
      detail?: string;
      /** What becomes of the row by it, in the same write. */
      changes?(request: SubjectRequest): Changes | Promise<Changes>;
    }
  /** There is more to do than fits one call; where to go on, the step knows itself (work-state.ts). */
  | { status: "more"; counts?: Record<string, number> }
  /** It may work later. */
  | {
      status: "retry";
      code: string;
      afterSeconds?: number;
      detail?: string;
      changes?(request: SubjectRequest): Changes | Promise<Changes>;
    };

export type Step = (deps: StepDeps, request: SubjectRequest) => Promise<StepOutcome>;

/** What the workflow is to do next about a step. */
export type StepTurn =
  | { state: "ended"; failed: boolean }
  | { state: "more" }
  | { state: "wait"; code: string; seconds?: number };

const ENDED: StepTurn = { state: "ended", failed: false };

/**
 * Run a step of a request once and write down what it came to. One that has ended is not run again.
 * @throws whatever a store throws: nothing was written then, and the step is to be run again
 */
export async function runStep(deps: StepDeps, id: string, name: string, step: Step): Promise<StepTurn> {
  const request = await readRequest(deps.db, id);
  if (!request) return ENDED;
  const known = stepOf(request, name);
  if (known && known.status !== "running") return { state: "ended", failed: known.status === "failed" };
  const outcome = await step(deps, request);
  const at = deps.clock();
  if (outcome.status === "retry") {
    const { code, afterSeconds, detail, changes } = outcome;
    await writeStep(deps.db, id, { step: name, status: "running", at, detail: detail ?? code }, changes);
    return { state: "wait", code, ...(afterSeconds !== undefined && { seconds: afterSeconds }) };
  }
  const counts = added(known?.counts, outcome.counts);
  if (outcome.status === "more") {
    await writeStep(deps.db, id, { step: name, status: "running", at, ...counts });
    return { state: "more" };
  }
  const { status, detail, changes } = outcome;
  const result: StepResult = { step: name, status, at, ...counts, ...(detail !== undefined && { detail }) };
  await writeStep(deps.db, id, result, changes);
  return { state: "ended", failed: status === "failed" };
}

/** Give a step up: it stays visible, and the console can have it tried again. @param code why */
export async function failStep(
  deps: Pick<StepDeps, "db" | "clock">,
  id: string,
  name: string,
  code: string,
): Promise<void> {
  await writeStep(deps.db, id, { step: name, status: "failed", at: deps.clock(), detail: code });
}

function added(
  before: Record<string, number> | undefined,
  more: Record<string, number> | undefined,
): { counts?: Record<string, number> } {
  if (!before && !more) return {};
  const counts = { ...before };
  for (const [name, count] of Object.entries(more ?? {})) counts[name] = (counts[name] ?? 0) + count;
  return { counts };
}
