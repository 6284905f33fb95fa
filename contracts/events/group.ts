/** A person belongs to an account: a company, a household, a team. Its name comes as the trait `company`. */
import * as z from "zod";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    group_id: behavioural(z.string().min(1).max(128), "text"),
    /** What kind of account it is: `company`, `household`, `team`. */
    group_type: behavioural(z.string().max(64), "text").optional(),
    industry: behavioural(z.string().max(128), "text").optional(),
    employees: behavioural(z.int().min(0).max(1e8)).optional(),
    plan: behavioural(z.string().max(64), "text").optional(),
  }),
);

export const group = {
  name: "group",
  version: "1.0.0",
  description: "A person belongs to an account.",
  get properties() {
    return properties();
  },
  examples: [
    {
      title: "A company",
      properties: { group_id: "berg-co", group_type: "company", employees: 40 },
      traits: { company: "Berg & Co." },
    },
  ],
} satisfies EventContract;
