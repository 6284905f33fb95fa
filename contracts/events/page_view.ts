/** A page was shown: once per page, and once per change of URL in a single-page site. */
import * as z from "zod";
import { contentSchema } from "../event.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() => z.object({ content: contentSchema().optional() }));

export const pageView = {
  name: "page_view",
  version: "1.0.0",
  description: "A page was shown to the visitor.",
  get properties() {
    return properties();
  },
  examples: [
    {
      title: "An article",
      properties: {
        content: {
          content_id: "first-winter-on-skis",
          content_type: "article",
          topic: "winter",
          taxonomy: ["winter", "beginners"],
          author: "Ida Berg",
          publish_date: "2026-10-02",
        },
      },
    },
    { title: "A page without content data", properties: {} },
  ],
} satisfies EventContract;
