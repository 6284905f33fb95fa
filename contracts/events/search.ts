/** A visitor searched the site. What was typed is free text: addresses in it are taken out. */
import * as z from "zod";
import { contentSchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    search_term: behavioural(z.string().max(256), "text"),
    /** How many were found. */
    results: behavioural(z.int().min(0).max(1e9)).optional(),
    content: contentSchema().optional(),
  }),
);

export const search = {
  name: "search",
  version: "1.0.0",
  description: "A visitor searched the site.",
  get properties() {
    return properties();
  },
  examples: [{ title: "For gloves", properties: { search_term: "gloves", results: 12 } }],
} satisfies EventContract;
