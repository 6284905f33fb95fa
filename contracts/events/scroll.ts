/** A depth of the page was reached, once per threshold and page. */
import * as z from "zod";
import { contentSchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    /** Per cent of the page's height, 0 to 100. */
    percent: behavioural(z.number().min(0).max(100)),
    content: contentSchema().optional(),
  }),
);

export const scroll = {
  name: "scroll",
  version: "1.0.0",
  description: "A depth of the page was reached.",
  get properties() {
    return properties();
  },
  examples: [{ title: "Half of an article", properties: { percent: 50 } }],
} satisfies EventContract;
