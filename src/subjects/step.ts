/**
 * One step of a request: a plain function that may be run again at any time, and the record of what it came to. The
 * workflow calls `runStep` (flow.ts), and so do tests, without it. Between two calls nothing is kept but the row.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { StepResult } from "#contracts/messages/subject_request";
import type { Clock } from "#core/clock";
import type { Fetch } from "#forward/destinations/contract";
import type { EraseAtContext } from "#forward/erase-at";
import type { SecretOf } from "#forward/secrets";
import type { IdentityShards } from "#identity/shards";
import type { LiveTail } from "#lake/live-tail";
import type { AuditSigner } from "#privacy/audit/signer";
import type { Keyring } from "#privacy/keys";
import type { Visitor } from "#slots/visitor-object";
import { isOpen, type SubjectRequest, stepOf, withStep } from "./request.ts";
import { type Changes, changeRequest, readRequest } from "./store.ts";

/** What steps work on. */
export interface StepDeps {
  /** The graph, consent and persons' keys. */
  identity: IdentityShards;
  /** All else. */
  db: D1Database;
  kv: KVNamespace;
  bucket: R2Bucket;
  liveTail: DurableObjectNamespace<LiveTail>;
  /** What was counted for exact caps. */
  visitors: DurableObjectNamespace<Visitor>;
  keys: Keyring;
  /** Signs proofs and callbacks. */
  signer: AuditSigner;
  tenant: string;
  document: ReleaseDocument;
  secretOf: SecretOf;
  queueOf: EraseAtContext["queueOf"];
  tokens: EraseAtContext["tokens"];
  fetch: Fetch;
  clock: Clock;
  /** Only in local development: plain http and local addresses. */
  allowInsecure: boolean;
}

/** What becomes of the row by a step, in the same write. */
type StepChanges = (request: SubjectRequest) => Changes | Promise<Changes>;

/** What a call of a step came to. No value of a person is in it. */
export type StepOutcome =
  | {
      status: "confirmed" | "requested" | "none" | "failed";
      counts?: Record<string, number>;
      detail?: string;
      changes?: StepChanges;
    }
  /** There is more to do than fits one call; where to go on, the step knows itself (work-state.ts). */
  | { status: "more"; counts?: Record<string, number> }
  /** It may work later. */
  | {
      status: "retry";
      code: string;
      afterSeconds?: number;
      detail?: string;
      changes?: StepChanges;
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
  // Somebody may have ended the request meanwhile: then it stays ended, whatever this step was about to make of it.
  const write = (result: StepResult, changes?: StepChanges) =>
    changeRequest(
      deps.db,
      id,
      async (now) => {
        if (isOpen(request) && !isOpen(now)) return undefined;
        const made = await changes?.(now);
        return { ...made, steps: withStep(made?.steps ?? now.steps, result) };
      },
      request,
    );
  if (outcome.status === "retry") {
    const { code, afterSeconds, detail, changes } = outcome;
    await write({ step: name, status: "running", at, detail: detail ?? code }, changes);
    return { state: "wait", code, ...(afterSeconds !== undefined && { seconds: afterSeconds }) };
  }
  const counts = added(known?.counts, outcome.counts);
  if (outcome.status === "more") {
    await write({ step: name, status: "running", at, ...counts });
    return { state: "more" };
  }
  const { status, detail, changes } = outcome;
  const result: StepResult = { step: name, status, at, ...counts, ...(detail !== undefined && { detail }) };
  await write(result, changes);
  return { state: "ended", failed: status === "failed" };
}

/** Give a step up: it stays visible, and the console can have it tried again. @param code why */
export async function failStep(
  deps: Pick<StepDeps, "db" | "clock">,
  id: string,
  name: string,
  code: string,
): Promise<void> {
  const result: StepResult = { step: name, status: "failed", at: deps.clock(), detail: code };
  await changeRequest(deps.db, id, ({ steps }) => ({ steps: withStep(steps, result) }));
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
