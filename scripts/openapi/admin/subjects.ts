/** Subject requests and the suppression list in the operator's API: src/subjects/admin-routes.ts. */
import * as z from "zod";
import { accessSchema, portabilitySchema } from "../../../contracts/messages/subject_export.ts";
import {
  REQUEST_STATUSES,
  type SubjectRequestDetail,
  subjectIdentitySchema,
  subjectRequestDetailSchema,
} from "../../../contracts/messages/subject_request.ts";
import {
  checkSchema,
  liftSchema,
  newRequestSchema,
  noteSchema,
  reasonSchema,
} from "../../../src/subjects/admin-bodies.ts";
import type { Group, Operation, Parameter } from "../description.ts";
import type { ProblemCodes } from "../problems.ts";
import { EXAMPLE_ID, EXAMPLE_STATUS } from "../public/privacy.ts";
import { ADMIN } from "../security.ts";

const ID: Parameter = {
  name: "id",
  in: "path",
  description: "`subject_request_id`.",
  schema: { type: "string" },
};

const DETAIL: SubjectRequestDetail = {
  ...EXAMPLE_STATUS,
  identity_types: ["email"],
  identifiers: 3,
  steps: [
    { step: "find", status: "confirmed", at: 1_795_341_600_000, counts: { identifiers: 3 } },
    { step: "lake", status: "running", at: 1_795_341_603_000, counts: { events: 120, receipts: 300 } },
  ],
  deadline: "on_time",
  extended: false,
  made_by: "source:web",
};

const shown = (description: string): Operation["answers"][number] => ({
  description,
  json: { schema: "SubjectRequestDetail", examples: { "In progress": DETAIL } },
});

const READING = {
  400: ["invalid_json", "invalid_body"],
  413: ["body_too_large"],
} as const satisfies ProblemCodes;
const IDENTIFIER = { namespace: "email", value: "ida@example.com" } as const;

/** A change of one request. */
const change = (
  id: string,
  summary: string,
  about: Partial<Operation>,
  problems: ProblemCodes,
): Operation => ({
  id,
  summary,
  security: ADMIN,
  parameters: [ID],
  answers: { 200: shown("As it is now.") },
  ...about,
  problems: { 404: ["unknown_request"], ...problems },
});

const withReason = { schema: "SubjectRequestReason", examples: { Reason: { reason: "Many systems." } } };

