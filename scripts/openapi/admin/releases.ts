/** `/admin/api/releases`: src/console/routes.ts. */
import * as z from "zod";
import { contentDefinitionSchema } from "../../../contracts/definitions/content.ts";
import { expressionSchema } from "../../../contracts/definitions/mapping.ts";
import { type ReleaseInput, releaseSchema } from "../../../contracts/definitions/release.ts";
import { publishSchema } from "../../../src/console/routes.ts";
import type { Group } from "../description.ts";
import { ADMIN } from "../security.ts";

const jsonSchema = contentDefinitionSchema.shape.data.unwrap();
const version = z.int().min(0);

const DOCUMENT: ReleaseInput = {
  slots: { hero: { fallback: "hero-default" } },
  content: { "hero-default": { html: "<h2>Welcome</h2>" } },
  policy: { regimes: { gdpr: { countries: ["SK"], default: "denied" } }, otherwise: "gdpr" },
};

export const releases: Group = {
  tag: "releases",
  description: "Everything that marketers define, as one immutable document after the other.",
  requests: {
    Publish: publishSchema.extend({ document: releaseSchema }),
    ReleaseInput: releaseSchema,
    // It holds itself, so that it needs a name.
    MappingExpression: expressionSchema,
    Json: jsonSchema,
  },
  answers: {
    Releases: z.object({
      releases: z.array(z.object({ version, note: z.string(), created_at: z.iso.datetime() })),
    }),
    ActiveRelease: z.object({
      version: version.meta({ description: "0: nothing was published yet." }),
      document: releaseSchema,
    }),
    Release: releaseSchema,
    MappingExpression: expressionSchema,
    Published: z.object({ version, visible: z.string() }),
    Json: jsonSchema,
  },
  paths: {
    "/admin/api/releases": {
      get: {
        id: "listReleases",
        summary: "The history, newest first",
        security: ADMIN,
        answers: {
          200: {
            description: "The last 50.",
            json: {
              schema: "Releases",
              examples: {
                "One release": {
                  releases: [{ version: 1, note: "First", created_at: "2026-11-22T10:30:00.000Z" }],
                },
              },
            },
          },
        },
        problems: { 401: ["unauthorized"] },
      },
      post: {
        id: "publishRelease",
        summary: "Publish a release",
        description:
          "Validated whole, stored, and made the active one. Nothing half right is ever published.",
        security: ADMIN,
        body: {
          schema: "Publish",
          examples: { "A slot with its fallback": { document: DOCUMENT, note: "The hero has a fallback" } },
        },
        answers: {
          201: {
            description: "Active.",
            json: {
              schema: "Published",
              examples: { Active: { version: 2, visible: "at once here, everywhere within 120 s" } },
            },
          },
        },
        problems: {
          400: ["invalid_json", "invalid_body"],
          401: ["unauthorized"],
          413: ["release_too_large"],
          422: ["invalid_release"],
        },
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
              examples: { "The second": { version: 2, document: releaseSchema.parse(DOCUMENT) } },
            },
          },
        },
        problems: { 401: ["unauthorized"] },
      },
    },
  },
};
