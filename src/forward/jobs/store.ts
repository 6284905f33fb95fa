/**
 * Jobs that put many items into the queues: replays of failures, and backfills from the lake. One row each, in the first
 * database. A run takes a job on a lease, and keeps its cursor and its counts in one write after each portion: a portion
 * that was sent and not counted is sent again under the same ids, and counted once.
 */
import * as z from "zod";
import type { FailureCursor } from "../failures/store.ts";

/** What failures a replay is about. */
export const replayAskedSchema = z.strictObject({
  code: z.string().max(200).optional(),
  /** Name of the event. */
  name: z.string().max(200).optional(),
});

export const MAX_PER_SECOND = 10_000;

/** What a backfill is about. Times are when the events were received, epoch ms; `to` is left out. */
export const backfillAskedSchema = z.strictObject({
  from: z.int().min(0),
  to: z.int().min(0),
  /** Names of events; empty: all that the destination takes. */
  events: z.array(z.string()).max(100).default([]),
  /** Only these: what a reconciliation misses. Empty: all. */
  eventIds: z.array(z.string()).max(1_000).default([]),
  perSecond: z.int().min(1).max(MAX_PER_SECOND).default(100),
  /** Also events that were sent there when they came. */
  again: z.boolean().default(false),
});
export type ReplayAsked = z.infer<typeof replayAskedSchema>;
export type BackfillAsked = z.infer<typeof backfillAskedSchema>;

export type JobState = "running" | "stopped" | "done" | "cancelled" | "failed";

interface Shared {
  id: string;
  destination: string;
  state: JobState;
  /** How many of what; of a backfill also `skipped:<reason>`. */
  counts: Record<string, number>;
  actor: string;
  /** Epoch ms. */
  createdAt: number;
  updatedAt: number;
}
export interface ReplayJob extends Shared {
  kind: "replay" | "discard";
  asked: ReplayAsked;
  /** The last failure that was looked at. */
  cursor: FailureCursor | null;
}
export interface BackfillJob extends Shared {
  kind: "backfill";
  asked: BackfillAsked;
  cursor: BackfillCursor | null;
}
export type Job = ReplayJob | BackfillJob;

/** The next events: those of a portion of an hour, in an order of their own, that come after one. */
export interface BackfillCursor {
  /** Epoch ms. */
  hour: number;
  part: number;
  of: number;
  after: string | null;
}

interface Row extends Omit<Shared, "counts"> {
  kind: Job["kind"];
  asked: string;
  cursor: string | null;
  counts: string;
}

const COLUMNS =
  "id, kind, destination, state, asked, cursor, counts, actor, created_at AS createdAt, updated_at AS updatedAt";

// All JSON in these rows is written by this file alone.
const fromRow = ({ asked, cursor, counts, ...row }: Row): Job =>
  ({
    ...row,
    asked: JSON.parse(asked),
    cursor: cursor === null ? null : JSON.parse(cursor),
    counts: JSON.parse(counts),
  }) as Job;

/** @param alone not where another backfill has some of its days @returns whether it was */
export async function insertJob(db: D1Database, job: Job, alone = false): Promise<boolean> {
  const { id, kind, destination, state, asked, cursor, counts, actor, createdAt, updatedAt } = job;
  const { meta } = await db
    .prepare(
      `INSERT INTO delivery_jobs (id, kind, destination, state, asked, cursor, counts, actor, created_at, updated_at, leased_until)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0
       WHERE ?11 = 0 OR NOT EXISTS (SELECT 1 FROM delivery_jobs WHERE ${overlapping("?3", "?5->>'from'", "?5->>'to'")})`,
    )
    .bind(
      ...[id, kind, destination, state, JSON.stringify(asked), cursor && JSON.stringify(cursor)],
      ...[JSON.stringify(counts), actor, createdAt, updatedAt, Number(alone)],
    )
    .run();
  return meta.changes > 0;
}

