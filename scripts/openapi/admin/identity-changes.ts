/** Merging, splitting, keeping apart and setting aside by hand: src/console/identity/changes-routes.ts. */
import * as z from "zod";
import { changeSchema, previewSchema } from "../../../src/console/identity/bodies.ts";
import type { ChangeShown, PreviewShown } from "../../../src/console/identity/view.ts";
import type { Group, Parameter } from "../description.ts";
import { ADMIN } from "../security.ts";
import {
  ANN,
  APPLY_PROBLEMS,
  BEN,
  CHANGE_BODY_PROBLEMS,
  keySchema,
  linkKindSchema,
  linkStateSchema,
  MAIL,
  PLAN_PROBLEMS,
  profileShownSchema,
  rootsSchema,
  SETTLE_PROBLEMS,
  SPLIT_PROBLEMS,
  shown,
  UNDO_PROBLEMS,
} from "./identity-shapes.ts";

const time = z.iso.datetime();
const profiles = z.array(profileShownSchema);
const linkState = linkStateSchema.nullable();

const previewAnswerSchema = z.object({
  action: z.string(),
  before: profiles.meta({ description: "Profiles that it touches, as they are." }),
  after: profiles.meta({ description: "As they would be." }),
  warnings: z.array(z.string()).meta({ description: "Sentences: what else is done, or does not follow." }),
  seen: z.string().meta({
    description: "To be sent with the change: where the profiles have changed since, it is refused.",
  }),
}) satisfies z.ZodType<PreviewShown>;

const changeShownSchema = z.object({
  id: z.string(),
  at: time,
  actor: z.string().meta({ description: "Name of who did it; the audit log has more." }),
  action: z.string(),
  note: z.string(),
  links: z.array(
    z.object({
      a: keySchema,
      b: keySchema,
      kind: linkKindSchema,
      before: linkState.meta({ description: "Null: it was not there." }),
      after: linkState.meta({ description: "Null: it is not there any more." }),
    }),
  ),
  undone_at: time.nullable(),
  undone_by: z.string().nullable(),
}) satisfies z.ZodType<ChangeShown>;

const ID = "6a1d2f3e-0c4b-4d5e-8f60-718293a4b5c6";
const MERGE = { action: "merge", keys: [ANN, BEN] };
const SEEN = "5f1b0c6d8a9e4f7081726354a5b6c7d8";

const PREVIEW: PreviewShown = {
  action: "merge",
  before: [shown([ANN], "Ann", ["loyal"]), shown([BEN, MAIL], "Anne")],
  after: [shown([ANN, BEN, MAIL], "Anne", ["loyal"])],
  warnings: [
    "They have 2 different values of customer_id, which otherwise says that they are different people.",
  ],
  seen: SEEN,
};

const CHANGE: ChangeShown = {
  id: ID,
  at: "2026-11-22T10:30:00.000Z",
  actor: "root",
  action: "merge",
  note: "She has two accounts.",
  links: [{ a: ANN, b: BEN, kind: "manual", before: null, after: "live" }],
  undone_at: null,
  undone_by: null,
};

const query = (name: string, description: string, schema: Parameter["schema"]): Parameter => ({
  name,
  in: "query",
  description,
  schema,
});

export const identityChanges: Group = {
  tag: "identity changes",
  description: "Profiles merged and split by hand, and that undone: docs/identity.md.",
  requests: { IdentityPreviewRequest: previewSchema, IdentityChangeRequest: changeSchema },
  answers: {
    ProfileShown: profileShownSchema,
    IdentityPreview: previewAnswerSchema,
    IdentityChange: changeShownSchema,
    IdentityChanges: z.object({
      changes: z.array(changeShownSchema).meta({ description: "Newest first." }),
      next: z.int().nullable().meta({ description: "`before` of the next page; null: there is none." }),
    }),
    IdentityChangeDone: z.object({
      id: z.string().meta({ description: "To undo it by." }),
      before: rootsSchema,
      after: rootsSchema,
    }),
  },
  paths: {
    "/admin/api/identity/preview": {
      post: {
        id: "previewIdentityChange",
        summary: "What a change, settling a conflict or undoing would do",
        description: "Nothing is changed by it. A POST, since it is in the audit log.",
        security: ADMIN,
        body: {
          schema: "IdentityPreviewRequest",
          examples: {
            "A merge": MERGE,
            "Settling a conflict": { action: "settle", a: ANN, b: MAIL, kind: "proof", as: "different" },
            "Undoing a change": { action: "undo", change: ID },
          },
        },
        answers: {
          200: {
            description: "The profiles before and after it.",
            json: { schema: "IdentityPreview", examples: { "Two become one": PREVIEW } },
          },
        },
        problems: [CHANGE_BODY_PROBLEMS, PLAN_PROBLEMS, SPLIT_PROBLEMS, SETTLE_PROBLEMS, UNDO_PROBLEMS],
      },
    },
    "/admin/api/identity/changes": {
      get: {
        id: "listIdentityChanges",
        summary: "What was changed by hand",
        security: ADMIN,
        parameters: [
          query("key", "Only changes about this identifier, or another of its profile.", { type: "string" }),
          query("limit", "How many at most.", { type: "integer", minimum: 1, maximum: 200, default: 50 }),
          query("before", "`next` of the page before.", { type: "integer" }),
        ],
        answers: {
          200: {
            description: "Each with the links that it changed; those about who was erased are gone.",
            json: { schema: "IdentityChanges", examples: { One: { changes: [CHANGE], next: null } } },
          },
        },
        problems: { 400: ["invalid_limit", "invalid_before"] },
      },
      post: {
        id: "changeIdentity",
        summary: "Merge, split, keep apart, set aside",
        description:
          "All in one order, one after another. Evidence that comes later does not undo it; undoing does, exactly.",
        security: ADMIN,
        body: {
          schema: "IdentityChangeRequest",
          examples: {
            "A merge": { ...MERGE, note: "She has two accounts.", seen: SEEN },
            "A split": { action: "split", groups: [[ANN], [BEN, MAIL]], keep_apart: true },
            "A shared mailbox": { action: "aside", key: MAIL, note: "The address of the shop." },
            "Two people": { action: "apart", keys: [ANN, BEN] },
          },
        },
        answers: {
          201: {
            description: "Done, also at the edge.",
            json: {
              schema: "IdentityChangeDone",
              examples: { Merged: { id: ID, before: [ANN, BEN], after: [ANN] } },
            },
          },
        },
        problems: [CHANGE_BODY_PROBLEMS, PLAN_PROBLEMS, SPLIT_PROBLEMS, APPLY_PROBLEMS],
      },
    },
    "/admin/api/identity/changes/{id}/undo": {
      post: {
        id: "undoIdentityChange",
        summary: "Undo a change",
        description: "Its links are what they were before it, and profiles what follows from that.",
        security: ADMIN,
        parameters: [
          {
            name: "id",
            in: "path",
            description: "Of the change.",
            schema: { type: "string", format: "uuid" },
          },
        ],
        answers: {
          200: {
            description: "Undone. A conflict that it had settled is open again.",
            json: {
              schema: "IdentityChangeDone",
              examples: { Undone: { id: ID, before: [ANN], after: [ANN, BEN] } },
            },
          },
        },
        problems: UNDO_PROBLEMS,
      },
    },
  },
};
