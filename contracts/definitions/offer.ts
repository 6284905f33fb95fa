/** An offer: one candidate content for a slot. */
import * as z from "zod";
import { conditionSchema } from "./condition.ts";

export const offerSchema = z.strictObject({
  slot: z.string(),
  audience: conditionSchema.default({}),
  priority: z.int().min(0).max(1000).default(0),
  schedule: z
    .strictObject({
      from: z.iso.datetime({ offset: true }).optional(),
      to: z.iso.datetime({ offset: true }).optional(),
    })
    .optional(),
  /** At most `count` impressions per session or per day (UTC); best effort, counted in the session cookie. */
  caps: z
    .array(z.strictObject({ count: z.int().min(1), per: z.enum(["session", "day"]) }))
    .max(4)
    .default([]),
  /** Of the offers in one group, a page shows at most one. */
  exclusionGroup: z.string().optional(),
  content: z.string(),
});
export type Offer = z.infer<typeof offerSchema>;
