/** Destinations: src/forward/routes.ts. */
import * as z from "zod";
import { destinationSchema } from "../../../contracts/definitions/destination.ts";
import type { DestinationStatus } from "../../../src/forward/destination-object.ts";
import type { ShownDestination } from "../../../src/forward/destination-view.ts";
import type { Health } from "../../../src/forward/destinations/contract.ts";
import type { Summary } from "../../../src/forward/metrics.ts";
import type { Group, Parameter } from "../description.ts";
import { ADMIN } from "../security.ts";
import { FAILURE, failureSchema } from "./failures.ts";

const time = (description: string) => z.number().meta({ description: `${description}, epoch ms.` });

const count = z.int().min(0);
const lag = (share: string) =>
  z
    .number()
    .nullable()
    .exactOptional()
    .meta({ description: `${share} of what was delivered took at most so many seconds; null: over a day.` });

const summarySchema = z.object({
  delivered: count,
  skipped: count,
  retry: count,
  failed: count,
  parked: count,
  requests: count,
  lagP50Seconds: lag("Half"),
  lagP95Seconds: lag("95 %"),
  lagMeanSeconds: z.number().exactOptional(),
  latencyMeanMs: z.number().exactOptional().meta({ description: "Of one request to the vendor." }),
  latencyMaxMs: z.number().exactOptional(),
}) satisfies z.ZodType<Summary>;

const statusSchema = z.object({
  paused: z.boolean(),
  reason: z.string().exactOptional().meta({ description: "Why it is paused." }),
  pausedAt: time("Since when it is paused").exactOptional(),
  circuit: z.enum(["closed", "open", "half_open"]),
  openUntil: time("Until when nothing is let through").exactOptional(),
  backlog: z.literal(true).exactOptional().meta({
    description: "It keeps the order, and something that could not go yet is waited for.",
  }),
  lastSuccessAt: time("When something was last delivered").exactOptional(),
  lastError: z.object({ code: z.string(), at: time("When") }).exactOptional(),
  lastHour: summarySchema.exactOptional(),
  lastDay: summarySchema.exactOptional(),
}) satisfies z.ZodType<DestinationStatus>;

const listedSchema = destinationSchema
  .pick({ type: true, queue: true, purposes: true, events: true, enabled: true })
  .extend({
    key: z.string(),
    title: z.string(),
    erasure: z.string().meta({ description: "How a person is deleted there, or why they cannot be." }),
    status: statusSchema,
    parked: z.object({
      items: z.int().min(0),
      more: z.boolean().meta({ description: "There are more than were counted." }),
    }),
    lastFailures: z.array(failureSchema).max(5),
  });

const point = z.object({
  at: time("Start of the minute or hour"),
  delivered: count,
  failed: count,
  retry: count,
  lagP95Seconds: lag("95 %"),
  latencyMeanMs: z.number().exactOptional(),
});

const shownSchema = listedSchema.omit({ lastFailures: true }).extend({
  bots: z.boolean(),
  conditional: z.boolean().meta({ description: "It takes only events of which a condition holds." }),
  ordered: z.boolean(),
  changes: destinationSchema.shape.changes.unwrap().nullable(),
  mappings: count,
  deduplicates: z.boolean(),
  limits: z
    .object({ requestsPerSecond: z.number(), concurrency: z.number(), perRequest: z.number() })
    .nullable()
    .meta({ description: "Those that hold: of the type, or of the release where it says less." }),
  settings: z.array(
    z.looseObject({
      name: z.string(),
      title: z.string(),
      description: z.string(),
      kind: z.enum(["text", "secret", "url", "number", "boolean", "choice", "list", "map"]),
      required: z.boolean(),
      value: z.unknown().optional(),
      secret: z.string().exactOptional().meta({ description: "Name of the Worker's secret." }),
    }),
  ),
  lastMinute: summarySchema,
  minutes: z.array(point).meta({ description: "Of the last hour, without those in which nothing happened." }),
  hours: z.array(point).meta({ description: "Of the last day." }),
}) satisfies z.ZodType<ShownDestination>;

const code = z.string();
const detail = z.string().exactOptional();
const healthSchema = z.discriminatedUnion("status", [
  z.object({ status: z.literal("ok"), detail }),
  z.object({ status: z.enum(["unauthorized", "unreachable", "misconfigured"]), code, detail }),
  z.object({ status: z.literal("unknown"), detail: z.string() }),
]) satisfies z.ZodType<Health>;

const NOTHING: Summary = { delivered: 0, skipped: 0, retry: 0, failed: 0, parked: 0, requests: 0 };
const PAUSED: DestinationStatus = {
  paused: true,
  reason: "operator",
  pausedAt: 1795341600000,
  circuit: "closed",
};
const RUNNING: DestinationStatus = { paused: false, circuit: "closed" };

