/** Dead letters: src/forward/failures/routes.ts. */
import * as z from "zod";
import { PURPOSES } from "../../../contracts/taxonomy.ts";
import type { Failure } from "../../../src/forward/failures/store.ts";
import type { Group, Parameter } from "../description.ts";
import { ADMIN } from "../security.ts";

const time = (description: string) => z.number().meta({ description: `${description}, epoch ms.` });

export const failureSchema = z.object({
  itemId: z.string(),
  destination: z.string(),
  eventId: z.string(),
  name: z.string().nullable().meta({ description: "Of the event." }),
  code: z.string(),
  detail: z.string().nullable().meta({ description: "The vendor's own reason, where it gives one." }),
  attempt: z.int().min(1),
  at: time("When it failed for good"),
}) satisfies z.ZodType<Failure>;

export const FAILURE: Failure = {
  itemId: "e-1-hubspot",
  destination: "hubspot",
  eventId: "e-1",
  name: "purchase",
  code: "http_400",
  detail: null,
  attempt: 3,
  at: 1795341600000,
};

const fields = z.record(z.string(), z.unknown());
const openedSchema = z.object({
  failure: failureSchema,
  event: z.object({
    id: z.string(),
    name: z.string(),
    occurredAt: time("When it happened"),
    receivedAt: time("When it was received"),
    source: z.string(),
    properties: fields,
    context: fields,
    segments: z.array(z.string()),
    granted: z.array(z.enum(PURPOSES)),
    traits: z.boolean().meta({ description: "Personal traits go with it; they stay sealed." }),
    attempt: z.int().min(1),
    round: z.int().min(0).meta({ description: "How often it was replayed." }),
    profile: z.string().exactOptional().meta({ description: "Only for whoever may see personal data." }),
  }),
});
const EVENT = {
  id: "e-1",
  name: "purchase",
  occurredAt: 1795341600000,
  receivedAt: 1795341600800,
  source: "web",
  properties: { order_id: "A-1", value: 10, currency: "EUR" },
  context: {},
  segments: ["loyal"],
  granted: ["analytics" as const, "marketing" as const],
  traits: true,
  attempt: 3,
  round: 0,
};

const ITEM: Parameter = {
  name: "itemId",
  in: "path",
  description: "Of the failure.",
  schema: { type: "string" },
};
const query = (name: string, description: string): Parameter => ({
  name,
  in: "query",
  description,
  schema: { type: "string" },
});

export const failures: Group = {
  tag: "failures",
  description: "Deliveries that failed for good: why, with the item as it was sent. Many at once are a job.",
  requests: { Edit: z.object({ properties: fields }) },
  answers: {
    Failures: z.object({
      failures: z.array(failureSchema),
      next: z.string().exactOptional().meta({ description: "`cursor` of the next page." }),
    }),
    Failure: failureSchema,
    Causes: z.object({
      causes: z.array(
        z.object({
          destination: z.string(),
          code: z.string(),
          failures: z.int().min(1),
          last: time("When the last of them failed"),
        }),
      ),
    }),
    OpenedFailure: openedSchema,
    EditedFailure: openedSchema.extend({
      removed: z.array(z.string()).meta({ description: "Fields that the destination may not have." }),
    }),
    Replayed: z.object({ itemId: z.string(), destination: z.string(), status: z.literal("queued") }),
    DiscardedFailure: z.object({
      itemId: z.string(),
      destination: z.string(),
      status: z.literal("discarded"),
    }),
  },
  paths: {
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
          query("destination", "Only of this destination."),
          query("code", "Only of this cause."),
          query("name", "Only of events of this name."),
          query("cursor", "The `next` of the page before."),
        ],
        answers: {
          200: {
            description: "Each can be replayed by its `itemId`.",
            json: { schema: "Failures", examples: { "One failure": { failures: [FAILURE] } } },
          },
        },
        problems: { 400: ["invalid_limit", "invalid_cursor"], 401: ["unauthorized"] },
      },
    },
    "/admin/api/failures/causes": {
      get: {
        id: "listFailureCauses",
        summary: "How many failed of which cause, at each destination",
        security: ADMIN,
        answers: {
          200: {
            description: "Most first.",
            json: {
              schema: "Causes",
              examples: {
                "One cause": {
                  causes: [{ destination: "hubspot", code: "http_400", failures: 7, last: 1795341600000 }],
                },
              },
            },
          },
        },
        problems: { 401: ["unauthorized"] },
      },
    },
    "/admin/api/failures/{itemId}": {
      get: {
        id: "openFailure",
        summary: "One failure, with the event as it was to be sent",
        description: "Personal traits stay sealed.",
        security: ADMIN,
        parameters: [ITEM],
        answers: {
          200: {
            description: "The dead letter.",
            json: { schema: "OpenedFailure", examples: { Opened: { failure: FAILURE, event: EVENT } } },
          },
        },
        problems: { 401: ["unauthorized"], 404: ["unknown_failure"], 410: ["dead_letter_gone"] },
      },
      put: {
        id: "editFailure",
        summary: "Mend the properties of a failed event before it is replayed",
        description:
          "They are checked by the event's contract, and cut to what the destination may have: an edit mends values and widens nothing.",
        security: ADMIN,
        parameters: [ITEM],
        body: {
          schema: "Edit",
          examples: { Currency: { properties: { order_id: "A-1", currency: "EUR" } } },
        },
        answers: {
          200: {
            description: "Kept; it goes out with the next replay.",
            json: {
              schema: "EditedFailure",
              examples: { Edited: { failure: FAILURE, event: EVENT, removed: [] } },
            },
          },
        },
        problems: {
          400: ["invalid_json", "invalid_body"],
          401: ["unauthorized"],
          404: ["unknown_failure", "unknown_destination"],
          409: ["replay_under_way"],
          410: ["dead_letter_gone"],
          422: ["invalid_edit"],
        },
      },
    },
    "/admin/api/failures/{itemId}/replay": {
      post: {
        id: "replayFailure",
        summary: "Try a failed delivery again",
        description:
          "Consent and suppression are checked again when it is delivered. Of several who replay one failure one does.",
        security: ADMIN,
        parameters: [ITEM],
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
          409: ["replay_under_way"],
          410: ["dead_letter_gone"],
          422: ["invalid_edit"],
        },
      },
    },
    "/admin/api/failures/{itemId}/discard": {
      post: {
        id: "discardFailure",
        summary: "Forget a failed delivery, and its item",
        security: ADMIN,
        parameters: [ITEM],
        answers: {
          200: {
            description: "Forgotten. Its receipts stay.",
            json: {
              schema: "DiscardedFailure",
              examples: { Discarded: { itemId: "e-1-hubspot", destination: "hubspot", status: "discarded" } },
            },
          },
        },
        problems: { 401: ["unauthorized"], 404: ["unknown_failure"], 409: ["replay_under_way"] },
      },
    },
  },
};
