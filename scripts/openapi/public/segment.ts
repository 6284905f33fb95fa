/** Segment's HTTP tracking API, for its unmodified clients: src/collect/protocols/segment.ts and src/collect/routes.ts. */
import * as z from "zod";
import type { Protocol } from "../../../src/collect/protocols/protocol.ts";
import { segment } from "../../../src/collect/protocols/segment.ts";
import type { Group, JsonBody, Operation } from "../description.ts";
import { OPEN, SOURCE_KEY } from "../security.ts";
import { SETS_COOKIES, VISITOR_PARAMETERS } from "../visitor.ts";
import { COLLECT_PROBLEMS } from "./events.ts";

const id = z.union([z.string(), z.number()]).nullish();
const fields = z.record(z.string(), z.unknown()).optional();

const contextSchema = z
  .looseObject({
    consent: z
      .looseObject({ categoryPreferences: z.record(z.string(), z.boolean()) })
      .meta({ description: "Categories become purposes by the source's `consentCategories`." })
      .optional(),
  })
  .optional();

const envelope = { writeKey: z.string().optional(), sentAt: z.string().optional() };

const callSchema = z
  .looseObject({
    ...envelope,
    type: z.enum(["track", "page", "identify", "screen", "group", "alias"]).optional(),
    messageId: id.meta({ description: "The event's id; one is made where it is missing." }),
    anonymousId: id,
    userId: id,
    event: z.string().optional().meta({ description: "Of a track call." }),
    timestamp: z.iso.datetime({ offset: true }).optional(),
    properties: fields,
    traits: fields,
    context: contextSchema,
  })
  .meta({ description: "One call. It needs an `anonymousId` or a `userId`." });

const batchSchema = z.looseObject({
  ...envelope,
  context: contextSchema,
  batch: z.array(callSchema).max(2_500),
});

const COLLECTED = ["track", "page", "identify"];

/** The last part of each path: the call, Segment's short name of it, or a batch. */
const CALLS: Record<string, string> = {
  t: "track",
  p: "page",
  i: "identify",
  s: "screen",
  g: "group",
  a: "alias",
  b: "batch",
  import: "batch",
};

const EXAMPLE_CALL = { anonymousId: "a-1", messageId: "seg-9", timestamp: "2026-11-22T10:00:00.000Z" };
const EXAMPLES: Protocol["examples"] = segment.examples;

function bodyOf(path: string, call: string): JsonBody {
  const isBatch = call === "batch";
  const given = EXAMPLES.filter(
    ({ route }) => route.path === path || (isBatch && route.path.endsWith("batch")),
  );
  return {
    schema: isBatch ? "SegmentBatch" : "SegmentCall",
    examples:
      given.length > 0
        ? Object.fromEntries(given.map(({ title, body }) => [title, body]))
        : { [call]: { ...EXAMPLE_CALL, type: call, ...(call === "track" && { event: "Order Completed" }) } },
  };
}

function operationOf(path: string): Operation {
  const last = path.slice(path.lastIndexOf("/") + 1);
  const call = CALLS[last] ?? last;
  const isTaken = call === "batch" || COLLECTED.includes(call);
  return {
    id: `segment${last.charAt(0).toUpperCase()}${last.slice(1)}`,
    summary: call === "batch" ? "Segment: several calls" : `Segment: ${call}`,
    description: isTaken
      ? "The answer is Segment's own, whatever became of each event; the console shows that."
      : "Answered as Segment does, but not collected: the console shows it as rejected.",
    security: SOURCE_KEY,
    parameters: VISITOR_PARAMETERS,
    body: bodyOf(path, call),
    answers: {
      200: {
        description: "Taken in.",
        json: { schema: "SegmentSuccess", examples: { "Taken in": { success: true } } },
        headers: SETS_COOKIES,
      },
    },
    problems: COLLECT_PROBLEMS,
  };
}

export const segmentApi: Group = {
  tag: "segment",
  description: "Segment's HTTP tracking API, for its unmodified clients.",
  requests: { SegmentCall: callSchema, SegmentBatch: batchSchema },
  answers: {
    SegmentSuccess: z.object({ success: z.literal(true) }),
    SegmentSettings: z.object({
      integrations: z.object({
        "Segment.io": z.object({
          apiKey: z.string(),
          apiHost: z.string(),
          protocol: z.enum(["http", "https"]),
        }),
      }),
    }),
  },
  paths: {
    ...Object.fromEntries(segment.routes.map(({ path }) => [path, { post: operationOf(path) }])),
    "/v1/m": {
      post: {
        id: "segmentMetrics",
        summary: "Segment: the client's own metrics",
        description: "Answered and forgotten; nothing of it is read.",
        security: OPEN,
        answers: {
          200: {
            description: "Forgotten.",
            json: { schema: "SegmentSuccess", examples: { Forgotten: { success: true } } },
          },
        },
      },
    },
    "/v1/projects/{key}/settings": {
      get: {
        id: "segmentSettings",
        summary: "Segment: settings of the browser client",
        security: OPEN,
        parameters: [
          { name: "key", in: "path", description: "The source's write key.", schema: { type: "string" } },
        ],
        answers: {
          200: {
            description: "Where analytics-next is to send its events: here.",
            json: {
              schema: "SegmentSettings",
              examples: {
                "The demo's source": {
                  integrations: {
                    "Segment.io": { apiKey: "wk_demo", apiHost: "shop.example/v1", protocol: "https" },
                  },
                },
              },
            },
          },
        },
        problems: { 404: ["unknown_key"] },
      },
    },
  },
};
