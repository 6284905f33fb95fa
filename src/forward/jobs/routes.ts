/** Jobs in the admin API: replays of many failures and backfills, begun, watched, stopped and gone on with. */
import { Hono } from "hono";
import * as z from "zod";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { type Clock, DAY_MS } from "#core/clock";
import { Problem } from "#core/problem";
import { readBody } from "#core/read-body";
import type { Actor } from "#privacy/actor";
import {
  type BackfillJob,
  backfillAskedSchema,
  insertJob,
  type Job,
  type JobState,
  listJobs,
  overlappingBackfill,
  readJob,
  replayAskedSchema,
  setJobState,
} from "./store.ts";

export interface JobRoutesContext {
  db: D1Database;
  document: () => Promise<ReleaseDocument>;
  clock: Clock;
}

type ActorVariables = { Variables: { actor: Actor; created: string } };

const LISTED = 100;
/** A backfill reads every hour of its span. */
const MAX_SPAN_MS = 400 * DAY_MS;

const time = z.iso.datetime({ offset: true });
const shared = { destination: z.string().min(1).max(64) };
export const bodySchema = z.discriminatedUnion("kind", [
  replayAskedSchema.extend({ ...shared, kind: z.literal("replay") }),
  replayAskedSchema.extend({ ...shared, kind: z.literal("discard") }),
  backfillAskedSchema.extend({ ...shared, kind: z.literal("backfill"), from: time, to: time }),
]);

const CHANGES: Readonly<Record<string, { from: readonly JobState[]; to: JobState }>> = {
  stop: { from: ["running"], to: "stopped" },
  resume: { from: ["stopped", "failed"], to: "running" },
  cancel: { from: ["running", "stopped", "failed"], to: "cancelled" },
};

/** The routes, to be mounted under `/admin/api`. */
export function jobRoutes({ db, document, clock }: JobRoutesContext): Hono<ActorVariables> {
  const app = new Hono<ActorVariables>();

  app.get("/jobs", async (c) =>
    c.json({ jobs: (await listJobs(db, LISTED, c.req.query("destination"))).map(view) }),
  );

  app.post("/jobs", async (c) => {
    const { kind, destination, ...body } = await readBody(c, bodySchema);
    const asked = "from" in body ? { ...body, from: Date.parse(body.from), to: Date.parse(body.to) } : body;
    const { destinations } = await document();
    if (kind !== "discard" && !Object.hasOwn(destinations, destination))
      throw new Problem(404, "unknown_destination", `The release has no destination "${destination}".`);
    const now = clock();
    const base = { id: c.get("created"), destination, state: "running" as const, counts: {}, cursor: null };
    const job = { ...base, kind, asked, actor: c.get("actor").name, createdAt: now, updatedAt: now } as Job; // kind and asked come from one parsed body
    if (job.kind === "backfill") checkSpan(job.asked, now);
    const isAlone = job.kind === "backfill" && !job.asked.again;
    if (!(await insertJob(db, job, isAlone)) && job.kind === "backfill") await overlaps(job);
    return c.json(view(job), 202);
  });

  app.post("/jobs/:id/:change", async (c) => {
    const { id, change } = c.req.param();
    const asked = Object.hasOwn(CHANGES, change) ? CHANGES[change] : undefined;
    const known = await readJob(db, id);
    if (!asked || !known)
      throw new Problem(404, "unknown_job", "No job has this id, or jobs cannot do that.");
    if (!(await setJobState(db, id, asked.from, asked.to)))
      throw new Problem(409, "job_state", `The job is ${known.state}, so that it cannot ${change}.`);
    return c.json(view({ ...known, state: asked.to }));
  });

  async function overlaps({ destination, asked }: BackfillJob): Promise<never> {
    const other = await overlappingBackfill(db, destination, asked.from, asked.to);
    throw new Problem(
      409,
      "backfill_overlaps",
      `The backfill ${other} has some of these days; cancel it, or say "again": true to send them once more.`,
    );
  }

  return app;
}

function checkSpan({ from, to }: { from: number; to: number }, now: number): void {
  if (to <= from || to - from > MAX_SPAN_MS || from > now)
    throw new Problem(
      400,
      "invalid_span",
      "`from` must be before `to` and in the past, and 400 days at most lie between.",
    );
}

/** A job as it is shown. */
const view = ({ asked, cursor, createdAt, updatedAt, ...job }: Job) => ({
  ...job,
  asked: {
    ...asked,
    ...("from" in asked && {
      from: new Date(asked.from).toISOString(),
      to: new Date(asked.to).toISOString(),
    }),
  },
  ...(cursor && "hour" in cursor && { at: new Date(cursor.hour).toISOString() }),
  created_at: new Date(createdAt).toISOString(),
  updated_at: new Date(updatedAt).toISOString(),
  ...("from" in asked && {
    progress: progressOf(job.state, asked, cursor && "hour" in cursor ? cursor.hour : undefined),
  }),
});

/** Of a backfill, from 0 to 1, by the hours that are behind it. */
function progressOf(
  state: JobState,
  { from, to }: { from: number; to: number },
  hour: number | undefined,
): number {
  if (state === "done") return 1;
  return hour === undefined ? 0 : Math.min(1, Math.max(0, (hour - from) / (to - from)));
}
