/**
 * Setting a request to work: its workflow, begun or begun again. What has ended in an earlier run is not done again, since
 * the row says so. Called where a request is taken in or verified, by the console, and by cron.
 */

import { openRequest } from "./payload.ts";
import { stepNamed } from "./plan.ts";
import { runStep, type StepDeps } from "./step.ts";
import { readRequest } from "./store.ts";

/** The Workflow's binding, as far as it is used. */
export type Instances = Pick<Workflow<{ id: string }>, "create" | "get">;

/** A run that has come to an end; any other goes on by itself. */
const ENDED: ReadonlySet<string> = new Set(["complete", "errored", "terminated"]);

/**
 * Begin a request's work; where there was a run before that has come to an end, begin it again. One that goes on is left.
 * @throws whatever the Workflow's binding throws, where neither can be done
 */
export async function startWork(instances: Instances, id: string): Promise<void> {
  try {
    await instances.create({ id, params: { id } });
  } catch (error) {
    // There is one of this id already, or nothing can be begun: then asking for it fails, too.
    if (!(await goOn(instances, id))) throw error;
  }
}

/** The same for one that was probably begun before. */
export async function continueWork(instances: Instances, id: string): Promise<void> {
  if (!(await goOn(instances, id))) await instances.create({ id, params: { id } });
}

/** Whether there is a run of this id, and it goes on now. */
async function goOn(instances: Instances, id: string): Promise<boolean> {
  const instance = await instances.get(id).catch(() => undefined);
  if (!instance) return false;
  const { status } = await instance.status();
  if (ENDED.has(status)) await instance.restart();
  return true;
}

/**
 * Do an opt-out at once, within the request that asks for it: each page until then would break it. Whoever is to be told
 * of it, is told by its workflow.
 * @returns whether there is nothing more to do
 */
export async function optOutNow(deps: StepDeps, id: string): Promise<boolean> {
  // One that was cancelled is not done: its workflow tells of that.
  if ((await readRequest(deps.db, id))?.status !== "in_progress") return false;
  for (const name of ["find", "opt_out", "complete"]) {
    const went = await runStep(deps, id, name, stepNamed(name));
    if (went.state !== "ended" || went.failed) return false;
  }
  const request = await readRequest(deps.db, id);
  const opened = request && (await openRequest(deps.db, deps.keys, request));
  if (opened && opened.payload.callbacks.length > 0) return false;
  await runStep(deps, id, "close", stepNamed("close"));
  return true;
}
