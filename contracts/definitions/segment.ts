/**
 * A segment: a condition over features, lists and other segments, usable for one purpose. Attributes besides features:
 * `identity_state`, `lifecycle_stage`, `lists` (imported lists that the person is on), `segments` (others; no cycles).
 */
import * as z from "zod";
import { PURPOSES } from "../taxonomy.ts";
import { conditionSchema } from "./condition.ts";

export const segmentSchema = z.strictObject({
  when: conditionSchema,
  purpose: z.enum(PURPOSES).default("personalization"),
  description: z.string().max(500).optional(),
});
export type Segment = z.infer<typeof segmentSchema>;

/** A list of identifiers that is imported (`POST /admin/api/lists/:name`), not computed. */
export const listSchema = z.strictObject({ description: z.string().max(500).optional() });
