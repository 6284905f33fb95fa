/** `POST /hooks/cms/{adapter}`: src/slots/cms/routes.ts. */
import * as z from "zod";
import { json } from "../../../src/slots/cms/adapters/json/index.ts";
import { wordpress } from "../../../src/slots/cms/adapters/wordpress/index.ts";
import type { Group } from "../description.ts";
import { BODY_PROBLEMS } from "../problems.ts";
import { OPEN } from "../security.ts";

const header = (name: string, description: string) =>
  ({ name, in: "header", description, schema: { type: "string" } }) as const;

export const contentHooks: Group = {
  tag: "content",
  description: "A CMS says that its content has changed: docs/content.md.",
  requests: {
    ContentHook: z.looseObject({
      event: z.enum(["saved", "removed"]).optional().meta({ description: "Of the WordPress plug-in." }),
      id: z.union([z.int(), z.string()]).optional(),
      content_id: z.string().optional(),
      locale: z.string().nullable().optional(),
      ids: z.array(z.string()).optional().meta({ description: "Of a JSON source: what has changed." }),
      items: z
        .array(z.unknown())
        .optional()
        .meta({ description: "Or the items themselves, as the feed has them." }),
      gone: z.array(z.string()).optional(),
    }),
  },
  answers: { ContentHookTaken: z.object({ source: z.string(), visible: z.string() }) },
  paths: {
    "/hooks/cms/{adapter}": {
      post: {
        id: "contentChanged",
        summary: "Content has changed",
        description:
          "Signed as Standard Webhooks 1.0 has it, with the source's `webhook_secret`. It is answered at once, and the content is read after that.",
        security: OPEN,
        parameters: [
          {
            name: "adapter",
            in: "path",
            description: "The type of the source.",
            schema: { enum: [json.name, wordpress.name] },
          },
          {
            name: "source",
            in: "query",
            description: "Its key; absent: whichever of this type the signature fits.",
            schema: { type: "string" },
          },
          header("webhook-id", "Of this message."),
          header("webhook-timestamp", "Epoch seconds; at most five minutes off."),
          header("webhook-signature", "`v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`."),
        ],
        body: {
          schema: "ContentHook",
          examples: {
            "A post was saved": { event: "saved", id: 12, content_id: "12", locale: "sk" },
            "An item of a feed": { items: [{ id: "a", html: "<p>New</p>" }] },
          },
        },
        answers: {
          202: {
            description: "Genuine.",
            json: {
              schema: "ContentHookTaken",
              examples: { Taken: { source: "blog", visible: "everywhere within 120 s" } },
            },
          },
        },
        problems: [
          BODY_PROBLEMS,
          { 400: ["invalid_timestamp"], 401: ["invalid_signature"], 404: ["unknown_cms"] },
        ],
      },
    },
  },
};
