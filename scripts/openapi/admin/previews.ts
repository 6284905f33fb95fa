/** Links to the site as somebody sees it: src/console/previews.ts. */
import * as z from "zod";
import { previewSchema } from "../../../src/console/previews.ts";
import type { Group } from "../description.ts";
import { ADMIN } from "../security.ts";

export const previews: Group = {
  tag: "previews",
  description:
    "The real site as somebody else sees it, by a link that holds for some hours. Nothing is recorded.",
  requests: { PreviewRequest: previewSchema },
  answers: {
    Preview: z.object({
      url: z.url().meta({ description: "Whoever opens it is shown the preview until it expires." }),
      expires_at: z.iso.datetime(),
      token_id: z.string().meta({ description: "Names the link in the audit log." }),
    }),
  },
  paths: {
    "/admin/api/previews": {
      post: {
        id: "createPreview",
        summary: "Make a preview link",
        description:
          "As segments, or as a person (`person:read` and personal data), at a time, by a release, a candidate or a draft. The link is sealed: it shows nothing of whom it is of, and is no login. The audit log names who made it.",
        security: ADMIN,
        body: {
          schema: "PreviewRequest",
          examples: {
            "As a segment": { segments: ["loyal"], path: "/" },
            "A draft at Christmas": { release: "draft:winter", at: "2026-12-24T18:00:00Z" },
            "As a person": { profile: { namespace: "email", value: "ann@example.com" } },
          },
        },
        answers: {
          201: {
            description: "The link.",
            json: {
              schema: "Preview",
              examples: {
                "For an hour": {
                  url: "https://shop.example/?ds_preview=1-0.3q2-7wAAAAAAAAAAAAAAAA",
                  expires_at: "2026-11-22T11:30:00.000Z",
                  token_id: "2f1b8a54-6f0c-4f7c-9c0b-0c7d1f6c9a11",
                },
              },
            },
          },
        },
        problems: {
          400: ["invalid_json", "invalid_body", "invalid_path", "unknown_segment", "invalid_identifier"],
          404: ["unknown_release", "unknown_person"],
          413: ["body_too_large"],
        },
      },
    },
  },
};
