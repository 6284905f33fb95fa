/** A person as the company knows them: what a profile's golden record says, in the words of the CRM. */
import * as z from "zod";
import { traitsSchema } from "../event.ts";
import { group } from "../events/group.ts";
import { behavioural, technical } from "../fields.ts";
import { ACQUISITION_SOURCES, IDENTITY_STATES, LIFECYCLE_STAGES } from "../taxonomy.ts";
import type { EntityContract } from "./contract.ts";

export const customer = {
  name: "customer",
  version: "1.0.0",
  description: "A person who buys, or may.",
  fields: traitsSchema().extend({
    identity_state: technical(z.enum(IDENTITY_STATES)),
    lifecycle_stage: behavioural(z.enum(LIFECYCLE_STAGES)).optional(),
    acquisition_source: behavioural(z.enum(ACQUISITION_SOURCES)).optional(),
    /** The account that the person belongs to. */
    group_id: group.properties.shape.group_id.optional(),
    first_seen_at: technical(z.iso.datetime({ offset: true })).optional(),
  }),
  examples: [
    {
      title: "A lead that marketing has qualified",
      value: {
        email: "ida@example.com",
        first_name: "Ida",
        company: "Berg & Co.",
        identity_state: "pseudonymous",
        lifecycle_stage: "mql",
        acquisition_source: "organic_search",
        group_id: "berg-co",
      },
    },
  ],
} satisfies EntityContract;
