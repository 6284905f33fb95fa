/**
 * A subject request as a Cloudflare Workflow: one instance per request, by its id. Everything is in the row and in the
 * steps; this only decides when which is run, waits between tries, and gives up. What an instance remembers between its
 * steps is their names, nothing of a person. Bound as SUBJECT_REQUESTS; made in src/worker.ts with what it works on.
 */
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import type { StepDeps } from "./step.ts";

/** What the flow is given besides what its steps work on. */
export interface FlowDeps extends StepDeps {
  /** How long an erasure waits for what was under way before it sweeps once more. */
  settleSeconds: number;
  /** Before the second try of a vendor; doubled each time. */
  retryBaseSeconds: number;
}

export type FlowParams = { id: string };

/** The class of the Workflow. @param depsOf of the Worker's bindings: called once per run, so that heavy things load then */
export const subjectRequestFlow = <Env>(depsOf: (env: Env) => Promise<FlowDeps>) =>
  class SubjectRequestFlow extends WorkflowEntrypoint<Env, FlowParams> {
    override async run({ payload }: Readonly<WorkflowEvent<FlowParams>>, step: WorkflowStep): Promise<void> {
      const [{ workOff }, deps] = await Promise.all([import("./work-off.ts"), depsOf(this.env)]);
      await workOff(payload.id, deps, step);
    }
  };
