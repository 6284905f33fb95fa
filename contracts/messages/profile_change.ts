/**
 * A change of a profile, as it goes to a destination: the `properties` of a delivery item's event that is called
 * `profile_change`. It says the state that holds now of what has changed; values of traits travel sealed with the item.
 * Each part says all that a destination has to know of it, so that of two changes the later one's parts are enough.
 * Made by src/ingest/changes/, mapped by the destinations.
 */
import * as z from "zod";
import { LIFECYCLE_STAGES } from "../taxonomy.ts";

/** The name of the event. No contract has it: nobody can send it from outside. */
export const PROFILE_CHANGE = "profile_change";

export const profileChangeSchema = z.object({
  /**
   * Rises with each change of this profile that this destination is told of: what is older than what came is stale. Epoch
   * ms from which it was to be told, or more, so that it also rises where profiles are merged and split.
   */
  version: z.int().min(1),
  /** What is new: `segments`, `stage`, `score`, `traits.<name>`. */
  changed: z.array(z.string()),
  segments: z
    .object({
      entered: z.array(z.string()),
      left: z.array(z.string()),
      /** Those that the profile is in, of those that are watched. */
      all: z.array(z.string()),
      /** Those that were told once, and that it is not in now. */
      out: z.array(z.string()).default([]),
    })
    .optional(),
  stage: z.object({ from: z.enum(LIFECYCLE_STAGES).nullable(), to: z.enum(LIFECYCLE_STAGES) }).optional(),
  score: z.object({ from: z.number().nullable(), to: z.number() }).optional(),
});
export type ProfileChange = z.infer<typeof profileChangeSchema>;
