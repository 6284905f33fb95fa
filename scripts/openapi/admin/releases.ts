/** `/admin/api/releases`: src/release/routes.ts. Drafts are in drafts.ts. */
import * as z from "zod";
import { cmsSourceSchema } from "../../../contracts/definitions/cms.ts";
import { contentDefinitionSchema } from "../../../contracts/definitions/content.ts";
import { expressionSchema } from "../../../contracts/definitions/mapping.ts";
import { releaseSchema } from "../../../contracts/definitions/release.ts";
import {
  moveSchema,
  publishSchema,
  scheduleSchema,
  shareSchema,
  validateSchema,
} from "../../../src/release/publish-bodies.ts";
import type { Group, Operation } from "../description.ts";
import type { ProblemCodes } from "../problems.ts";
import { ADMIN } from "../security.ts";
import {
  ACTIVE,
  activeSchema,
  at,
  BODY,
  before,
  CHANGE,
  DOCUMENT,
  diffSchema,
  ID,
  limit,
  MOVE,
  movedSchema,
  movesSchema,
  PUBLISHED,
  PUBLISHING,
  publishedSchema,
  query,
  SCHEDULED,
  scheduledSchema,
  VALID,
  VERSION,
  validationSchema,
  version,
  versionSchema,
} from "./release-shapes.ts";

const jsonSchema = contentDefinitionSchema.shape.data.unwrap();
const cmsSettingSchema = cmsSourceSchema.shape.settings.unwrap().valueType;

const versionParameter = {
  name: "version",
  in: "path",
  description: "Number of a version.",
  schema: { type: "integer", minimum: 1 },
} as const;
const REFUSED = { 401: ["unauthorized"], 403: ["forbidden"] } as const;
const MOVED = { description: "What holds now.", json: { schema: "Moved", examples: {} } };
const CHANGED = { 409: ["release_changed"], 503: ["release_busy"] } as const satisfies ProblemCodes;

const move = (
  id: string,
  summary: string,
  example: object,
  problems: readonly ProblemCodes[],
): Operation => ({
  id,
  summary,
  security: ADMIN,
  body: { schema: "ReleaseMove", examples: { "With a note": { note: "It sells" } } },
  answers: {
    200: {
      ...MOVED,
      json: { schema: "Moved", examples: { Done: { active: example, visible: PUBLISHED.visible } } },
    },
  },
  problems: [BODY, REFUSED, CHANGED, ...problems],
});

