/** A person asked to be contacted, in whatever way. A form that was sent is `form_submit` as well. */
import * as z from "zod";
import { amountSchema } from "../commerce.ts";
import { contentSchema, currencySchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    /** What a lead is worth to the company. */
    value: amountSchema().optional(),
    currency: currencySchema().optional(),
    /** Where it was made: a fair, a call, a chat. */
    lead_source: behavioural(z.string().max(128), "text").optional(),
    form_id: behavioural(z.string().max(128)).optional(),
    content: contentSchema().optional(),
  }),
);

export const generateLead = {
  name: "generate_lead",
  version: "1.0.0",
  description: "A person asked to be contacted.",
  get properties() {
    return properties();
  },
  examples: [
    {
      title: "At a fair",
      properties: { lead_source: "ISPO 2026", value: 50, currency: "EUR" },
      traits: { email: "ida@example.com", company: "Berg & Co." },
    },
  ],
} satisfies EventContract;
