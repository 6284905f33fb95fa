/** Snowplow's tracker protocol, for its unmodified trackers: src/collect/protocols/snowplow.ts. */
import * as z from "zod";
import { SNOWPLOW_EXAMPLES } from "../../../src/collect/protocols/snowplow-examples.ts";
import type { Group, Parameter } from "../description.ts";
import { SOURCE_KEY } from "../security.ts";
import { SETS_COOKIES, VISITOR_PARAMETERS } from "../visitor.ts";
import { COLLECT_PROBLEMS } from "./events.ts";

const text = z.string().optional();

const payloadSchema = z
  .looseObject({
    e: z.string().meta({ description: "What it is: `pv`, `pp`, `se`, `ue`, `tr` or `ti`." }),
    eid: text.meta({ description: "The event's id; one is made where it is missing." }),
    aid: text.meta({ description: "The app id, which is the source's write key." }),
    dtm: text.meta({ description: "Epoch ms by the device's clock, corrected by `stm`." }),
    ttm: text.meta({ description: "Epoch ms that the site itself vouches for; taken as it is." }),
    stm: text.meta({ description: "Epoch ms at sending." }),
    duid: text.meta({ description: "Becomes the anonymous id." }),
    uid: text.meta({ description: "Becomes the user id." }),
    ue_pr: text.meta({ description: "A self-describing event as JSON; `ue_px` is the same as base64url." }),
    co: text.meta({ description: "Entities as JSON; `cx` is the same as base64url." }),
  })
  .meta({ description: "One event: a flat object of texts." });

const envelopeSchema = z.looseObject({
  schema: text.meta({ description: "`payload_data` of any version." }),
  data: z.array(payloadSchema).max(1_000),
});

const ANONYMOUS: Parameter = {
  name: "SP-Anonymous",
  in: "header",
  description: "`*`: no identifier is read, and no cookie is read or set.",
  schema: { type: "string", enum: ["*"] },
};

const query = (name: string, description: string): Parameter => ({
  name,
  in: "query",
  description,
  schema: { type: "string" },
});

export const snowplowApi: Group = {
  tag: "snowplow",
  description: "Snowplow's tracker protocol v2, for its unmodified trackers.",
  requests: { SnowplowEnvelope: envelopeSchema, SnowplowPayload: payloadSchema },
  answers: {},
  paths: {
    "/i": {
      get: {
        id: "snowplowPixel",
        summary: "Snowplow: one event by GET",
        description:
          "All fields of a payload may be in the query. The answer is an image, whatever became of it.",
        security: SOURCE_KEY,
        parameters: [
          query("e", "What it is: `pv`, `pp`, `se`, `ue`, `tr` or `ti`."),
          query("aid", "The app id, which is the source's write key."),
          ANONYMOUS,
          ...VISITOR_PARAMETERS,
        ],
        answers: {
          200: {
            description: "A transparent image of one pixel.",
            text: { "image/gif": "GIF89a" },
            headers: SETS_COOKIES,
          },
        },
        problems: {
          401: COLLECT_PROBLEMS[401],
          403: COLLECT_PROBLEMS[403],
          429: COLLECT_PROBLEMS[429],
          503: COLLECT_PROBLEMS[503],
        },
      },
    },
    "/{vendor}/{version}": {
      post: {
        id: "snowplowEvents",
        summary: "Snowplow: events by POST",
        description:
          "The vendor is any name with a dot: a site renames the path against blockers by the tracker's `postPath`. The answer says nothing of single events; the console does.",
        security: SOURCE_KEY,
        parameters: [
          {
            name: "vendor",
            in: "path",
            description: "For example `com.snowplowanalytics.snowplow`.",
            schema: { type: "string", pattern: "^[a-zA-Z0-9][a-zA-Z0-9_-]*[.][a-zA-Z0-9._-]+$" },
          },
          { name: "version", in: "path", description: "For example `tp2`.", schema: { type: "string" } },
          ANONYMOUS,
          ...VISITOR_PARAMETERS,
        ],
        body: {
          schema: "SnowplowEnvelope",
          examples: Object.fromEntries(
            SNOWPLOW_EXAMPLES.filter(({ body }) => body !== undefined).map(({ title, body }) => [
              title,
              body,
            ]),
          ),
        },
        answers: {
          200: { description: "Taken in.", text: { "text/plain": "ok" }, headers: SETS_COOKIES },
        },
        problems: COLLECT_PROBLEMS,
      },
    },
  },
};
