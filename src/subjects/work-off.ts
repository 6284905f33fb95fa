/**
 * Works off one request, step by step, within a workflow's run. A store that fails is tried again by the workflow, within
 * hours; a vendor or a callback that asks for later is, over days. A step that fails for good stays visible, the request
 * stays open, and an operator has it tried again. Called by flow.ts.
 */
import type { WorkflowStep, WorkflowStepConfig } from "cloudflare:workers";
import type { FlowDeps } from "./flow.ts";
import { CANCELLED_STEPS, ENDING, REQUIRED, SETTLED, stepNamed, stepsOf } from "./plan.ts";
import { stepOf } from "./request.ts";
import { failStep, runStep, type StepTurn } from "./step.ts";
import { readRequest } from "./store.ts";

/** For what a store throws: 5 s, doubled each time, about six hours in all. */
const STORES: WorkflowStepConfig = {
  retries: { limit: 12, delay: "5 seconds", backoff: "exponential" },
  timeout: "10 minutes",
};
/** For what a vendor asks: with the longest wait about three days and a half. */
const MAX_WAITS = 24;
const MAX_WAIT_SECONDS = 6 * 3_600;
/** An instance has so many steps; a longer sweep goes on in the next run of it, which cron begins (tend.ts). */
const MAX_TURNS = 800;

/** What is left to do when a run begins. */
interface Plan {
  stages: string[][];
  failed: boolean;
}

export async function workOff(id: string, deps: FlowDeps, step: WorkflowStep): Promise<void> {
  const plan = await step.do("plan", STORES, () => planOf(id, deps));
  const turns = { left: MAX_TURNS };
  let { failed } = plan;
  for (const stage of plan.stages) {
    if (failed && stage.some((name) => ENDING.has(name))) return;
    const ended = await Promise.all(stage.map((name) => workOffStep(id, name, deps, step, turns)));
    if (ended.includes("unfinished")) return;
    const lost = stage.filter((name, index) => ended[index] === "failed" && !name.startsWith("callback:"));
    if (lost.some((name) => REQUIRED.has(name) || ENDING.has(name))) return;
    failed ||= lost.length > 0;
  }
}

async function planOf(id: string, { db, document }: FlowDeps): Promise<Plan> {
  const request = await readRequest(db, id);
  if (!request || request.status === "pending") return { stages: [], failed: false };
  const all = request.status === "cancelled" ? CANCELLED_STEPS : stepsOf(request.type, document);
  const isLeft = (name: string) => (stepOf(request, name)?.status ?? "running") === "running";
  const failed = request.steps.some((one) => one.status === "failed" && !one.step.startsWith("callback:"));
  return { stages: all.map((stage) => stage.filter(isLeft)).filter((stage) => stage.length > 0), failed };
}

async function workOffStep(
  id: string,
  name: string,
  deps: FlowDeps,
  step: WorkflowStep,
  turns: { left: number },
): Promise<"done" | "failed" | "unfinished"> {
  if (name === SETTLED && deps.settleSeconds > 0) await step.sleep("settle", `${deps.settleSeconds} seconds`);
  for (let turn = 1, waits = 0; ; turn++) {
    if (turns.left-- <= 0) return "unfinished";
    const went = await attempt(id, name, turn, deps, step);
    if (went.state === "ended") return went.failed ? "failed" : "done";
    if (went.state === "more") continue;
    if (++waits > MAX_WAITS) {
      await step.do(`${name}: given up`, STORES, () => failStep(deps, id, name, went.code));
      return "failed";
    }
    await step.sleep(
      `${name}: wait ${waits}`,
      `${waitSeconds(waits, deps.retryBaseSeconds, went.seconds)} seconds`,
    );
  }
}

async function attempt(
  id: string,
  name: string,
  turn: number,
  deps: FlowDeps,
  step: WorkflowStep,
): Promise<StepTurn> {
  try {
    return await step.do(turn === 1 ? name : `${name} ${turn}`, STORES, async (): Promise<StepTurn> => {
      const request = await readRequest(deps.db, id);
      // An operator has cancelled it meanwhile: what is left of it is to tell.
      const isCancelled = request?.status === "cancelled" && !CANCELLED_STEPS.flat().includes(name);
      return isCancelled ? { state: "ended", failed: false } : runStep(deps, id, name, stepNamed(name));
    });
  } catch (error) {
    // What went wrong may name a value; its kind does not.
    const code = error instanceof Error ? error.name : "unknown_error";
    await step.do(`${name}: failed`, STORES, () => failStep(deps, id, name, code));
    return { state: "ended", failed: true };
  }
}

const waitSeconds = (waits: number, base: number, asked = 0): number =>
  Math.ceil(Math.max(asked, Math.min(MAX_WAIT_SECONDS, base * 2 ** (waits - 1))));
