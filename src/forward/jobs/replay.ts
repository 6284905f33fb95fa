/** One portion of a job that replays failures, or forgets them. Called by src/ingest/jobs.ts. */
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import { endFailures } from "../failures/replay.ts";
import { claimFailures, claimName } from "../failures/store.ts";
import { jobKept, type ReplayJob } from "./store.ts";

export interface ReplayStepContext {
  db: D1Database;
  bucket: R2Bucket;
  queue: Pick<Queue<DeliveryEnvelope>, "send">;
  /** Epoch ms. */
  now: number;
}

/** Failures of one portion; each is read from R2 and deleted there, and a Worker has 1,000 requests. */
const PORTION = 200;

/**
 * Work off the next failures. They are forgotten and counted in one transaction: a portion whose run was killed before
 * that is done again by the next, and counted once.
 * @returns the job as it is then; undefined: it is over, stopped, or somebody else's
 */
export async function replayPortion(
  job: ReplayJob,
  { db, bucket, queue, now }: ReplayStepContext,
): Promise<ReplayJob | undefined> {
  const claim = claimName(job.id, now);
  const filter = { ...job.asked, destination: job.destination };
  const asked = { claim, until: job.createdAt, after: job.cursor, limit: PORTION, now };
  const failures = await claimFailures(db, filter, asked);
  const last = failures.at(-1);
  const cursor = last ? { at: last.at, itemId: last.itemId } : job.cursor;
  let next = job;
  const isOver = failures.length < PORTION;
  const { kept } = await endFailures(
    failures,
    { db, bucket, queue, claim },
    job.kind,
    ({ done, gone, tooLarge }) => {
      const counts = { ...job.counts };
      const count = (name: string, n: number) => {
        if (n > 0) counts[name] = (counts[name] ?? 0) + n;
      };
      count(job.kind === "replay" ? "replayed" : "discarded", done);
      if (job.kind === "replay") count("item_gone", gone);
      count("too_large", tooLarge);
      next = { ...job, cursor, counts, updatedAt: Math.max(now, job.updatedAt + 1) };
      return [jobKept(db, next, job.updatedAt, isOver ? "done" : undefined)];
    },
  );
  const [row] = (kept[0]?.results ?? []) as { state: string }[];
  return row?.state === "running" ? next : undefined;
}
