/** A slot: a named place on a page, always with a fallback. */
import * as z from "zod";

export const slotSchema = z.strictObject({
  /** `message`: shown over the page, as a banner or a modal, by the script for cached pages. */
  kind: z.enum(["html", "json", "message"]).default("html"),
  /** Content shown when no offer wins. `null`: the page's own baseline stays. */
  fallback: z.string().nullable().default(null),
  budgetMs: z.int().min(1).max(1000).default(50),
  /** Share of visitors who always get the fallback, so that the effect of the slot can be measured. */
  holdout: z.number().min(0).max(1).default(0),
  /** What ranks offers of one priority and score: nothing (by key), or how they have performed lately. */
  rankBy: z.enum(["none", "clicks", "conversions"]).default("none"),
  /** Height in CSS pixels that the element keeps until it is filled on a cached page, so that nothing jumps. */
  minHeight: z.int().min(0).max(4000).optional(),
  description: z.string().max(500).optional(),
});
export type Slot = z.infer<typeof slotSchema>;

/** What holds for all slots together. */
export const decisioningSchema = z.strictObject({
  /** Share of visitors who get no offer in any slot. */
  holdout: z.number().min(0).max(1).default(0),
  /** The event that counts as a conversion of the offers that were seen before it in the session. */
  goal: z.string().min(1).max(64).default("purchase"),
});
