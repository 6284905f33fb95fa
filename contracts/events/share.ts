/** Something was shared. Never with whom. */
import * as z from "zod";
import { contentSchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    method: behavioural(z.string().max(64), "text").optional(),
    product_id: behavioural(z.string().max(128)).optional(),
    content: contentSchema().optional(),
  }),
);

export const share = {
  name: "share",
  version: "1.0.0",
  description: "Something was shared.",
  get properties() {
    return properties();
  },
  examples: [
    {
      title: "An article by link",
      properties: {
        method: "link",
        content: { content_id: "first-winter-on-skis", content_type: "article" },
      },
    },
  ],
} satisfies EventContract;
