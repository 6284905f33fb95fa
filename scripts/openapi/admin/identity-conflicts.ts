/** The queue of conflicts, and settling one: src/console/identity/conflicts-routes.ts. */
import * as z from "zod";
import { settleSchema } from "../../../src/console/identity/bodies.ts";
import type { ConflictShown } from "../../../src/console/identity/view.ts";
import { SETTLEMENTS } from "../../../src/identity/changes/queue.ts";
import type { Group } from "../description.ts";
import { ADMIN } from "../security.ts";
import {
  ANN,
  APPLY_PROBLEMS,
  BEN,
  CHANGE_BODY_PROBLEMS,
  keySchema,
  linkKindSchema,
  MAIL,
  PLAN_PROBLEMS,
  profileShownSchema,
  SETTLE_PROBLEMS,
  shown,
} from "./identity-shapes.ts";

const conflictSchema = z.object({
  a: keySchema,
  b: keySchema,
  kind: linkKindSchema,
  reason: z.string().meta({ description: "Stable; what a program should look at." }),
  explained: z.string(),
  at: z.iso.datetime().meta({ description: "When it came into the queue." }),
  choices: z.array(z.enum(SETTLEMENTS)).meta({ description: "How it may be settled." }),
  profiles: z.array(profileShownSchema).meta({ description: "Whom it is about." }),
}) satisfies z.ZodType<ConflictShown>;

const CONFLICT: ConflictShown = {
  a: BEN,
  b: MAIL,
  kind: "proof",
  reason: "two_customer_ids",
  explained: "It would bring together two values of customer id, which are two people.",
  at: "2026-11-22T10:30:00.000Z",
  choices: ["same", "different", "aside", "keep"],
  profiles: [shown([BEN], "Ben"), shown([ANN, MAIL], "Ann", ["loyal"])],
};
const ID = "6a1d2f3e-0c4b-4d5e-8f60-718293a4b5c6";

export const identityConflicts: Group = {
  tag: "identity conflicts",
  description: "What nobody but a person can settle: docs/identity.md.",
  requests: { ConflictSettlement: settleSchema },
  answers: {
    ConflictShown: conflictSchema,
    Conflicts: z.object({
      conflicts: z.array(conflictSchema).meta({
        description: "A page of 20, less those that are none any more.",
      }),
      reasons: z
        .record(z.string(), z.int().min(0))
        .meta({ description: "How many are open, by reason; of all pages." }),
      next: z.string().nullable().meta({ description: "`cursor` of the next page; null: there is none." }),
    }),
    ConflictSettled: z.object({
      settled: z.string().meta({ description: "`kept`, or the id of the change." }),
      change: z.string().optional().meta({ description: "To undo it by; not of what is kept as it is." }),
    }),
  },
  paths: {
    "/admin/api/identity/conflicts": {
      get: {
        id: "listConflicts",
        summary: "Conflicts that wait for somebody",
        description: "Each is computed anew; one that is none any more is gone.",
        security: ADMIN,
        parameters: [
          { name: "reason", in: "query", description: "Only those of it.", schema: { type: "string" } },
          {
            name: "cursor",
            in: "query",
            description: "`next` of the page before.",
            schema: { type: "string" },
          },
        ],
        answers: {
          200: {
            description: "With both sides of each.",
            json: {
              schema: "Conflicts",
              examples: {
                "An address of two customers": {
                  conflicts: [CONFLICT],
                  reasons: { two_customer_ids: 1 },
                  next: null,
                },
              },
            },
          },
        },
        problems: { 400: ["invalid_cursor"], 503: ["identity_busy"] },
      },
    },
    "/admin/api/identity/conflicts/settle": {
      post: {
        id: "settleConflict",
        summary: "Settle a conflict",
        description:
          "`same`: one person; `different`: two people; `aside`: the value that both have is nobody's; `keep`: it stays as it is, and is not asked again. All but the last are changes, which can be undone.",
        security: ADMIN,
        body: {
          schema: "ConflictSettlement",
          examples: {
            "Two people": { a: BEN, b: MAIL, kind: "proof", as: "different", note: "They share a mailbox." },
          },
        },
        answers: {
          200: {
            description: "It is out of the queue.",
            json: {
              schema: "ConflictSettled",
              examples: { "By a change": { settled: ID, change: ID }, "Kept as it is": { settled: "kept" } },
            },
          },
        },
        problems: [
          CHANGE_BODY_PROBLEMS,
          PLAN_PROBLEMS,
          APPLY_PROBLEMS,
          SETTLE_PROBLEMS,
          {
            404: ["unknown_conflict"],
          },
        ],
      },
    },
  },
};
