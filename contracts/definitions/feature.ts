/**
 * A feature: a value that is known of a profile, by name. Most are aggregates over its events; the others are made of
 * such aggregates. Conditions of segments, audiences and stages ask about features by their names.
 */
import * as z from "zod";
import { conditionSchema } from "./condition.ts";

export const AGGREGATES = [
  "count",
  "sum",
  "min",
  "max",
  "first",
  "last",
  "distinct",
  "top",
  "recency",
] as const;

/** Hours are counted back from now, days are calendar days in UTC, today included. */
const windowSchema = z
  .string()
  .regex(
    /^([1-9]\d{0,2}d|(?:[1-9]\d?|1[0-5]\d|16[0-8])h|session|lifetime)$/,
    "must be days such as 30d, hours up to 168h, session, or lifetime",
  )
  .default("lifetime");

const eventName = z.string().min(1).max(64);
const name = z.string().min(1).max(64);

export const aggregateSchema = z
  .strictObject({
    event: eventName,
    agg: z.enum(AGGREGATES),
    /** Dotted path into the event's properties, for example `content.topic`. */
    field: z.string().max(128).optional(),
    /** Only events whose properties meet this condition count; paths as in `field`. */
    where: conditionSchema.optional(),
    window: windowSchema,
  })
  .refine(
    (f) => f.agg === "count" || f.agg === "recency" || f.field !== undefined,
    "every aggregate but count and recency needs a field",
  );

/** `30m`, `3h`, `2d`. */
export const DURATION = /^(?:[1-9]\d?m|(?:[1-9]\d?|1[0-5]\d|16[0-8])h|[1-9]\d?d)$/;

/**
 * Steps in this order: true while the newest chain holds. `{absent: true}` as the last step: nothing of the kind came
 * within `within` after the step before it ("added to cart, no purchase for 3 hours"), nor later: what comes at last ends it.
 */
export const sequenceSchema = z.strictObject({
  sequence: z
    .array(
      z.strictObject({
        event: eventName,
        where: conditionSchema.optional(),
        /** At most this long after the step before; the first step has none. */
        within: z.string().regex(DURATION, "must be like 30m, 3h or 2d").optional(),
        absent: z.boolean().default(false),
      }),
    )
    .min(2)
    .max(5),
  window: windowSchema,
});

/**
 * A recent aggregate beside an older one of the same kind, each by day: 0.5 is half of the person's own average. Both
 * features are counts or sums over days.
 */
export const ratioSchema = z.strictObject({ ratio: z.strictObject({ of: name, to: name }) });

/** The share of each value of a `top` feature, `{winter: 0.7, sailing: 0.3}`: asked about as `<feature>.winter`. */
export const affinitySchema = z.strictObject({
  affinity: z.strictObject({
    of: name,
    /** A day's weight is halved after so many days; absent: all days of the window weigh the same. */
    halfLifeDays: z.int().min(1).max(365).optional(),
  }),
});

/**
 * Quantiles among all who bought, 1 (least) to 5 (best): `<feature>.recency`, `.frequency`, `.monetary`, and `.code` such
 * as "543". The cuts between them are drawn anew each night from all profiles.
 */
export const rfmSchema = z.strictObject({
  rfm: z.strictObject({ recency: name, frequency: name, monetary: name }),
});

/** A sum of points between 0 and `max`, rounded to `step`. */
export const scoreSchema = z.strictObject({
  score: z.strictObject({
    /** Feature → points for each unit of its value; what is no number counts 1 where it has a value. */
    points: z.record(name, z.number()),
    max: z.number().positive().default(100),
    step: z.number().positive().default(1),
  }),
});

export const featureSchema = z.union([
  aggregateSchema,
  sequenceSchema,
  ratioSchema,
  affinitySchema,
  rfmSchema,
  scoreSchema,
]);

export type Aggregate = z.infer<typeof aggregateSchema>;
export type Sequence = z.infer<typeof sequenceSchema>;
export type Feature = z.infer<typeof featureSchema>;
