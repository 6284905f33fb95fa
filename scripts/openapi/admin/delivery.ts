/** Destinations and what failed: src/forward/routes.ts. */
import * as z from "zod";
import { destinationSchema } from "../../../contracts/definitions/destination.ts";
import type { CircuitStatus } from "../../../src/forward/circuit.ts";
import type { Failure } from "../../../src/forward/store.ts";
import type { Group, Parameter } from "../description.ts";
import { ADMIN } from "../security.ts";

const time = (description: string) => z.number().meta({ description: `${description}, epoch ms.` });

const statusSchema = z.object({
  paused: z.boolean(),
  reason: z.string().exactOptional().meta({ description: "Why it is paused." }),
  pausedAt: time("Since when it is paused").exactOptional(),
  circuit: z.enum(["closed", "open", "half_open"]),
  openUntil: time("Until when nothing is let through").exactOptional(),
}) satisfies z.ZodType<CircuitStatus>;

const failureSchema = z.object({
  itemId: z.string(),
  destination: z.string(),
  eventId: z.string(),
  code: z.string(),
  detail: z.string().nullable(),
  attempt: z.int().min(1),
  at: time("When it failed for good"),
}) satisfies z.ZodType<Failure>;

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

const FAILURE: Failure = {
  itemId: "e-1-hubspot",
  destination: "hubspot",
  eventId: "e-1",
  code: "http_400",
  detail: null,
  attempt: 3,
  at: 1795341600000,
};
const PAUSED: CircuitStatus = {
  paused: true,
  reason: "operator",
  pausedAt: 1795341600000,
  circuit: "closed",
};
const RUNNING: CircuitStatus = { paused: false, circuit: "closed" };

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
    DestinationStatus: statusSchema,
    Paused: z.object({ key: z.string(), status: statusSchema }),
    Resumed: z.object({
      key: z.string(),
      status: statusSchema,
      released: z.int().min(0).meta({ description: "Parked items that went back into the queue." }),
    }),
    Failures: z.object({ failures: z.array(failureSchema) }),
    Failure: failureSchema,
    Replayed: z.object({ itemId: z.string(), destination: z.string(), status: z.literal("queued") }),
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
                  destinations: [
                    {
                      key: "hubspot",
                      type: "hubspot",
                      title: "HubSpot",
                      queue: "crm",
                      purposes: ["marketing"],
                      events: ["form_submit"],
                      enabled: true,
                      erasure: "HubSpot's permanent deletion of each of the person's addresses.",
                      status: PAUSED,
                      parked: { items: 12, more: false },
                      lastFailures: [FAILURE],
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
    "/admin/api/failures": {
      get: {
        id: "listFailures",
        summary: "Deliveries that failed for good, newest first",
        security: ADMIN,
        parameters: [
          {
            name: "limit",
            in: "query",
            description: "How many; more than 500 are never given.",
            schema: { type: "integer", minimum: 1, default: 50 },
          },
        ],
        answers: {
          200: {
            description: "Each can be replayed by its `itemId`.",
            json: { schema: "Failures", examples: { "One failure": { failures: [FAILURE] } } },
          },
        },
        problems: { 400: ["invalid_limit"], 401: ["unauthorized"] },
      },
    },
    "/admin/api/failures/{itemId}/replay": {
      post: {
        id: "replayFailure",
        summary: "Try a failed delivery again",
        description: "Consent and suppression are checked again when it is delivered.",
        security: ADMIN,
        parameters: [
          { name: "itemId", in: "path", description: "Of the failure.", schema: { type: "string" } },
        ],
        answers: {
          202: {
            description: "Back in its queue.",
            json: {
              schema: "Replayed",
              examples: { Queued: { itemId: "e-1-hubspot", destination: "hubspot", status: "queued" } },
            },
          },
        },
        problems: {
          401: ["unauthorized"],
          404: ["unknown_failure", "unknown_destination"],
          410: ["dead_letter_gone"],
        },
      },
    },
  },
};
