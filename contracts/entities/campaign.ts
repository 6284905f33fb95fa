/** A campaign: what an event's `context.utm` says of it, and where it ran. */
import * as z from "zod";
import { contextSchema } from "../event.ts";
import { behavioural, technical } from "../fields.ts";
import { ACQUISITION_SOURCES } from "../taxonomy.ts";
import type { EntityContract } from "./contract.ts";

export const campaign = {
  name: "campaign",
  version: "1.0.0",
  description: "An effort to bring visitors, as its links name it.",
  fields: z.object({
    ...contextSchema().shape.utm.unwrap().shape,
    acquisition_source: behavioural(z.enum(ACQUISITION_SOURCES)).optional(),
    starts_at: technical(z.iso.datetime({ offset: true })).optional(),
    ends_at: technical(z.iso.datetime({ offset: true })).optional(),
  }),
  examples: [
    {
      title: "A winter sale by newsletter",
      value: { source: "newsletter", medium: "email", campaign: "winter-sale", acquisition_source: "email" },
    },
  ],
} satisfies EntityContract;
