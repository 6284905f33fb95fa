/** Segment's HTTP tracking API, for its unmodified clients: src/collect/protocols/segment.ts, and client-settings.ts above it. */
import * as z from "zod";
import { segment } from "../../../src/collect/protocols/segment.ts";
import { SEGMENT_EXAMPLES } from "../../../src/collect/protocols/segment-examples.ts";
import type { Group, JsonBody, Operation } from "../description.ts";
import { OPEN, SOURCE_KEY } from "../security.ts";
import { SETS_COOKIES, VISITOR_PARAMETERS } from "../visitor.ts";
import { COLLECT_PROBLEMS } from "./events.ts";

const id = z.union([z.string(), z.number()]).nullish();
const fields = z.record(z.string(), z.unknown()).optional();

const contextSchema = z
  .looseObject({
    consent: z
      .looseObject({ categoryPreferences: z.record(z.string(), z.boolean()).optional() })
      .meta({ description: "Categories become purposes by the source's `consentCategories`." })
      .optional(),
    consentManagement: z
      .looseObject({
        allowedConsentIds: z.array(z.string()).optional(),
        deniedConsentIds: z.array(z.string()).optional(),
      })
      .meta({ description: "The same, as RudderStack's clients say it." })
      .optional(),
    userAgent: z
      .string()
      .optional()
      .meta({ description: "The person's own, where a server or an app speaks for them." }),
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
    previousId: id.meta({ description: "Of an alias: the anonymous id that is this user." }),
    groupId: id.meta({ description: "Of a group." }),
    name: z.string().nullish().meta({ description: "Of a page or a screen." }),
    event: z.string().nullish().meta({ description: "Of a track call." }),
    timestamp: z.iso.datetime({ offset: true }).optional(),
    properties: fields,
    traits: fields,
    context: contextSchema,
    integrations: fields.meta({ description: "Read by nobody: the release says what goes where." }),
  })
  .meta({ description: "One call. It needs an `anonymousId` or a `userId`." });

const batchSchema = z.looseObject({
  ...envelope,
  context: contextSchema.meta({ description: "For all of its calls; a call's own stands before it." }),
  integrations: fields,
  batch: z.array(callSchema).max(2_500),
});

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
/** What a call's example has besides. */
const OF_CALL: Record<string, Record<string, unknown>> = {
  track: { event: "Order Completed", properties: { order_id: "A-1002", total: 78, currency: "EUR" } },
  screen: { name: "Home" },
  group: { groupId: "berg-co" },
  alias: { previousId: "a-1", userId: "u-1" },
};

function bodyOf(path: string, call: string): JsonBody {
  const isBatch = call === "batch";
  const given = SEGMENT_EXAMPLES.filter(
    ({ route }) => route.path === path || (isBatch && route.path.endsWith("batch")),
  );
  return {
    schema: isBatch ? "SegmentBatch" : "SegmentCall",
    examples:
      given.length > 0
        ? Object.fromEntries(given.map(({ title, body }) => [title, body]))
        : { [call]: { ...EXAMPLE_CALL, type: call, ...OF_CALL[call] } },
  };
}

function operationOf(path: string): Operation {
  const last = path.slice(path.lastIndexOf("/") + 1);
  const call = CALLS[last] ?? last;
  return {
    id: `segment${last.charAt(0).toUpperCase()}${last.slice(1)}`,
    summary: call === "batch" ? "Segment: several calls" : `Segment: ${call}`,
    description: `The answer is Segment's own, whatever became of each event; the console shows that.${
      last === "import" ? " Events of any age, with a secret key." : ""
    }`,
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
  description: "Segment's HTTP tracking API, for its unmodified clients and RudderStack's.",
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
