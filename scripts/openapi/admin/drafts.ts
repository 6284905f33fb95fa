/** `/admin/api/drafts`: src/release/drafts-routes.ts. */
import {
  patchDraftSchema,
  publishDraftSchema,
  rebaseDraftSchema,
  saveDraftSchema,
} from "../../../src/release/publish-bodies.ts";
import type { Group, Parameter } from "../description.ts";
import type { ProblemCodes } from "../problems.ts";
import { ADMIN } from "../security.ts";
import {
  BODY,
  CHANGE,
  DOCUMENT,
  DRAFT,
  draftHeadSchema,
  draftSchema,
  draftsSchema,
  PUBLISHED,
  PUBLISHING,
  query,
  VALID,
} from "./release-shapes.ts";

const name: Parameter = {
  name: "name",
  in: "path",
  description: "Of up to 64 of a-z, 0-9, - and _.",
  schema: { type: "string", pattern: "^[a-z0-9][a-z0-9_-]{0,63}$" },
};
const REFUSED = { 401: ["unauthorized"], 403: ["forbidden"] } as const;
const UNKNOWN = { 404: ["unknown_draft"] } as const satisfies ProblemCodes;
const SAVING = { 409: ["draft_changed"], 503: ["release_busy"] } as const satisfies ProblemCodes;
const shown = (description: string) => ({
  description,
  json: { schema: "Draft", examples: { One: { ...DRAFT, document: DOCUMENT } } },
});

export const drafts: Group = {
  tag: "drafts",
  description: "Documents in the making, shared by those who edit: docs/releases.md.",
  requests: {
    SaveDraft: saveDraftSchema,
    PatchDraft: patchDraftSchema,
    RebaseDraft: rebaseDraftSchema,
    PublishDraft: publishDraftSchema,
  },
  answers: { Drafts: draftsSchema, Draft: draftSchema, DraftHead: draftHeadSchema },
  paths: {
    "/admin/api/drafts": {
      get: {
        id: "listDrafts",
        summary: "All drafts, the one changed last first",
        security: ADMIN,
        answers: {
          200: {
            description:
              "Without their documents. A `base` that is not `stable`: something was published since.",
            json: { schema: "Drafts", examples: { One: { stable: 1, drafts: [DRAFT] } } },
          },
        },
        problems: REFUSED,
      },
    },
    "/admin/api/drafts/{name}": {
      get: {
        id: "getDraft",
        summary: "One draft with its document",
        security: ADMIN,
        parameters: [name],
        answers: { 200: shown("As it was saved last.") },
        problems: [REFUSED, UNKNOWN],
      },
      put: {
        id: "saveDraft",
        summary: "Begin a draft, or save one whole",
        description:
          "Refused where it is not at `revision` any more, with what differs. Without a document, a new one begins with the stable version's.",
        security: ADMIN,
        parameters: [name],
        body: {
          schema: "SaveDraft",
          examples: { Begin: { revision: 0 }, Save: { revision: DRAFT.revision, document: DOCUMENT } },
        },
        answers: { 200: shown("Saved."), 201: shown("Begun.") },
        problems: [
          BODY,
          REFUSED,
          SAVING,
          {
            400: ["too_deep", "invalid_name"],
            404: ["unknown_draft", "unknown_release"],
            409: ["too_many_drafts"],
          },
        ],
      },
      patch: {
        id: "editDraft",
        summary: "Set and remove single definitions",
        description:
          "By paths such as `segments.loyal` or `policy`. Each must still be as `was` says; one that `was` leaves out, only as long as the draft has this `revision`.",
        security: ADMIN,
        parameters: [name],
        body: {
          schema: "PatchDraft",
          examples: {
            "A segment instead of an offer": {
              set: { "segments.loyal": { when: { purchases: { $gte: 2 } } } },
              remove: ["offers.sale"],
              was: { "segments.loyal": null, "offers.sale": { slot: "hero", content: "sale" } },
            },
          },
        },
        answers: { 200: shown("Saved.") },
        problems: [BODY, REFUSED, SAVING, UNKNOWN, { 400: ["invalid_definition_path", "too_deep"] }],
      },
      delete: {
        id: "deleteDraft",
        summary: "Throw a draft away",
        security: ADMIN,
        parameters: [name, query("revision", "Only this one.", { type: "integer" })],
        answers: {
          200: { description: "What was deleted.", json: { schema: "DraftHead", examples: { One: DRAFT } } },
        },
        problems: [REFUSED, UNKNOWN, { 400: ["invalid_revision"], 409: ["draft_changed"] }],
      },
    },
    "/admin/api/drafts/{name}/diff": {
      get: {
        id: "diffDraft",
        summary: "What a draft changes",
        security: ADMIN,
        parameters: [
          name,
          query("against", "A version, `stable`, `candidate` or `draft:<name>`; else its base.", {
            type: "string",
          }),
        ],
        answers: {
          200: {
            description: "Definition by definition.",
            json: {
              schema: "ReleaseDiff",
              examples: {
                One: {
                  from: "1",
                  to: "draft:autumn",
                  summary: { added: 0, removed: 0, changed: 1 },
                  changes: [CHANGE],
                },
              },
            },
          },
        },
        problems: [REFUSED, { 400: ["invalid_version"], 404: ["unknown_draft", "unknown_release"] }],
      },
    },
    "/admin/api/drafts/{name}/validate": {
      post: {
        id: "validateDraft",
        summary: "Validate a draft",
        security: ADMIN,
        parameters: [name],
        answers: {
          200: {
            description: "Also where it is wrong.",
            json: { schema: "ReleaseValidation", examples: { Right: VALID } },
          },
        },
        problems: [REFUSED, UNKNOWN],
      },
    },
    "/admin/api/drafts/{name}/rebase": {
      post: {
        id: "rebaseDraft",
        summary: "Take over what was published since the draft began",
        security: ADMIN,
        parameters: [name],
        body: {
          schema: "RebaseDraft",
          examples: { "Mine where both changed it": { revision: DRAFT.revision, prefer: "mine" } },
        },
        answers: { 200: shown("It now begins with the stable version.") },
        problems: [BODY, REFUSED, SAVING, UNKNOWN, { 409: ["draft_conflict"] }],
      },
    },
    "/admin/api/drafts/{name}/publish": {
      post: {
        id: "publishDraft",
        summary: "Publish a draft, and remove it",
        description: "Refused where another version was published since it began, but with `force`.",
        security: ADMIN,
        parameters: [name],
        body: { schema: "PublishDraft", examples: { "To a tenth": { note: "Autumn", share: 0.1 } } },
        answers: {
          201: {
            description: "As of a release.",
            json: { schema: "Published", examples: { "To everybody": PUBLISHED } },
          },
        },
        problems: [BODY, REFUSED, UNKNOWN, PUBLISHING, { 409: ["draft_changed"] }],
      },
    },
  },
};
