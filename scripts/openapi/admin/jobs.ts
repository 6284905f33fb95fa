/** Jobs of delivery, and the daily reconciliation: src/forward/jobs/routes.ts, src/forward/reconcile/routes.ts. */
import * as z from "zod";
import { bodySchema } from "../../../src/forward/jobs/routes.ts";
import type { Gap } from "../../../src/forward/reconcile/account.ts";
import type { Totals } from "../../../src/forward/reconcile/totals.ts";
import type { Group, Parameter } from "../description.ts";
import { ADMIN } from "../security.ts";

const time = z.iso.datetime();
const count = z.int().min(0);
const counts = z.record(z.string(), count);

const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(["replay", "discard", "backfill"]),
  destination: z.string(),
  state: z.enum(["running", "stopped", "done", "cancelled", "failed"]),
  asked: z.record(z.string(), z.unknown()).meta({ description: "As it was asked for." }),
  counts: counts.meta({
    description:
      "How many of what: `events`, `queued`, `skipped:<reason>`, `replayed`, `discarded`, `item_gone` …",
  }),
  actor: z.string().meta({ description: "Who has begun it." }),
  at: time.exactOptional().meta({ description: "Of a backfill: the hour that it is at." }),
  progress: z.number().min(0).max(1).exactOptional().meta({ description: "Of a backfill." }),
  created_at: time,
  updated_at: time,
});
const JOB = {
  id: "0b9c2f7e-3a59-4c0e-9f0e-6a1c6b0f4d11",
  kind: "backfill" as const,
  destination: "hubspot",
  state: "running" as const,
  asked: {
    from: "2026-11-01T00:00:00.000Z",
    to: "2026-11-20T00:00:00.000Z",
    events: [],
    eventIds: [],
    perSecond: 100,
    again: false,
  },
  counts: { events: 6000, queued: 5800, "skipped:consent_withdrawn": 200 },
  actor: "Ida",
  at: "2026-11-01T03:00:00.000Z",
  progress: 0.0066,
  created_at: "2026-11-22T10:00:00.000Z",
  updated_at: "2026-11-22T10:01:00.000Z",
};

const balanceSchema = z.object({
  routed: count,
  delivered: count,
  failed: count,
  skipped: counts.meta({ description: "By reason." }),
  inFlight: z.object({ queued: count, retry: count, parked: count }),
  gaps: count,
});
const totalsSchema = z.object({
  events: z.object({ accepted: count, duplicate: count, dropped: counts, changes: count }),
  destinations: z.record(z.string(), balanceSchema),
}) satisfies z.ZodType<Totals>;
const gapSchema = z.object({
  eventId: z.string(),
  destination: z.string().meta({ description: "`*`: ingest says nothing of the event." }),
  itemId: z.string().exactOptional(),
  why: z.enum(["not_ingested", "no_receipt", "retry_lost", "parked_lost"]),
  since: z.number().meta({ description: "Of the last that is known, epoch ms." }),
}) satisfies z.ZodType<Gap>;

const ID: Parameter = { name: "id", in: "path", description: "Of the job.", schema: { type: "string" } };