export const subjects: Group = {
  tag: "subject requests",
  description:
    "Requests of people about their own data: what waits to be verified, what became of each, results, proofs of erasure, and the suppression list.",
  requests: {
    NewSubjectRequest: newRequestSchema,
    SubjectRequestNote: noteSchema,
    SubjectRequestReason: reasonSchema,
    SuppressionCheck: checkSchema,
    SuppressionLift: liftSchema,
  },
  answers: {
    SubjectRequestDetail: subjectRequestDetailSchema,
    SubjectRequestList: z.object({ requests: z.array(subjectRequestDetailSchema) }),
    SubjectRequestIdentities: z.object({ identities: z.array(subjectIdentitySchema) }),
    SubjectRequestResults: z.union([accessSchema, portabilitySchema]),
    SignedErasureProof: z.object({
      proof: z.string().meta({
        description: "JSON of the proof; the signature is over `erasure-proof:` and this text.",
      }),
      key_version: z.string(),
      signature: z.string().meta({ description: "Ed25519, hex." }),
      verified: z.boolean(),
      public_key: z
        .object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string(), kid: z.string() })
        .nullable(),
    }),
    Suppression: z.object({ suppressed: z.boolean(), lifted: z.int().exactOptional() }),
  },
  paths: {
    "/admin/api/subject-requests": {
      get: {
        id: "listSubjectRequests",
        summary: "Open requests first, the soonest deadline before others",
        security: ADMIN,
        parameters: [
          {
            name: "status",
            in: "query",
            description: "Only those.",
            schema: { type: "string", enum: [...REQUEST_STATUSES] },
          },
          {
            name: "limit",
            in: "query",
            description: "At most so many.",
            schema: { type: "integer", minimum: 1, maximum: 500, default: 100 },
          },
        ],
        answers: {
          200: {
            description: "Without any value of a person.",
            json: { schema: "SubjectRequestList", examples: { One: { requests: [DETAIL] } } },
          },
        },
        problems: { 400: ["invalid_status", "invalid_limit"] },
      },
      post: {
        id: "makeSubjectRequest",
        summary: "Make a request for somebody who has written or called",
        description:
          "`verified`: whoever makes it has checked that the person asks. The note must not say who that is.",
        security: ADMIN,
        body: {
          schema: "NewSubjectRequest",
          examples: {
            "A letter": {
              type: "access",
              regulation: "gdpr",
              identities: [{ identity_type: "email", identity_value: "ida@example.com" }],
              verified: true,
              note: "A letter of 20 November; called back at the number in the shop's records.",
            },
          },
        },
        answers: { 201: shown("Taken in.") },
        problems: {
          ...READING,
          400: [...READING[400], "invalid_identifier", "unsupported_identity_format"],
          413: [...READING[413], "too_many_identities"],
        },
      },
    },
    "/admin/api/subject-requests/{id}": {
      get: change("getSubjectRequestDetail", "One request with its steps", {}, {}),
    },
    "/admin/api/subject-requests/{id}/verify": {
      post: change(
        "verifySubjectRequest",
        "Say that it was checked who asks",
        { body: { schema: "SubjectRequestNote", examples: { Note: { note: "Called back." } } } },
        { ...READING, 409: ["not_pending"] },
      ),
    },
    "/admin/api/subject-requests/{id}/cancel": {
      post: change(
        "cancelSubjectRequest",
        "End a request without doing it",
        { body: withReason, description: "An erasure that has begun cannot be taken back." },
        { ...READING, 409: ["not_open", "not_cancellable"] },
      ),
    },
    "/admin/api/subject-requests/{id}/extend": {
      post: change(
        "extendSubjectRequest",
        "Move its deadline, once, as far as the law allows",
        { body: withReason },
        { ...READING, 409: ["not_open", "already_extended"] },
      ),
    },
    "/admin/api/subject-requests/{id}/retry": {
      post: change("retrySubjectRequest", "Try again what has failed for good", {}, { 409: ["not_open"] }),
    },
    "/admin/api/subject-requests/{id}/identities": {
      get: {
        id: "getSubjectRequestIdentities",
        summary: "Whom a request names, to check with the person",
        description: "As long as it has not ended. Each look is in the audit log.",
        security: ADMIN,
        parameters: [ID],
        answers: {
          200: {
            description: "As they were sent; none of a browser that asks about itself.",
            json: {
              schema: "SubjectRequestIdentities",
              examples: {
                "An address": {
                  identities: [
                    { identity_type: "email", identity_value: "ida@example.com", identity_format: "raw" },
                  ],
                },
              },
            },
          },
        },
        problems: { 404: ["unknown_request"], 410: ["identities_gone"] },
      },
    },
    "/admin/api/subject-requests/{id}/results": {
      get: {
        id: "getSubjectRequestResults",
        summary: "What was asked for, to be given to the person",
        description: "As a page, where `Accept` names `text/html` before JSON, else as JSON.",
        security: ADMIN,
        parameters: [ID],
        answers: {
          200: {
            description: "All of it.",
            json: { schema: "SubjectRequestResults", examples: {} },
            text: { "text/html": "<!doctype html>…" },
          },
        },
        problems: { 404: ["unknown_request", "no_results"], 410: ["results_gone"] },
      },
    },
    "/admin/api/subject-requests/{id}/proof": {
      get: {
        id: "getErasureProof",
        summary: "The proof of an erasure",
        security: ADMIN,
        parameters: [ID],
        answers: {
          200: {
            description: "Signed, and without a word of whom.",
            json: {
              schema: "SignedErasureProof",
              examples: {
                Proof: {
                  proof: `{"v":1,"tenant":"doorstep","subject_request_id":"${EXAMPLE_ID}",…}`,
                  key_version: "1",
                  signature: "00".repeat(64),
                  verified: true,
                  public_key: {
                    kty: "OKP",
                    crv: "Ed25519",
                    x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                    kid: "1",
                  },
                },
              },
            },
          },
        },
        problems: { 404: ["unknown_request", "no_proof"] },
      },
    },
    "/admin/api/suppressions/check": {
      post: {
        id: "checkSuppression",
        summary: "Whether somebody is suppressed",
        security: ADMIN,
        body: { schema: "SuppressionCheck", examples: { "An address": IDENTIFIER } },
        answers: {
          200: {
            description: "The value is hashed, and goes no further.",
            json: { schema: "Suppression", examples: { Suppressed: { suppressed: true } } },
          },
        },
        problems: { ...READING, 400: [...READING[400], "invalid_identifier"] },
      },
    },
    "/admin/api/suppressions/lift": {
      post: {
        id: "liftSuppression",
        summary: "Let somebody come back who was erased",
        description: "What was erased stays erased.",
        security: ADMIN,
        body: {
          schema: "SuppressionLift",
          examples: { "A customer again": { ...IDENTIFIER, reason: "Signed up again on 20 November." } },
        },
        answers: {
          200: {
            description: "Lifted, or never there.",
            json: { schema: "Suppression", examples: { Lifted: { suppressed: false, lifted: 1 } } },
          },
        },
        problems: { ...READING, 400: [...READING[400], "invalid_identifier"] },
      },
    },
  },
};
