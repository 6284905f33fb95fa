/** What happened to each event: `/admin/api/live`, `/admin/api/trace/{event_id}` and `/admin/api/health`. */
import * as z from "zod";
import { type Receipt, receiptSchema } from "../../../contracts/messages/receipt.ts";
import type { EventEntry, SlotEntry } from "../../../src/console/entry.ts";
import type { Group } from "../description.ts";
import { ADMIN } from "../security.ts";

const common = {
  event_id: z.string(),
  at: z.iso.datetime().meta({ description: "Of the newest receipt." }),
  summary: z.string(),
  receipts: z.array(receiptSchema),
};

export const eventEntrySchema = z.object({
  kind: z.literal("event"),
  ...common,
  name: z.string(),
  source: z.string(),
  outcome: z.enum(["accepted", "dropped", "rejected", "duplicate"]),
  identity_state: z.string().exactOptional(),
  destinations: z.array(
    z.object({
      destination: z.string(),
      status: z.enum(["queued", "delivered", "skipped", "retry", "failed", "parked"]),
      reason: z.string().exactOptional(),
    }),
  ),
}) satisfies z.ZodType<EventEntry>;

export const slotEntrySchema = z.object({
  kind: z.literal("slot"),
  ...common,
  slot: z.string(),
  outcome: z.enum(["offer", "fallback"]),
  offer: z.string().exactOptional(),
  segments: z.array(z.string()),
  losers: z.array(z.object({ offer: z.string(), reason: z.string() })),
}) satisfies z.ZodType<SlotEntry>;

const entrySchema = z.discriminatedUnion("kind", [eventEntrySchema, slotEntrySchema]);

const failedSchema = z.object({ error: z.string() });

const RECEIPTS: Receipt[] = [
  { stage: "door", eventId: "e-1", at: 1795341600000, name: "page_view", source: "web", outcome: "accepted" },
  {
    stage: "delivery",
    eventId: "e-1",
    at: 1795341602000,
    destination: "ga4",
    itemId: "e-1-ga4",
    attempt: 1,
    outcome: "delivered",
  },
];

const ENTRY: EventEntry = {
  kind: "event",
  event_id: "e-1",
  at: "2026-11-22T10:00:02.000Z",
  name: "page_view",
  source: "web",
  outcome: "accepted",
  summary: "Accepted; delivered to ga4",
  destinations: [{ destination: "ga4", status: "delivered" }],
  receipts: RECEIPTS,
};

export const receipts: Group = {
  tag: "receipts",
  description: "Every decision on an event, and how the queues are.",
  requests: {},
  answers: {
    Live: z.object({ events: z.array(entrySchema) }),
    LiveEntry: entrySchema,
    EventEntry: eventEntrySchema,
    SlotEntry: slotEntrySchema,
    Receipt: receiptSchema,
    Trace: z.object({
      event_id: z.string(),
      receipts: z.array(receiptSchema).meta({ description: "Oldest first." }),
      explained: z.array(z.string()).meta({ description: "The receipts as sentences." }),
      entry: entrySchema,
      found_in: z.array(z.enum(["live", "lake"])).meta({ description: "Where its receipts were found." }),
      searched: z
        .object({
          from: z.iso.datetime(),
          to: z.iso.datetime(),
          objects: z.int().min(0),
          truncated: z.boolean(),
        })
        .meta({
          description: "The hours of the lake that were searched, and how many files of them were read.",
        })
        .optional(),
    }),
    Health: z.object({
      queues: z.record(
        z.string(),
        z.union([
          z.object({
            messages: z.int().min(0),
            bytes: z.int().min(0),
            oldest_at: z.iso.datetime().optional(),
          }),
          failedSchema,
        ]),
      ),
      release: z.union([z.object({ version: z.int().min(0) }), failedSchema]),
    }),
  },
  paths: {
    "/admin/api/live": {
      get: {
        id: "listLive",
        summary: "Recent events and slot decisions, newest first",
        security: ADMIN,
        parameters: [
          {
            name: "limit",
            in: "query",
            description: "How many at most.",
            schema: { type: "integer", minimum: 1, maximum: 500, default: 50 },
          },
        ],
        answers: {
          200: {
            description: "Each with what became of it.",
            json: { schema: "Live", examples: { "One event": { events: [ENTRY] } } },
          },
        },
        problems: { 400: ["invalid_limit"], 401: ["unauthorized"] },
      },
    },
    "/admin/api/trace/{event_id}": {
      get: {
        id: "getTrace",
        summary: "All decisions on one event",
        description:
          "From the live ring. Where it no longer has the event, or `at`, `from` or `to` is given, also from the lake: with `at` the hour and those beside it, otherwise from `from` to `to`, seven days at most; by default the last 24 hours.",
        security: ADMIN,
        parameters: [
          {
            name: "event_id",
            in: "path",
            description: "As its sender named it.",
            schema: { type: "string" },
          },
          {
            name: "at",
            in: "query",
            description: "About when it came in, ISO; without a zone, UTC.",
            schema: { type: "string", examples: ["2026-11-22T09:30:00Z"] },
          },
          {
            name: "from",
            in: "query",
            description: "Search the lake from this time, ISO; without a zone, UTC.",
            schema: { type: "string", examples: ["2026-11-22T00:00:00Z"] },
          },
          {
            name: "to",
            in: "query",
            description: "Search the lake up to this time, ISO; without a zone, UTC.",
            schema: { type: "string", examples: ["2026-11-22T12:00:00Z"] },
          },
        ],
        answers: {
          200: {
            description: "Why it was accepted, whom it resolved to, and where it went.",
            json: {
              schema: "Trace",
              examples: {
                "A delivered event": {
                  event_id: "e-1",
                  receipts: RECEIPTS,
                  explained: ["The door accepted `page_view` from `web`.", "`ga4` took it at attempt 1."],
                  entry: ENTRY,
                  found_in: ["lake"],
                  searched: {
                    from: "2026-11-22T08:30:00.000Z",
                    to: "2026-11-22T10:30:00.000Z",
                    objects: 2,
                    truncated: false,
                  },
                },
              },
            },
          },
        },
        problems: { 400: ["invalid_at"], 401: ["unauthorized"], 404: ["unknown_event"] },
      },
    },
    "/admin/api/health": {
      get: {
        id: "getQueueHealth",
        summary: "How long each queue is, and which release holds",
        security: ADMIN,
        answers: {
          200: {
            description: "What cannot be asked says so, and hides no other.",
            json: {
              schema: "Health",
              examples: {
                "One queue cannot say": {
                  queues: {
                    events: { messages: 3, bytes: 900, oldest_at: "2026-11-22T10:30:00.000Z" },
                    crm: { error: "metrics are not available" },
                  },
                  release: { version: 4 },
                },
              },
            },
          },
        },
        problems: { 401: ["unauthorized"] },
      },
    },
  },
};
