/** `/privacy` and what is below it: src/subjects/routes.ts. */
import * as z from "zod";
import { accessSchema, portabilitySchema } from "../../../contracts/messages/subject_export.ts";
import {
  type SubjectRequestStatus,
  subjectIdentitySchema,
  subjectRequestSchema,
  subjectRequestStatusSchema,
} from "../../../contracts/messages/subject_request.ts";
import { SUBJECT_REQUEST_TYPES } from "../../../contracts/taxonomy.ts";
import type { Group, Parameter } from "../description.ts";
import { BODY_PROBLEMS, type ProblemCodes } from "../problems.ts";
import { OPEN } from "../security.ts";
import { VISITOR_PARAMETERS } from "../visitor.ts";

const ID: Parameter = {
  name: "id",
  in: "path",
  description: "`subject_request_id`.",
  schema: { type: "string", format: "uuid" },
};
const TOKEN: Parameter = {
  name: "X-Identity-Token",
  in: "header",
  description: "The signed token of whoever asked, where the request was made with one.",
  schema: { type: "string", maxLength: 8_192 },
};

export const EXAMPLE_ID = "a7551968-d5d6-44b2-9831-815ac9017798";

export const EXAMPLE_STATUS: SubjectRequestStatus = {
  api_version: "2.0",
  controller_id: "doorstep",
  subject_request_id: EXAMPLE_ID,
  subject_request_type: "erasure",
  regulation: "gdpr",
  request_status: "in_progress",
  verification: "secret_key",
  received_time: "2026-11-22T10:00:00.000Z",
  expected_completion_time: "2026-12-22T10:00:00.000Z",
};

const discoverySchema = z.object({
  api_version: z.literal("2.0"),
  controller_id: z.string(),
  supported_identities: z.array(
    z.object({
      identity_type: subjectIdentitySchema.shape.identity_type,
      identity_format: z.literal("raw"),
    }),
  ),
  supported_subject_request_types: z.array(z.enum(SUBJECT_REQUEST_TYPES)),
  deadlines: z.object({
    gdpr: z.object({ months: z.int(), extension: z.object({ months: z.int() }) }),
    ccpa: z.object({ days: z.int(), extension: z.object({ days: z.int() }) }),
  }),
  results_kept_days: z.int(),
});

const ASKING = {
  401: ["missing_key", "unknown_key", "key_expired", "invalid_identity_token"],
  403: [
    "cross_site",
    "secret_key_required",
    "secret_key_in_browser",
    "origin_not_allowed",
    "source_disabled",
    "key_disabled",
  ],
  429: ["rate_limited"],
} as const satisfies ProblemCodes;

const SHOP = { identity_type: "email", identity_value: "ida@example.com", identity_format: "raw" } as const;
const BODY = {
  regulation: "gdpr",
  subject_request_id: EXAMPLE_ID,
  subject_request_type: "erasure",
  submitted_time: "2026-11-22T09:59:00Z",
} as const;

