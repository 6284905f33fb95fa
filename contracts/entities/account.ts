/** A company, a household or a team that persons belong to; `group` events say who does. */
import * as z from "zod";
import { traitsSchema } from "../event.ts";
import { group } from "../events/group.ts";
import { behavioural } from "../fields.ts";
import { LIFECYCLE_STAGES } from "../taxonomy.ts";
import type { EntityContract } from "./contract.ts";

export const account = {
  name: "account",
  version: "1.0.0",
  description: "A company, a household or a team that persons belong to.",
  fields: group.properties.extend({
    /** Personal as the trait is: a company may be one person. */
    name: traitsSchema().shape.company,
    lifecycle_stage: behavioural(z.enum(LIFECYCLE_STAGES)).optional(),
  }),
  examples: [
    {
      title: "A company",
      value: { group_id: "berg-co", group_type: "company", name: "Berg & Co.", lifecycle_stage: "sql" },
    },
  ],
} satisfies EntityContract;