/** Backfills of a destination that are not cancelled and have some of these days; not those of a few events alone. */
const overlapping = (destination: string, from: string, to: string): string =>
  `kind = 'backfill' AND destination = ${destination} AND state <> 'cancelled'
   AND json_array_length(asked, '$.eventIds') = 0 AND asked->>'from' < ${to} AND asked->>'to' > ${from}`;

/** Newest first. */
export async function listJobs(db: D1Database, limit: number, destination?: string): Promise<Job[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM delivery_jobs WHERE ?2 IS NULL OR destination = ?2
       ORDER BY created_at DESC, id LIMIT ?1`,
    )
    .bind(limit, destination ?? null)
    .all<Row>();
  return results.map(fromRow);
}

export async function readJob(db: D1Database, id: string): Promise<Job | null> {
  const row = await db.prepare(`SELECT ${COLUMNS} FROM delivery_jobs WHERE id = ?1`).bind(id).first<Row>();
  return row && fromRow(row);
}

/** Stop a job, let it go on, or end it. @returns false: it is in none of those states */
export async function setJobState(
  db: D1Database,
  id: string,
  from: readonly JobState[],
  to: JobState,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      "UPDATE delivery_jobs SET state = ?3 WHERE id = ?1 AND state IN (SELECT value FROM json_each(?2))",
    )
    .bind(id, JSON.stringify(from), to)
    .run();
  return meta.changes > 0;
}

/** So long one run has a job before another may take it: longer than a portion takes. */
const LEASE_MS = 120_000;

/** Running jobs that nobody works on, those first that have waited longest, each leased to the caller. */
export async function leaseJobs(db: D1Database, limit: number, now: number): Promise<Job[]> {
  const { results } = await db
    .prepare(
      `UPDATE delivery_jobs SET leased_until = ?2 WHERE id IN (
         SELECT id FROM delivery_jobs WHERE state = 'running' AND leased_until <= ?1
         ORDER BY leased_until, created_at, id LIMIT ?3)
       AND leased_until <= ?1 RETURNING ${COLUMNS}`,
    )
    .bind(now, now + LEASE_MS, limit)
    .all<Row>();
  return results.map(fromRow);
}

/**
 * Keep what a portion came to. Whoever stopped the job meanwhile has only changed its state, so that the portion counts.
 * @param before `updatedAt` of what the portion began from
 * @param ends the job has nothing left to do
 * @returns whether to go on: the job is still running, and nobody else has gone on with it
 */
export async function keepJob(
  db: D1Database,
  job: KeptJob,
  before: number,
  ends?: "done" | "failed",
): Promise<boolean> {
  const row = await jobKept(db, job, before, ends).first<{ state: JobState }>();
  return row?.state === "running";
}

type KeptJob = Pick<Job, "id" | "cursor" | "counts" | "updatedAt">;

/** The statement of `keepJob`, which gives the state; nothing where somebody else has gone on with it. */
export const jobKept = (
  db: D1Database,
  { id, cursor, counts, updatedAt }: KeptJob,
  before: number,
  ends?: "done" | "failed",
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE delivery_jobs SET cursor = ?2, counts = ?3, updated_at = ?4, leased_until = ?4 + ${LEASE_MS},
              state = CASE WHEN ?6 IS NULL THEN state ELSE ?6 END
       WHERE id = ?1 AND updated_at = ?5 RETURNING state`,
    )
    .bind(id, cursor && JSON.stringify(cursor), JSON.stringify(counts), updatedAt, before, ends ?? null);

/** Let others take it: this run is over. Who has had a turn last is the last of the next one. */
export async function releaseJob(db: D1Database, id: string, now: number): Promise<void> {
  await db.prepare("UPDATE delivery_jobs SET leased_until = ?2 WHERE id = ?1").bind(id, now).run();
}

/** One of those. */
export async function overlappingBackfill(
  db: D1Database,
  destination: string,
  from: number,
  to: number,
): Promise<string | null> {
  const row = await db
    .prepare(`SELECT id FROM delivery_jobs WHERE ${overlapping("?1", "?2", "?3")} LIMIT 1`)
    .bind(destination, from, to)
    .first<{ id: string }>();
  return row?.id ?? null;
}