export const jobs: Group = {
  tag: "delivery jobs",
  description: "Replays of many failures, backfills from the lake, and the daily account of all deliveries.",
  requests: { NewJob: bodySchema },
  answers: {
    Job: jobSchema,
    Jobs: z.object({ jobs: z.array(jobSchema) }),
    Reconciliations: z.object({
      days: z.array(
        z.object({
          day: z.iso.date(),
          state: z.enum(["running", "done"]),
          totals: totalsSchema,
          gaps: z.array(gapSchema).max(200),
          open: count.meta({ description: "How many gaps there are." }),
          at: time,
        }),
      ),
    }),
    ReconciliationBegun: z.object({ day: z.iso.date(), state: z.literal("running") }),
  },
  paths: {
    "/admin/api/jobs": {
      get: {
        id: "listJobs",
        summary: "Jobs, newest first",
        security: ADMIN,
        parameters: [
          {
            name: "destination",
            in: "query",
            description: "Only of this destination.",
            schema: { type: "string" },
          },
        ],
        answers: {
          200: {
            description: "The last hundred.",
            json: { schema: "Jobs", examples: { One: { jobs: [JOB] } } },
          },
        },
        problems: { 401: ["unauthorized"] },
      },
      post: {
        id: "beginJob",
        summary: "Replay or discard many failures, or backfill a destination",
        description:
          "It begins within a minute. A backfill sends what the lake has to a destination as if it came today: by the consent that still holds, under the ids that the items always have.",
        security: ADMIN,
        body: {
          schema: "NewJob",
          examples: {
            "Replay a cause": { kind: "replay", destination: "hubspot", code: "http_400" },
            "Discard all of an event": { kind: "discard", destination: "hubspot", name: "scroll" },
            Backfill: {
              kind: "backfill",
              destination: "hubspot",
              from: "2026-11-01T00:00:00Z",
              to: "2026-11-20T00:00:00Z",
              perSecond: 100,
            },
          },
        },
        answers: { 202: { description: "Begun.", json: { schema: "Job", examples: { Backfill: JOB } } } },
        problems: {
          400: ["invalid_json", "invalid_body", "invalid_span"],
          401: ["unauthorized"],
          404: ["unknown_destination"],
          409: ["backfill_overlaps"],
        },
      },
    },
    "/admin/api/jobs/{id}/{change}": {
      post: {
        id: "changeJob",
        summary: "Stop a job, let it go on, or end it",
        security: ADMIN,
        parameters: [
          ID,
          {
            name: "change",
            in: "path",
            description: "What is to become of it.",
            schema: { type: "string", enum: ["stop", "resume", "cancel"] },
          },
        ],
        answers: {
          200: {
            description: "What was begun is ended: a run stops after the portion that it is at.",
            json: { schema: "Job", examples: { Stopped: { ...JOB, state: "stopped" } } },
          },
        },
        problems: { 401: ["unauthorized"], 404: ["unknown_job"], 409: ["job_state"] },
      },
    },
    "/admin/api/reconciliation": {
      get: {
        id: "listReconciliations",
        summary: "What became of each day's events, by destination",
        description:
          "`routed` = `delivered` + `failed` + all of `skipped` + all of `inFlight` + `gaps`, found by event id and destination and not by counters.",
        security: ADMIN,
        answers: {
          200: {
            description: "The last days, newest first.",
            json: {
              schema: "Reconciliations",
              examples: {
                "A day with a gap": {
                  days: [
                    {
                      day: "2026-11-20",
                      state: "done",
                      totals: {
                        events: { accepted: 10, duplicate: 1, dropped: {}, changes: 0 },
                        destinations: {
                          hubspot: {
                            routed: 9,
                            delivered: 6,
                            failed: 1,
                            skipped: { "no_consent:marketing": 1 },
                            inFlight: { queued: 0, retry: 0, parked: 0 },
                            gaps: 1,
                          },
                        },
                      },
                      gaps: [
                        { eventId: "e-7", destination: "hubspot", why: "no_receipt", since: 1795341600000 },
                      ],
                      open: 1,
                      at: "2026-11-21T02:00:00.000Z",
                    },
                  ],
                },
              },
            },
          },
        },
        problems: { 401: ["unauthorized"] },
      },
    },
    "/admin/api/reconciliation/{day}": {
      post: {
        id: "reconcile",
        summary: "Draw up a day's account again",
        security: ADMIN,
        parameters: [
          {
            name: "day",
            in: "path",
            description: "UTC, `YYYY-MM-DD`.",
            schema: { type: "string", format: "date" },
          },
        ],
        answers: {
          202: {
            description: "Begun; it is done within some minutes.",
            json: {
              schema: "ReconciliationBegun",
              examples: { Begun: { day: "2026-11-20", state: "running" } },
            },
          },
        },
        problems: { 400: ["invalid_day"], 401: ["unauthorized"] },
      },
    },
  },
};
