/** A slot: a named place on a page, always with a fallback. */
import * as z from "zod";

export const slotSchema = z.strictObject({
  kind: z.enum(["html", "json"]).default("html"),
  /** Content shown when no offer wins. `null`: the page's own baseline stays. */
  fallback: z.string().nullable().default(null),
  budgetMs: z.int().min(1).max(1000).default(50),
  /** Share of visitors who always get the fallback, so that the effect of the slot can be measured. */
  holdout: z.number().min(0).max(1).default(0),
});
export type Slot = z.infer<typeof slotSchema>;
