/** An offer: one candidate content for a slot. */
import * as z from "zod";
import { WEEKDAYS } from "../taxonomy.ts";
import { conditionSchema } from "./condition.ts";

/** With an offset a moment; without one, a local time of the schedule's time zone. */
const moment = z.union([z.iso.datetime({ offset: true }), z.iso.datetime({ local: true })]);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be like 09:30");

export const scheduleSchema = z.strictObject({
  from: moment.optional(),
  to: moment.optional(),
  /** IANA name, for example `Europe/Bratislava`; its daylight saving holds. */
  timezone: z.string().min(1).max(64).default("UTC"),
  /** Absent: every day. */
  days: z.array(z.enum(WEEKDAYS)).min(1).max(7).optional(),
  /** Each day between these; over midnight where `to` is earlier, and then it belongs to the day on which it begins. */
  hours: z.strictObject({ from: timeOfDay, to: timeOfDay }).optional(),
});
export type Schedule = z.infer<typeof scheduleSchema>;

export const capSchema = z.strictObject({
  count: z.int().min(1).max(1000),
  /** Days and weeks (from Monday) are UTC's. `week` and `lifetime` need `exact`. */
  per: z.enum(["session", "day", "week", "lifetime"]),
  /**
   * Best effort otherwise: counted in the session cookie, which tabs and replays can outrun. Exact caps ask the visitor's
   * Durable Object when the offer would win; where it does not answer in time, the offer loses.
   */
  exact: z.boolean().default(false),
});
export type Cap = z.infer<typeof capSchema>;

export const offerSchema = z.strictObject({
  slot: z.string(),
  audience: conditionSchema.default({}),
  priority: z.int().min(0).max(1000).default(0),
  /** Dotted path of an attribute whose number ranks offers of one priority, for example `topic_affinity.winter`. */
  score: z.string().min(1).max(128).optional(),
  schedule: scheduleSchema.optional(),
  caps: z.array(capSchema).max(4).default([]),
  /** Of the offers in one group, a page shows at most one. */
  exclusionGroup: z.string().max(64).optional(),
  /** Key of the release's `content`, or `cms:<source>/<content id>`. */
  content: z.string(),
  description: z.string().max(500).optional(),
});
export type Offer = z.infer<typeof offerSchema>;
