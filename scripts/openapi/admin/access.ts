/** Who I am, and the tokens of the API: src/console/access/routes.ts. */
import * as z from "zod";
import { ROLES } from "../../../contracts/taxonomy.ts";
import { PERMISSIONS } from "../../../src/console/access/permissions.ts";
import { tokenRequestSchema } from "../../../src/console/access/routes.ts";
import type { Group, Parameter } from "../description.ts";
import { ADMIN } from "../security.ts";

const time = z.iso.datetime();
const role = z.enum(ROLES);
const personal = z.boolean().meta({ description: "May see personal data, where the role may." });
const sources = z
  .array(z.string())
  .nullable()
  .meta({ description: "Sources whose events may be seen; null: all." });

const meSchema = z.object({
  id: z.string().meta({
    description:
      "Id of the token, `root` of ADMIN_TOKEN, `access:…` of somebody whom Cloudflare Access let in.",
  }),
  name: z.string(),
  role,
  permissions: z.array(z.enum(PERMISSIONS)),
  personal,
  sources,
  expires_at: time.nullable().meta({ description: "Null: it does not end by itself." }),
});

const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  role,
  personal,
  sources,
  created_at: time,
  created_by: z.string().meta({ description: "Id of the actor." }),
  expires_at: time,
  revoked_at: time.nullable(),
  last_used_day: z.iso.date().nullable(),
});
const madeSchema = tokenSchema.extend({
  token: z.string().meta({ description: "Shown here and never again: only a keyed hash of it is kept." }),
});

const ID = "6a1d2f3e-0c4b-4d5e-8f60-718293a4b5c6";
const TOKEN: z.infer<typeof tokenSchema> = {
  id: ID,
  name: "Release pipeline",
  role: "engineer",
  personal: false,
  sources: null,
  created_at: "2026-11-22T10:30:00.000Z",
  created_by: "root",
  expires_at: "2027-02-20T10:30:00.000Z",
  revoked_at: null,
  last_used_day: null,
};

const idParameter: Parameter = {
  name: "id",
  in: "path",
  description: "Id of a token: what stands between `dst_` and the next `_`.",
  schema: { type: "string" },
};

export const access: Group = {
  tag: "access",
  description: "Who may use this API. Roles and what each may: docs/access.md.",
  requests: { AccessTokenRequest: tokenRequestSchema },
  answers: {
    Me: meSchema,
    AccessToken: tokenSchema,
    AccessTokens: z.object({ tokens: z.array(tokenSchema).meta({ description: "Newest first." }) }),
    MadeAccessToken: madeSchema,
  },
  paths: {
    "/admin/api/me": {
      get: {
        id: "getMe",
        summary: "Who I am, and what I may",
        security: ADMIN,
        answers: {
          200: {
            description: "Of the token, or of Cloudflare Access.",
            json: {
              schema: "Me",
              examples: {
                "A viewer": {
                  id: ID,
                  name: "Dashboard",
                  role: "viewer",
                  permissions: [
                    "events:read",
                    "release:read",
                    "delivery:read",
                    "quarantine:read",
                    "consent:read",
                  ],
                  personal: false,
                  sources: ["web"],
                  expires_at: "2027-02-20T10:30:00.000Z",
                },
              },
            },
          },
        },
      },
    },
    "/admin/api/access/tokens": {
      get: {
        id: "listAccessTokens",
        summary: "Tokens, also those that have ended",
        security: ADMIN,
        answers: {
          200: {
            description: "At most 500, without the tokens themselves.",
            json: { schema: "AccessTokens", examples: { One: { tokens: [TOKEN] } } },
          },
        },
      },
      post: {
        id: "createAccessToken",
        summary: "Make a token",
        description: "It can show no more than whoever makes it may see.",
        security: ADMIN,
        body: {
          schema: "AccessTokenRequest",
          examples: {
            "For a pipeline": { name: "Release pipeline", role: "engineer", expires_in_days: 90 },
            "For one site": { name: "Shop team", role: "viewer", sources: ["web"], expires_in_days: 365 },
          },
        },
        answers: {
          201: {
            description: "The token, shown once.",
            json: {
              schema: "MadeAccessToken",
              examples: { Made: { ...TOKEN, token: `dst_${ID}_${"x".repeat(43)}` } },
            },
          },
        },
        problems: {
          400: ["invalid_json", "invalid_body"],
          403: ["exceeds_own"],
          413: ["body_too_large"],
        },
      },
    },
    "/admin/api/access/tokens/{id}/revoke": {
      post: {
        id: "revokeAccessToken",
        summary: "End a token now",
        security: ADMIN,
        parameters: [idParameter],
        answers: {
          200: {
            description: "The token. One that has been revoked before stays as it was.",
            json: {
              schema: "AccessToken",
              examples: { Revoked: { ...TOKEN, revoked_at: "2026-11-23T08:00:00.000Z" } },
            },
          },
        },
        problems: { 404: ["unknown_token"] },
      },
    },
  },
};
