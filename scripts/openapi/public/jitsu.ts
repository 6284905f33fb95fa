/** Jitsu's ingest API, for its unmodified clients: src/collect/protocols/jitsu.ts. */
import * as z from "zod";
import { JITSU_EXAMPLES } from "../../../src/collect/protocols/jitsu-examples.ts";
import type { Group, JsonBody, Operation, Parameter } from "../description.ts";
import { SOURCE_KEY } from "../security.ts";
import { SETS_COOKIES, VISITOR_PARAMETERS } from "../visitor.ts";
import { COLLECT_PROBLEMS } from "./events.ts";

const okSchema = z.object({
  ok: z.boolean(),
  receivedEvents: z.int().optional().meta({ description: "Of a batch." }),
  okEvents: z.int().optional().meta({ description: "Of a batch: those that were read." }),
  errors: z.array(z.string()).optional().meta({ description: "Of a batch: ids of the others, and why." }),
});

const TYPE: Parameter = {
  name: "type",
  in: "path",
  description:
    "`track`, `page`, `screen`, `identify`, `group`, `alias`, or their first letter; `event`: as its `type` says; `batch`: several.",
  schema: { type: "string" },
};

const bodyOf = (path: string): JsonBody => ({
  schema: "JitsuBody",
  examples: Object.fromEntries(
    JITSU_EXAMPLES.filter(({ route, body }) => route.path === path && body !== undefined).map(
      ({ title, body }) => [title, body],
    ),
  ),
});

const collect = (id: string, summary: string, path: string): Operation => ({
  id,
  summary,
  description:
    "The key is the second half of Jitsu's `id:secret` in `X-Write-Key`. What became of an event is in the console.",
  security: SOURCE_KEY,
  parameters: [TYPE, ...VISITOR_PARAMETERS],
  body: bodyOf(path),
  answers: {
    200: {
      description: "Read.",
      json: {
        schema: "JitsuOk",
        examples: {
          "A call": { ok: true },
          "A batch": {
            ok: false,
            receivedEvents: 2,
            okEvents: 1,
            errors: ["Message ID: j-4: invalid_event"],
          },
        },
      },
      headers: SETS_COOKIES,
    },
  },
  problems: COLLECT_PROBLEMS,
});

export const jitsuApi: Group = {
  tag: "jitsu",
  description: "Jitsu's ingest API, for its unmodified clients. Calls are those of Segment.",
  requests: {
    JitsuBody: z.looseObject({
      type: z.string().optional(),
      messageId: z.string().optional().meta({ description: "The event's id." }),
      batch: z.array(z.looseObject({ type: z.string() })).optional(),
    }),
  },
  answers: { JitsuOk: okSchema },
  paths: {
    "/api/s/{type}": { post: collect("jitsuEvent", "Jitsu: a call, or a batch", "/api/s/:type") },
    "/api/s/s2s/{type}": {
      post: collect("jitsuServerEvent", "Jitsu: a call of a server, or a batch", "/api/s/s2s/:type"),
    },
    "/api/px/{type}": {
      get: {
        id: "jitsuPixel",
        summary: "Jitsu: a call by a picture",
        description:
          "Fields may be in the query by dots (`context.page.url`), or all of them in `data`. The answer is a picture, whatever became of the event.",
        security: SOURCE_KEY,
        parameters: [
          TYPE,
          { name: "data", in: "query", description: "Base64 of a call as JSON.", schema: { type: "string" } },
          { name: "writekey", in: "query", description: "The key.", schema: { type: "string" } },
          ...VISITOR_PARAMETERS,
        ],
        answers: {
          200: {
            description: "A transparent picture of one pixel.",
            text: { "image/gif": "GIF89a" },
            headers: SETS_COOKIES,
          },
        },
        problems: {
          400: ["invalid_body", "invalid_json", "too_deep"],
          401: COLLECT_PROBLEMS[401],
          403: COLLECT_PROBLEMS[403],
          503: COLLECT_PROBLEMS[503],
        },
      },
    },
  },
};
