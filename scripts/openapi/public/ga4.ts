/** GA4's tag and its Measurement Protocol: src/collect/protocols/ga4.ts. */
import * as z from "zod";
import { GA4_EXAMPLES } from "../../../src/collect/protocols/ga4-examples.ts";
import { MEASUREMENT, VALIDATION } from "../../../src/collect/protocols/ga4-routes.ts";
import type { ValidationMessage } from "../../../src/collect/protocols/ga4-validate.ts";
import type { Route } from "../../../src/collect/protocols/protocol.ts";
import type { Group, JsonBody, Operation, Parameter } from "../description.ts";
import { SOURCE_KEY } from "../security.ts";
import { SETS_COOKIES, VISITOR_PARAMETERS } from "../visitor.ts";
import { COLLECT_PROBLEMS } from "./events.ts";

const consentValue = z.enum(["GRANTED", "DENIED"]).optional();
const micros = z.union([z.number(), z.string()]).optional();

const requestSchema = z.looseObject({
  client_id: z.string().optional().meta({ description: "Becomes the anonymous id." }),
  app_instance_id: z.string().optional().meta({ description: "Of an app, instead of `client_id`." }),
  user_id: z.string().optional(),
  timestamp_micros: micros.meta({ description: "At most 72 hours ago. Now, where it is missing." }),
  user_properties: z.record(z.string(), z.looseObject({ value: z.unknown() })).optional(),
  consent: z
    .looseObject({
      ad_user_data: consentValue,
      ad_personalization: consentValue,
      ad_storage: consentValue,
      analytics_storage: consentValue,
      personalization_storage: consentValue,
    })
    .optional()
    .meta({ description: "GA4 knows the first two; the others are Consent Mode's names for our purposes." }),
  user_agent: z.string().optional(),
  events: z
    .array(
      z.looseObject({
        name: z.string().max(64),
        params: z.record(z.string(), z.unknown()).optional(),
        timestamp_micros: micros,
      }),
    )
    .max(25),
});

const messagesSchema = z.object({
  validationMessages: z.array(
    z.object({
      fieldPath: z.string(),
      description: z.string(),
      validationCode: z.enum([
        "VALUE_INVALID",
        "VALUE_REQUIRED",
        "NAME_INVALID",
        "NAME_RESERVED",
        "VALUE_OUT_OF_BOUNDS",
        "EXCEEDED_MAX_ENTITIES",
      ]),
    }) satisfies z.ZodType<ValidationMessage>,
  ),
});

const bodyOf = ({ path }: Route): JsonBody => ({
  schema: "Ga4Request",
  examples: Object.fromEntries(
    GA4_EXAMPLES.filter(({ route }) => route.path === path).map(({ title, body }) => [title, body]),
  ),
});

const query = (name: string, description: string): Parameter => ({
  name,
  in: "query",
  description,
  schema: { type: "string" },
});

const HIT_PARAMETERS = [
  query("tid", "The measurement id, which is the source's write key."),
  query("cid", "The client id; becomes the anonymous id."),
  query("uid", "The user id."),
  query("en", "The event's name, where there is no body."),
  query("gcs", "Consent Mode's state: `G1`, then ad and analytics storage, 1 or 0."),
  ...VISITOR_PARAMETERS,
];

const SECRET = [
  query("api_secret", "The source's write key or secret key."),
  query("measurement_id", "The source's write key, where there is no `api_secret`."),
];

const TAKEN: Operation["answers"] = {
  204: { description: "Taken in.", text: { "text/plain": "" }, headers: SETS_COOKIES },
};

const hitProblems = {
  401: COLLECT_PROBLEMS[401],
  403: COLLECT_PROBLEMS[403],
  429: COLLECT_PROBLEMS[429],
  503: COLLECT_PROBLEMS[503],
} as const;

export const ga4Api: Group = {
  tag: "ga4",
  description: "GA4, for a tag that is pointed here and for senders of the Measurement Protocol.",
  requests: { Ga4Request: requestSchema },
  answers: { Ga4Validation: messagesSchema },
  paths: {
    "/g/collect": {
      get: {
        id: "ga4HitByGet",
        summary: "GA4: a hit of Google's tag, by GET",
        security: SOURCE_KEY,
        parameters: HIT_PARAMETERS,
        answers: TAKEN,
        problems: hitProblems,
      },
      post: {
        id: "ga4Hit",
        summary: "GA4: a hit of Google's tag",
        description:
          "The body is text: one event per line, each line URL-encoded (`en`, `ep.*`, `epn.*`, `pr1`…), over the parameters of the query. Without a body the query has the only event.",
        security: SOURCE_KEY,
        parameters: HIT_PARAMETERS,
        answers: TAKEN,
        problems: {
          ...hitProblems,
          400: ["invalid_utf8", "invalid_gzip"],
          413: COLLECT_PROBLEMS[413],
          415: COLLECT_PROBLEMS[415],
        },
      },
    },
    [MEASUREMENT.path]: {
      post: {
        id: "ga4Measurement",
        summary: "GA4: Measurement Protocol",
        description: "At most 25 events and 130,000 bytes.",
        security: SOURCE_KEY,
        parameters: SECRET,
        body: bodyOf(MEASUREMENT),
        answers: TAKEN,
        problems: COLLECT_PROBLEMS,
      },
    },
    [VALIDATION.path]: {
      post: {
        id: "ga4Validation",
        summary: "GA4: Measurement Protocol, validation only",
        description: "Nothing is taken in. Besides Google's rules the messages know our contracts.",
        security: SOURCE_KEY,
        parameters: SECRET,
        body: bodyOf(VALIDATION),
        answers: {
          200: {
            description: "What is wrong with the request; an empty list if nothing is.",
            json: {
              schema: "Ga4Validation",
              examples: {
                "A reserved name": {
                  validationMessages: [
                    {
                      fieldPath: "events[0].name",
                      description: "The name is one that GA4 keeps for itself.",
                      validationCode: "NAME_RESERVED",
                    },
                  ],
                },
              },
            },
          },
        },
        problems: COLLECT_PROBLEMS,
      },
    },
  },
};