const LISTED = {
  key: "hubspot",
  type: "hubspot",
  title: "HubSpot",
  queue: "crm" as const,
  purposes: ["marketing" as const],
  events: ["form_submit"],
  enabled: true,
  erasure: "HubSpot's permanent deletion of each of the person's addresses.",
  parked: { items: 12, more: false },
};

const KEY: Parameter = {
  name: "key",
  in: "path",
  description: "The destination's key in the release.",
  schema: { type: "string" },
};

export const delivery: Group = {
  tag: "delivery",
  description: "How each destination is doing, and what it did not take.",
  requests: {},
  answers: {
    Destinations: z.object({ destinations: z.array(listedSchema) }),
    Destination: listedSchema,
    ShownDestination: shownSchema,
    Connection: healthSchema,
    DestinationStatus: statusSchema,
    Paused: z.object({ key: z.string(), status: statusSchema }),
    Resumed: z.object({
      key: z.string(),
      status: statusSchema,
      released: z.int().min(0).meta({ description: "Parked items that went back into the queue." }),
    }),
  },
  paths: {
    "/admin/api/destinations": {
      get: {
        id: "listDestinations",
        summary: "Destinations of the active release, with their state",
        security: ADMIN,
        answers: {
          200: {
            description: "Settings and secrets are not shown.",
            json: {
              schema: "Destinations",
              examples: {
                "One that is paused": {
                  destinations: [{ ...LISTED, status: PAUSED, lastFailures: [FAILURE] }],
                },
              },
            },
          },
        },
        problems: { 401: ["unauthorized"] },
      },
    },
    "/admin/api/destinations/{key}": {
      get: {
        id: "getDestination",
        summary: "One destination: its settings, limits and figures by minute and hour",
        security: ADMIN,
        parameters: [KEY],
        answers: {
          200: {
            description: "Of secrets the names alone are shown.",
            json: {
              schema: "ShownDestination",
              examples: {
                "One that runs": {
                  ...LISTED,
                  status: { ...RUNNING, lastSuccessAt: 1795341600000 },
                  bots: false,
                  conditional: false,
                  ordered: false,
                  changes: null,
                  mappings: 0,
                  deduplicates: true,
                  limits: { requestsPerSecond: 10, concurrency: 4, perRequest: 100 },
                  settings: [
                    {
                      name: "token",
                      title: "Access token",
                      description: "Of a private app.",
                      kind: "text",
                      required: true,
                      secret: "HUBSPOT_TOKEN",
                    },
                  ],
                  lastMinute: NOTHING,
                  minutes: [{ at: 1795341600000, delivered: 40, failed: 1, retry: 0, lagP95Seconds: 2 }],
                  hours: [{ at: 1795338000000, delivered: 900, failed: 1, retry: 2, lagP95Seconds: 5 }],
                },
              },
            },
          },
        },
        problems: { 401: ["unauthorized"], 404: ["unknown_destination"] },
      },
    },
    "/admin/api/destinations/{key}/check": {
      post: {
        id: "checkDestination",
        summary: "Ask the vendor whether it can be reached and takes our credentials",
        description:
          "With the settings and secrets that deliveries use, in ten seconds at most, also while it is paused. Nothing is written there.",
        security: ADMIN,
        parameters: [KEY],
        answers: {
          200: {
            description: "What it says. `unknown`: the vendor has nothing that could be asked so.",
            json: {
              schema: "Connection",
              examples: {
                Reached: { status: "ok" },
                "A wrong token": { status: "unauthorized", code: "http_401" },
              },
            },
          },
        },
        problems: { 401: ["unauthorized"], 404: ["unknown_destination"] },
      },
    },
    "/admin/api/destinations/{key}/pause": {
      post: {
        id: "pauseDestination",
        summary: "Let nothing through until it is resumed",
        description: "What is meant for it is parked.",
        security: ADMIN,
        parameters: [KEY],
        answers: {
          200: {
            description: "Paused.",
            json: { schema: "Paused", examples: { Paused: { key: "hubspot", status: PAUSED } } },
          },
        },
        problems: { 401: ["unauthorized"], 404: ["unknown_destination"] },
      },
    },
    "/admin/api/destinations/{key}/resume": {
      post: {
        id: "resumeDestination",
        summary: "Let everything through again",
        description: "Closes an open circuit too. The first parked items go at once, the others on schedule.",
        security: ADMIN,
        parameters: [KEY],
        answers: {
          200: {
            description: "Resumed.",
            json: {
              schema: "Resumed",
              examples: { Resumed: { key: "hubspot", status: RUNNING, released: 12 } },
            },
          },
        },
        problems: { 401: ["unauthorized"], 404: ["unknown_destination"] },
      },
    },
  },
};
