/** Content as the CMS has it: what `content` in events, on pages and in slots names by `content_id`. */
import * as z from "zod";
import { contentSchema } from "../event.ts";
import { behavioural, technical } from "../fields.ts";
import { CONTENT_CATEGORIES } from "../taxonomy.ts";
import type { EntityContract } from "./contract.ts";

export const content = {
  name: "content",
  version: "1.0.0",
  description: "Something that a page or a slot shows.",
  fields: contentSchema().extend({
    category: behavioural(z.enum(CONTENT_CATEGORIES)).optional(),
    title: behavioural(z.string().max(512), "text").optional(),
    url: behavioural(z.string().max(4096), "url").optional(),
    locale: technical(z.string().max(35)).optional(),
  }),
  examples: [
    {
      title: "An article",
      value: {
        content_id: "first-winter-on-skis",
        content_type: "article",
        category: "guide",
        topic: "winter",
        title: "A first winter on skis",
        author: "Ida Berg",
        publish_date: "2026-10-02",
        locale: "en-GB",
      },
    },
  ],
} satisfies EntityContract;
