/**
 * Jobs of delivery on the schedule: each minute those that run are gone on with, one after the other, as long as the run
 * has time. One that fails is marked so, and an operator lets it go on.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { logError } from "#core/log";
import type { DeliveryQueues } from "#forward/consumer";
import { replayPortion } from "#forward/jobs/replay";
import { type Job, keepJob, leaseJobs, type ReplayJob, releaseJob } from "#forward/jobs/store";
import { type RunContext, runBackfill } from "./backfill/run.ts";

export interface JobsContext extends Omit<RunContext, "queue" | "until"> {
  queues: DeliveryQueues;
}

const AT_ONCE = 5;
/** Of the minute between two runs. */
const RUN_MS = 25_000;

/** Go on with the jobs. @returns how many were gone on with */
export async function runJobs(context: JobsContext): Promise<number> {
  const { db, clock } = context;
  const end = clock() + RUN_MS;
  const jobs = await leaseJobs(db, AT_ONCE, clock());
  for (const [n, job] of jobs.entries()) {
    // Its share of what is left, so that a long backfill keeps no replay waiting.
    const until = clock() + (end - clock()) / (jobs.length - n);
    try {
      await runJob(job, context, until);
    } catch (error) {
      logError(`the ${job.kind} ${job.id} failed`, error);
    }
    // What was not done by a fault of ours, or of a store, is tried again with the next run.
    await releaseJob(db, job.id, clock());
  }
  return jobs.length;
}

async function runJob(job: Job, context: JobsContext, until: number): Promise<void> {
  const { db, bucket, queues, document, clock } = context;
  const definition = Object.hasOwn(document.destinations, job.destination)
    ? document.destinations[job.destination]
    : undefined;
  if (!definition && job.kind !== "discard") {
    const counts = { ...job.counts, destination_removed: 1 };
    await keepJob(db, { ...job, counts, updatedAt: job.updatedAt + 1 }, job.updatedAt, "failed");
    return;
  }
  const queue = queues[definition?.queue ?? "crm"];
  if (job.kind === "backfill") {
    const one: ReleaseDocument = {
      ...document,
      destinations: definition ? { [job.destination]: definition } : {},
    };
    await runBackfill(job, { ...context, document: one, queue, until });
    return;
  }
  let next: ReplayJob | undefined = job;
  do next = await replayPortion(next, { db, bucket, queue, now: clock() });
  while (next && clock() < until);
}
