/** A feature: an aggregate over the events of one profile. */
import * as z from "zod";

export const AGGREGATES = ["count", "sum", "last", "first", "distinct", "top"] as const;

export const featureSchema = z
  .strictObject({
    event: z.string().min(1),
    agg: z.enum(AGGREGATES),
    /** Dotted path into the event's properties, for example `content.topic`. */
    field: z.string().max(128).optional(),
    /** `30d` for days, or `lifetime`. */
    window: z
      .string()
      .regex(/^([1-9]\d{0,2}d|lifetime)$/, "must be days such as 30d, or lifetime")
      .default("lifetime"),
  })
  .refine((f) => f.agg === "count" || f.field !== undefined, "every aggregate but count needs a field");

export type Feature = z.infer<typeof featureSchema>;
