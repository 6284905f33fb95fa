/** Refused events and their repair: src/collect/quarantine/routes.ts. */
import * as z from "zod";
import type { Repair } from "../../../contracts/definitions/repair.ts";
import type { Replayed } from "../../../src/collect/quarantine/replay.ts";
import { discardSchema, dryRunSchema, replaySchema } from "../../../src/collect/quarantine/routes.ts";
import type { Group, Parameter } from "../description.ts";
import { ADMIN } from "../security.ts";

const day = z.iso.date();
const count = (description: string) => z.int().min(0).meta({ description });
const text = z.string();

const groupSchema = z.object({
  day: day.meta({ description: "Of their arrival, UTC." }),
  source: text,
  name: text.meta({ description: "The event's, as its sender calls it." }),
  cause: text.meta({ description: "Code and paths, separated by spaces." }),
  code: text,
  paths: z.array(text),
  kept: count("Sealed in R2: can be put right."),
  replaying: count("Taken by a replay that has not ended."),
  sent: count("Put right, and on the events queue."),
  back: count("Ingested, and in the lake."),
  denied: count("Put right, and stopped at ingest: consent was withdrawn, or the person is suppressed."),
  discarded: count("By an operator."),
  lost: count("Nothing of them is kept: no consent, or too large."),
  erased: count("Their person was erased."),
  first_at: z.iso.datetime(),
  last_at: z.iso.datetime(),
});

const fieldSchema = z.object({
  path: text,
  value: text.meta({ description: "JSON, or of a masked one what kind of value it is." }),
  masked: z.boolean(),
});
const sideSchema = z.object({ name: text, fields: z.array(fieldSchema) });
const issueSchema = z.object({ path: text, message: text });
const triedSchema = z.object({
  id: text,
  received_at: z.iso.datetime(),
  before: sideSchema,
  after: sideSchema,
  left: z.array(text).meta({ description: "Fields that consent did not allow to keep." }),
  result: z.discriminatedUnion("passes", [
    z.object({ passes: z.literal(true) }),
    z.object({ passes: z.literal(false), code: text, issues: z.array(issueSchema) }),
  ]),
});

const replayedSchema = z.object({
  sent: count("Put right, and on the events queue."),
  failing: z
    .record(text, z.int())
    .meta({ description: "Still kept: how many, by what is wrong with them now." }),
  lost: count("The retention has taken them, or their person was erased."),
}) satisfies z.ZodType<Replayed>;

const CAUSE = { cause: "invalid_event properties.currency", name: "purchase" };
const REPAIR: Repair = {
  match: { name: "purchase", path: "properties.currency" },
  steps: [{ cast: { path: "properties.currency", to: "uppercase" } }],
};
const before = { path: "properties.currency", value: '"eur"', masked: false };

const dayParameter = (name: string, description: string): Parameter => ({
  name,
  in: "query",
  description,
  schema: { type: "string", format: "date" },
});

export const quarantine: Group = {
  tag: "quarantine",
  description: "What was refused and why, and its way back.",
  requests: { DryRun: dryRunSchema, Replay: replaySchema, Discard: discardSchema },
  answers: {
    Quarantine: z.object({
      from: day,
      to: day,
      groups: z.array(groupSchema),
      truncated: z.boolean().meta({ description: "There are more groups than are listed." }),
    }),
    Tried: z.object({ events: z.array(triedSchema).max(20) }),
    ReplayedEvents: replayedSchema.extend({
      next: z
        .tuple([text, text, text, text, text])
        .nullable()
        .meta({ description: "The `cursor` of the next call; null at the end." }),
    }),
    Discarded: z.object({ discarded: z.int().min(0) }),
  },
  paths: {
    "/admin/api/quarantine": {
      get: {
        id: "listQuarantine",
        summary: "Refused events by day, source, name and cause",
        security: ADMIN,
        parameters: [
          dayParameter("from", "First day, UTC; six days ago by default."),
          dayParameter("to", "Last day, UTC; today by default."),
        ],
        answers: {
          200: {
            description: "Newest day first; at most 1,000 groups.",
            json: {
              schema: "Quarantine",
              examples: {
                "Purchases that came back": {
                  from: "2026-11-16",
                  to: "2026-11-22",
                  groups: [
                    {
                      day: "2026-11-21",
                      source: "web",
                      ...CAUSE,
                      code: "invalid_event",
                      paths: ["properties.currency"],
                      kept: 0,
                      replaying: 0,
                      sent: 0,
                      back: 412,
                      denied: 1,
                      discarded: 0,
                      lost: 3,
                      erased: 0,
                      first_at: "2026-11-21T08:00:00.000Z",
                      last_at: "2026-11-21T19:30:00.000Z",
                    },
                  ],
                  truncated: false,
                },
              },
            },
          },
        },
        problems: { 400: ["invalid_day"], 401: ["unauthorized"] },
      },
    },
    "/admin/api/quarantine/dry-run": {
      post: {
        id: "tryRepair",
        summary: "What a repair would do",
        description:
          "With up to 20 events of the cause, and with the release's repairs where none is given. Changes nothing.",
        security: ADMIN,
        body: {
          schema: "DryRun",
          examples: { "A repair that is not published yet": { cause: CAUSE, repair: REPAIR } },
        },
        answers: {
          200: {
            description: "Values of personal and unknown fields are masked.",
            json: {
              schema: "Tried",
              examples: {
                "One event": {
                  events: [
                    {
                      id: "e-1",
                      received_at: "2026-11-21T08:00:00.000Z",
                      before: { name: "purchase", fields: [before] },
                      after: { name: "purchase", fields: [{ ...before, value: '"EUR"' }] },
                      left: [],
                      result: { passes: true },
                    },
                  ],
                },
              },
            },
          },
        },
        problems: {
          400: ["invalid_json", "invalid_body"],
          401: ["unauthorized"],
          413: ["body_too_large"],
          422: ["invalid_repair"],
        },
      },
    },
    "/admin/api/quarantine/replay": {
      post: {
        id: "replayQuarantine",
        summary: "Let kept events back in, put right by the release's repairs",
        description:
          "A bounded number per call; go on with `next` as `cursor`. What does not pass stays. Consent is checked again at ingest.",
        security: ADMIN,
        body: { schema: "Replay", examples: { "All of a cause": { cause: CAUSE } } },
        answers: {
          202: {
            description: "On the events queue.",
            json: {
              schema: "ReplayedEvents",
              examples: { "All of them": { sent: 12, failing: {}, lost: 0, next: null } },
            },
          },
        },
        problems: {
          400: ["invalid_json", "invalid_body"],
          401: ["unauthorized"],
          413: ["body_too_large"],
          503: ["queue_unavailable"],
        },
      },
    },
    "/admin/api/quarantine/discard": {
      post: {
        id: "discardQuarantine",
        summary: "Give kept events up",
        description: "They stay sealed until the retention takes them, and are never replayed.",
        security: ADMIN,
        body: { schema: "Discard", examples: { "All of a cause": { cause: CAUSE } } },
        answers: {
          200: {
            description: "How many.",
            json: { schema: "Discarded", examples: { Two: { discarded: 2 } } },
          },
        },
        problems: {
          400: ["invalid_json", "invalid_body"],
          401: ["unauthorized"],
          413: ["body_too_large"],
        },
      },
    },
  },
};
