/** A segment: a condition over features and context, usable for one purpose. */
import * as z from "zod";
import { PURPOSES } from "../taxonomy.ts";
import { conditionSchema } from "./condition.ts";

export const segmentSchema = z.strictObject({
  when: conditionSchema,
  purpose: z.enum(PURPOSES).default("personalization"),
  description: z.string().max(500).optional(),
});
export type Segment = z.infer<typeof segmentSchema>;