export const privacy: Group = {
  tag: "privacy",
  description:
    "Requests of people about their own data, in OpenDSR's shape. Nothing is shown before it is verified who asks; what is shown is never kept by a cache.",
  requests: { SubjectRequest: subjectRequestSchema },
  answers: {
    PrivacyDiscovery: discoverySchema,
    SubjectRequestStatus: subjectRequestStatusSchema,
    SubjectResults: z.union([accessSchema, portabilitySchema]),
  },
  paths: {
    "/privacy/discovery": {
      get: {
        id: "privacyDiscovery",
        summary: "What can be asked, by which identities, and how long it takes",
        security: OPEN,
        answers: {
          200: {
            description: "The same for everybody.",
            json: {
              schema: "PrivacyDiscovery",
              examples: {
                Discovery: {
                  api_version: "2.0",
                  controller_id: "doorstep",
                  supported_identities: [{ identity_type: "email", identity_format: "raw" }],
                  supported_subject_request_types: [...SUBJECT_REQUEST_TYPES],
                  deadlines: {
                    gdpr: { months: 1, extension: { months: 2 } },
                    ccpa: { days: 45, extension: { days: 45 } },
                  },
                  results_kept_days: 14,
                },
              },
            },
          },
        },
      },
    },
    "/privacy/requests": {
      post: {
        id: "createSubjectRequest",
        summary: "Ask for access, portability, erasure, or to opt out of sale",
        description:
          "By a server with a secret key, which vouches for the person; by a person with an `identity_token`, for what it proves; by a browser from a page of the same origin without identities, for itself; or by anybody: then it waits for an operator to verify it, and looks the same whoever it is about. Sent again with the same body it is the same request. An opt-out is done when the answer is given.",
        security: [[], ["keyBearer"]],
        parameters: VISITOR_PARAMETERS,
        body: {
          schema: "SubjectRequest",
          examples: {
            "A server, for a customer": {
              ...BODY,
              subject_identities: [SHOP],
              status_callback_urls: ["https://crm.example.com/privacy"],
            },
            "A browser, about itself": { ...BODY, subject_request_type: "access" },
          },
        },
        answers: {
          201: {
            description: "Taken in, or there already.",
            json: { schema: "SubjectRequestStatus", examples: { "In progress": EXAMPLE_STATUS } },
            headers: { "Set-Cookie": "Our cookies are taken away, where a browser asked to be erased." },
          },
        },
        problems: {
          ...ASKING,
          400: [
            ...BODY_PROBLEMS[400],
            "invalid_body",
            "invalid_identifier",
            "unsupported_identity_format",
            "unsafe_callback_url",
            "no_identities",
          ],
          403: [...ASKING[403], "identity_not_proved"],
          409: ["request_exists", "already_requested"],
          413: [...BODY_PROBLEMS[413], "too_many_identities"],
          415: [...BODY_PROBLEMS[415], "unsupported_media_type"],
          429: ["rate_limited", "too_many_requests_today"],
          503: ["too_many_pending"],
        },
      },
    },
    "/privacy/requests/{id}": {
      get: {
        id: "getSubjectRequest",
        summary: "What became of a request",
        description: "For whoever made it, by the same proof; somebody else's is as if it were not there.",
        security: [[], ["keyBearer"]],
        parameters: [ID, TOKEN, ...VISITOR_PARAMETERS],
        answers: {
          200: {
            description: "Its status.",
            json: { schema: "SubjectRequestStatus", examples: { "In progress": EXAMPLE_STATUS } },
          },
        },
        problems: { ...ASKING, 404: ["unknown_request"] },
      },
    },
    "/privacy/requests/{id}/results": {
      get: {
        id: "getSubjectResults",
        summary: "What was asked for",
        description:
          "Of an access request as a page, where `Accept` names `text/html` before JSON, else as JSON; of portability as JSON. For 14 days.",
        security: [[], ["keyBearer"]],
        parameters: [ID, TOKEN, ...VISITOR_PARAMETERS],
        answers: {
          200: {
            description: "All of it.",
            json: {
              schema: "SubjectResults",
              examples: {
                Portability: {
                  format: "doorstep-portability",
                  version: 1,
                  request: {
                    subject_request_id: EXAMPLE_ID,
                    regulation: "gdpr",
                    received_time: "2026-11-22T10:00:00.000Z",
                    made_time: "2026-11-22T10:00:04.000Z",
                    about: "person",
                    controller_id: "doorstep",
                  },
                  traits: [{ field: "email", value: "ida@example.com", proved: true }],
                  events: [
                    {
                      id: "evt-1",
                      name: "login",
                      occurred_at: "2026-11-20T10:00:00.000Z",
                      received_at: "2026-11-20T10:00:01.000Z",
                      source: "web",
                      properties: { method: "password" },
                      context: {},
                    },
                  ],
                },
              },
            },
            text: { "text/html": "<!doctype html>…" },
          },
        },
        problems: { ...ASKING, 404: ["unknown_request", "no_results"], 410: ["results_gone"] },
      },
    },
  },
};
