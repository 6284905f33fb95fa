/** What RudderStack's API has beside Segment's: src/collect/protocols/rudderstack.ts and src/collect/client-settings.ts. */
import * as z from "zod";
import { RUDDERSTACK_EXAMPLES } from "../../../src/collect/protocols/rudderstack-examples.ts";
import type { Group, Operation, Parameter } from "../description.ts";
import { SOURCE_KEY } from "../security.ts";
import { SETS_COOKIES, VISITOR_PARAMETERS } from "../visitor.ts";
import { COLLECT_PROBLEMS } from "./events.ts";

const sourceConfigSchema = z.object({
  source: z.object({
    id: z.string(),
    name: z.string(),
    enabled: z.literal(true),
    config: z.object({
      statsCollection: z.object({
        errors: z.object({ enabled: z.literal(false) }),
        metrics: z.object({ enabled: z.literal(false) }),
      }),
    }),
    destinations: z.array(z.never()).meta({ description: "None: the client loads nothing." }),
  }),
});

const query = (name: string, description: string, required = false): Parameter => ({
  name,
  in: "query",
  description,
  schema: { type: "string" },
  ...(required && { required }),
});
const WRITE_KEY = query("writeKey", "The source's write key.", true);

const pixel = (call: "track" | "page"): Operation => ({
  id: `rudderstackPixel${call === "track" ? "Track" : "Page"}`,
  summary: `RudderStack: ${call} by a picture`,
  description:
    "All fields of a call may be in the query, those of others by dots: `properties.order_id`, `context.page.url`. The answer is a picture, whatever became of the event.",
  security: SOURCE_KEY,
  parameters: [
    WRITE_KEY,
    query("anonymousId", "This or `userId` is required."),
    query(call === "track" ? "event" : "name", `The ${call}'s name.`),
    ...VISITOR_PARAMETERS,
  ],
  answers: {
    200: {
      description: "A transparent picture of one pixel.",
      text: { "image/gif": "GIF89a" },
      headers: SETS_COOKIES,
    },
  },
  problems: { 401: COLLECT_PROBLEMS[401], 403: COLLECT_PROBLEMS[403], 503: COLLECT_PROBLEMS[503] },
});

const sourceConfig = (id: string): Operation => ({
  id,
  summary: "RudderStack: settings of the browser client",
  security: SOURCE_KEY,
  parameters: [WRITE_KEY],
  answers: {
    200: {
      description: "A source without destinations: events come here, and nothing is loaded.",
      json: {
        schema: "RudderstackSourceConfig",
        examples: {
          "The demo's source": {
            source: {
              id: "wk_demo",
              name: "wk_demo",
              enabled: true,
              config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
              destinations: [],
            },
          },
        },
      },
    },
  },
  problems: { 404: ["unknown_key"] },
});

export const rudderstackApi: Group = {
  tag: "rudderstack",
  description: "RudderStack's own paths; its calls are at Segment's.",
  requests: {},
  answers: { RudderstackSourceConfig: sourceConfigSchema },
  paths: {
    "/sourceConfig": { get: sourceConfig("rudderstackSettings") },
    "/sourceConfig/": { get: sourceConfig("rudderstackSettingsOfClient") },
    "/beacon/v1/batch": {
      post: {
        id: "rudderstackBeacon",
        summary: "RudderStack: several calls by a beacon",
        security: SOURCE_KEY,
        parameters: [WRITE_KEY, ...VISITOR_PARAMETERS],
        body: {
          schema: "SegmentBatch",
          examples: Object.fromEntries(
            RUDDERSTACK_EXAMPLES.filter(({ body }) => body !== undefined).map(({ title, body }) => [
              title,
              body,
            ]),
          ),
        },
        answers: { 200: { description: "Taken in.", text: { "text/plain": "OK" }, headers: SETS_COOKIES } },
        problems: COLLECT_PROBLEMS,
      },
    },
    "/pixel/v1/track": { get: pixel("track") },
    "/pixel/v1/page": { get: pixel("page") },
  },
};
