/** `/admin/api/content`: src/slots/cms/admin-routes.ts. */
import * as z from "zod";
import { contentDefinitionSchema } from "../../../contracts/definitions/content.ts";
import type { Group } from "../description.ts";
import { ADMIN } from "../security.ts";

const json = contentDefinitionSchema.shape.data.unwrap();
const at = z.iso.datetime().nullable();
const state = z.enum(["published", "draft", "unpublished"]);

const listed = {
  id: z.string().meta({ description: "The content id, the same in all languages." }),
  locale: z.string(),
  state,
  title: z.string(),
  has_draft: z.boolean(),
  url: z.string().nullable(),
  topic: z.string().nullable(),
  issues: z.array(
    z.object({
      code: z.string(),
      message: z.string(),
      refused: z.boolean().meta({
        description: "This version was not taken, and the last good one stays. Else it was taken, mended.",
      }),
    }),
  ),
  changed_at: at.meta({ description: "By the CMS." }),
  imported_at: at,
};
const text = z
  .object({
    title: z.string(),
    html: z.string().nullable(),
    data: json.nullable(),
    terms: z.array(z.string()),
  })
  .nullable();
const offers = z.array(z.string()).meta({ description: "Offers of the releases that hold which show it." });

const ITEM = {
  ...{ id: "12", locale: "sk", state: "published", title: "Z chaty na chatu", has_draft: false },
  ...{ url: "https://cms.example/z-chaty-na-chatu/", topic: "winter", issues: [] },
  ...{ changed_at: "2026-11-22T10:00:00.000Z", imported_at: "2026-11-22T10:00:02.000Z" },
};
const source = {
  name: "source",
  in: "path",
  description: "Its key in the release's `cms`.",
  schema: { type: "string" },
} as const;

export const content: Group = {
  tag: "content",
  description: "What was imported from CMSs, and what is wrong with it: docs/content.md.",
  requests: {},
  answers: {
    ContentList: z.object({
      sources: z.array(
        z.object({
          key: z.string(),
          type: z.string(),
          url: z.string(),
          locales: z.array(z.string()),
          pull_minutes: z.int(),
          tried_at: at,
          pulled_at: at.meta({ description: "Of the last pull that worked." }),
          problem: z.string().nullable().meta({ description: "Why the last one did not." }),
          unreadable: z.array(z.string()).meta({ description: "Entries that could not even be told apart." }),
          items: z.int(),
        }),
      ),
      items: z.array(z.object({ source: z.string(), ...listed, offers })),
      next: z.string().nullable().meta({ description: "To be sent as `after`; null: that was all." }),
    }),
    ContentItem: z.object({
      source: z.string(),
      id: z.string(),
      offers,
      locales: z.array(z.object({ ...listed, shown: text, draft: text })),
    }),
    ContentPulled: z.object({
      problem: z.string().nullable().meta({ description: "null: it worked." }),
      items: z.int().nullable(),
      changed: z.int().meta({ description: "Rows that were written." }),
      unreadable: z.array(z.string()),
    }),
    Json: json,
  },
  paths: {
    "/admin/api/content": {
      get: {
        id: "listContent",
        summary: "Sources, and what was imported from them",
        security: ADMIN,
        parameters: [
          { name: "source", in: "query", description: "Only of this one.", schema: { type: "string" } },
          { name: "state", in: "query", description: "Only these.", schema: { enum: state.options } },
          {
            name: "after",
            in: "query",
            description: "`next` of the page before.",
            schema: { type: "string" },
          },
        ],
        answers: {
          200: {
            description: "At most 100 items, by source, id and language.",
            json: {
              schema: "ContentList",
              examples: {
                "One item": {
                  sources: [
                    {
                      ...{
                        key: "blog",
                        type: "wordpress",
                        url: "https://cms.example",
                        locales: ["en", "sk"],
                      },
                      ...{ pull_minutes: 15, tried_at: "2026-11-22T10:00:00.000Z" },
                      ...{ pulled_at: "2026-11-22T10:00:02.000Z", problem: null, unreadable: [], items: 1 },
                    },
                  ],
                  items: [{ source: "blog", ...ITEM, offers: ["hut-to-hut"] }],
                  next: null,
                },
              },
            },
          },
        },
        problems: { 400: ["invalid_state"], 401: ["unauthorized"] },
      },
    },
    "/admin/api/content/{source}/{content_id}": {
      get: {
        id: "getContent",
        summary: "One piece of content in all its languages, drafts too",
        security: ADMIN,
        parameters: [
          source,
          { name: "content_id", in: "path", description: "The content id.", schema: { type: "string" } },
        ],
        answers: {
          200: {
            description: "What is shown, and what waits as a draft.",
            json: {
              schema: "ContentItem",
              examples: {
                Published: {
                  ...{ source: "blog", id: "12", offers: ["hut-to-hut"] },
                  locales: [
                    {
                      ...ITEM,
                      shown: {
                        title: "Z chaty na chatu",
                        html: "<p>Ahoj</p>",
                        data: null,
                        terms: ["winter"],
                      },
                      draft: null,
                    },
                  ],
                },
              },
            },
          },
        },
        problems: { 401: ["unauthorized"], 404: ["unknown_content"] },
      },
    },
    "/admin/api/content/{source}/pull": {
      post: {
        id: "pullContent",
        summary: "Read a source whole, now",
        security: ADMIN,
        parameters: [source],
        answers: {
          200: {
            description: "How it went.",
            json: {
              schema: "ContentPulled",
              examples: {
                "It worked": { problem: null, items: 40, changed: 2, unreadable: [] },
                "It did not": { problem: "it answered 503", items: null, changed: 0, unreadable: [] },
              },
            },
          },
        },
        problems: { 401: ["unauthorized"], 404: ["unknown_cms"], 409: ["pull_under_way"] },
      },
    },
  },
};