export const releases: Group = {
  tag: "releases",
  description:
    "Everything that marketers define, as one immutable document after the other: docs/releases.md.",
  requests: {
    Publish: publishSchema.safeExtend({ document: releaseSchema }),
    ReleaseInput: releaseSchema,
    ReleaseToValidate: validateSchema,
    ReleaseMove: moveSchema,
    ReleaseShare: shareSchema,
    ReleaseSchedule: scheduleSchema,
    // These hold themselves, so that they need names.
    MappingExpression: expressionSchema,
    Json: jsonSchema,
    CmsSetting: cmsSettingSchema,
  },
  answers: {
    Releases: z.object({
      active: activeSchema,
      releases: z.array(
        versionSchema.extend({
          summary: z.object({ added: z.int(), removed: z.int(), changed: z.int() }).nullable().meta({
            description: "Definitions, against `parent`; null: there is none, or it is too large to count.",
          }),
        }),
      ),
      next: version.nullable().meta({ description: "The `before` of the next page." }),
    }),
    ActiveRelease: z.object({
      version: version.meta({ description: "The stable one. 0: nothing was published yet." }),
      revision: activeSchema.shape.revision,
      document: releaseSchema,
      candidate: z.object({ version, share: z.number() }).nullable(),
    }),
    ReleaseVersion: versionSchema.extend({ document: releaseSchema }),
    ReleaseMoves: movesSchema,
    ReleaseDiff: diffSchema,
    ReleaseValidation: validationSchema,
    Moved: movedSchema,
    Scheduled: scheduledSchema,
    Schedule: z.object({ scheduled: z.array(scheduledSchema) }),
    Release: releaseSchema,
    MappingExpression: expressionSchema,
    Published: publishedSchema,
    Json: jsonSchema,
    CmsSetting: cmsSettingSchema,
  },
  paths: {
    "/admin/api/releases": {
      get: {
        id: "listReleases",
        summary: "The history, newest first",
        security: ADMIN,
        parameters: [limit(20), before],
        answers: {
          200: {
            description: "Versions without their documents.",
            json: {
              schema: "Releases",
              examples: {
                "A canary of the second": {
                  active: ACTIVE,
                  releases: [{ ...VERSION, summary: { added: 1, removed: 0, changed: 2 } }],
                  next: null,
                },
              },
            },
          },
        },
        problems: { 400: ["invalid_limit", "invalid_before"], ...REFUSED },
      },
      post: {
        id: "publishRelease",
        summary: "Publish a release: to everybody, to a share of visitors, or at a time to come",
        description:
          "Validated whole, stored, and made the stable version, the candidate, or one that waits. Nothing half right is ever published. With `base` or `if_revision` it is refused where somebody has moved since.",
        security: ADMIN,
        body: {
          schema: "Publish",
          examples: {
            "A slot with its fallback": { document: DOCUMENT, note: "The hero has a fallback", base: 1 },
            "A canary": { document: DOCUMENT, share: 0.1 },
            "At Christmas": { document: DOCUMENT, at: "2026-12-24T06:00:00+01:00" },
          },
        },
        answers: {
          201: {
            description: "Stored. A scheduled one holds when its time has come.",
            json: { schema: "Published", examples: { "To everybody": PUBLISHED } },
          },
        },
        problems: [BODY, REFUSED, PUBLISHING],
      },
    },
    "/admin/api/releases/active": {
      get: {
        id: "getActiveRelease",
        summary: "The release that decides now",
        security: ADMIN,
        answers: {
          200: {
            description: "With all defaults filled in.",
            json: {
              schema: "ActiveRelease",
              examples: {
                "The first": {
                  version: 1,
                  revision: 2,
                  document: releaseSchema.parse(DOCUMENT),
                  candidate: { version: 2, share: 0.1 },
                },
              },
            },
          },
        },
        problems: REFUSED,
      },
    },
    "/admin/api/releases/{version}": {
      get: {
        id: "getRelease",
        summary: "One version with its document",
        security: ADMIN,
        parameters: [versionParameter],
        answers: {
          200: {
            description: "As it was published.",
            json: {
              schema: "ReleaseVersion",
              examples: { "The second": { ...VERSION, document: releaseSchema.parse(DOCUMENT) } },
            },
          },
        },
        problems: { ...REFUSED, 404: ["unknown_release"] },
      },
    },
    "/admin/api/releases/diff": {
      get: {
        id: "diffReleases",
        summary: "What differs between two documents, definition by definition",
        security: ADMIN,
        parameters: ["from", "to"].map((name) =>
          query(name, "A version, `stable`, `candidate`, or `draft:<name>`.", { type: "string" }),
        ),
        answers: {
          200: {
            description: "Defaults that one of them leaves out are no difference.",
            json: {
              schema: "ReleaseDiff",
              examples: {
                "Two purchases instead of one": {
                  from: "1",
                  to: "draft:autumn",
                  summary: { added: 0, removed: 0, changed: 1 },
                  changes: [CHANGE],
                },
              },
            },
          },
        },
        problems: { 400: ["invalid_version"], ...REFUSED, 404: ["unknown_release", "unknown_draft"] },
      },
    },
    "/admin/api/releases/moves": {
      get: {
        id: "listReleaseMoves",
        summary: "Who published, promoted and rolled back, newest first",
        security: ADMIN,
        parameters: [limit(50), before],
        answers: {
          200: {
            description: "Every change of which version holds.",
            json: { schema: "ReleaseMoves", examples: { "A canary": { moves: [MOVE], next: null } } },
          },
        },
        problems: { 400: ["invalid_limit", "invalid_before"], ...REFUSED },
      },
    },
    "/admin/api/releases/validate": {
      post: {
        id: "validateRelease",
        summary: "Validate a document; nothing is stored",
        security: ADMIN,
        body: { schema: "ReleaseToValidate", examples: { "A slot": { document: DOCUMENT } } },
        answers: {
          200: {
            description: "Also where it is wrong.",
            json: { schema: "ReleaseValidation", examples: { Right: VALID } },
          },
        },
        problems: [BODY, REFUSED],
      },
    },
    "/admin/api/releases/{version}/rollback": {
      post: {
        ...move(
          "rollBackRelease",
          "Make this version the stable one",
          { ...ACTIVE, candidate: null, share: 0 },
          [{ 404: ["unknown_release"], 409: ["nothing_to_change"], 422: ["invalid_release"] }],
        ),
        description: "It ends a canary. The body may be left out.",
        parameters: [versionParameter],
      },
    },
    "/admin/api/releases/promote": {
      post: move(
        "promoteRelease",
        "Give the candidate to everybody",
        { revision: 3, stable: 2, candidate: null, share: 0 },
        [{ 409: ["no_canary"] }],
      ),
    },
    "/admin/api/releases/abort": {
      post: move(
        "abortCanary",
        "Give the candidate to nobody any more",
        { revision: 3, stable: 1, candidate: null, share: 0 },
        [{ 409: ["no_canary"] }],
      ),
    },
    "/admin/api/releases/share": {
      post: {
        ...move(
          "shareCanary",
          "Change the share of visitors who get the candidate",
          { ...ACTIVE, share: 0.5 },
          [{ 409: ["no_canary"] }],
        ),
        description: "Who has it keeps it, as long as the share grows.",
        body: { schema: "ReleaseShare", examples: { "Every second": { share: 0.5 } } },
      },
    },
    "/admin/api/releases/schedule": {
      get: {
        id: "listSchedule",
        summary: "What is to be published when, and what became of it",
        security: ADMIN,
        answers: {
          200: {
            description: "Those that wait, soonest first; then the last 50 others.",
            json: { schema: "Schedule", examples: { One: { scheduled: [SCHEDULED] } } },
          },
        },
        problems: REFUSED,
      },
      post: {
        id: "scheduleRelease",
        summary: "Publish a version that is stored already, at a time to come",
        security: ADMIN,
        body: { schema: "ReleaseSchedule", examples: { "Back after the sale": { version: 1, at } } },
        answers: {
          201: { description: "It waits.", json: { schema: "Scheduled", examples: { One: SCHEDULED } } },
        },
        problems: [BODY, REFUSED, { 400: ["invalid_at"], 404: ["unknown_release"] }],
      },
    },
    "/admin/api/releases/schedule/{id}": {
      delete: {
        id: "unscheduleRelease",
        summary: "Do not publish it after all",
        security: ADMIN,
        parameters: [ID],
        answers: {
          200: {
            description: "Cancelled.",
            json: { schema: "Scheduled", examples: { One: { ...SCHEDULED, state: "cancelled" } } },
          },
        },
        problems: { ...REFUSED, 404: ["unknown_schedule"], 409: ["not_waiting"] },
      },
    },
  },
};
