/**
 * What a release makes of a profile besides its segments: its lifecycle stage and its engagement score. Both are told to
 * destinations that ask for changes of profiles (`changes` of a destination). Computed by src/segments/lifecycle.ts.
 */
import * as z from "zod";
import { LIFECYCLE_STAGES, PURPOSES } from "../taxonomy.ts";
import { conditionSchema } from "./condition.ts";

export const profileSchema = z.strictObject({
  /** Which of the features' values count, as with a segment: those folded from events that granted this purpose. */
  purpose: z.enum(PURPOSES).default("marketing"),
  /** The stage is the furthest whose condition holds, over what a segment's condition sees; it never moves back. */
  stages: z.partialRecord(z.enum(LIFECYCLE_STAGES), conditionSchema).default({}),
  /** Engagement: the sum of points, between 0 and `max`, rounded to `step` so that a CRM is not told of every page view. */
  score: z
    .strictObject({
      /** Feature → points for each unit of its value; what is no number counts 1 where it has a value. */
      points: z.record(z.string(), z.number()),
      max: z.number().positive().default(100),
      step: z.number().positive().default(5),
    })
    .optional(),
});
export type ProfileDefinition = z.infer<typeof profileSchema>;
