/** How offers perform: src/slots/performance-routes.ts. */
import * as z from "zod";
import type { OfferPerformance, Performance, SlotPerformance } from "../../../src/slots/performance.ts";
import type { Group } from "../description.ts";
import { ADMIN } from "../security.ts";

const day = z.iso.date();
const numbers = {
  impressions: z.int(),
  clicks: z.int(),
  conversions: z.int().meta({ description: "Goal events in sessions that had seen the offer." }),
  value: z.number().meta({ description: "Sum of their `value`, whatever its currency." }),
};
const share = z.number().nullable();

const offerSchema = z.object({
  offer: z.string(),
  slot: z.string().nullable(),
  in_release: z.boolean(),
  ...numbers,
  ctr: share.meta({ description: "Clicks by impressions; null: there were none." }),
  rate: share.meta({ description: "Conversions by impressions; null: there were none." }),
  lift: z.null().meta({ description: "Against the holdout: not derivable, see `lift_reason`." }),
  lift_reason: z.enum(["no_holdout", "holdout_not_counted"]),
  ranked_by: share.meta({ description: "What its slot ranks it by; null where the slot does not." }),
  days: z.array(z.object({ day, ...numbers })),
}) satisfies z.ZodType<OfferPerformance>;

const slotSchema = z.object({
  slot: z.string(),
  rank_by: z.enum(["none", "clicks", "conversions"]),
  holdout: z.number(),
  impressions: z.int(),
  clicks: z.int(),
  ctr: share,
  misses: z
    .object({ budget: z.int(), error: z.int(), content: z.int() })
    .meta({ description: "Decisions that were not made in time or failed: the baseline showed." }),
}) satisfies z.ZodType<SlotPerformance>;

const performanceSchema = z.object({
  from: day,
  to: day,
  goal: z.string().meta({ description: "The event that counts as a conversion." }),
  offers: z.array(offerSchema),
  slots: z.array(slotSchema),
}) satisfies z.ZodType<Performance & { from: string; to: string }>;

export const performance: Group = {
  tag: "performance",
  description: "How offers perform, and what slots missed: docs/slots.md.",
  requests: {},
  answers: { Performance: performanceSchema },
  paths: {
    "/admin/api/performance": {
      get: {
        id: "getPerformance",
        summary: "How offers perform",
        security: ADMIN,
        parameters: [
          {
            name: "days",
            in: "query",
            description: "So many days back, today included.",
            schema: { type: "integer", minimum: 1, maximum: 90, default: 14 },
          },
        ],
        answers: {
          200: {
            description: "Of each offer its numbers, by day too; of each slot what it missed.",
            json: {
              schema: "Performance",
              examples: {
                "One offer": {
                  from: "2026-11-21",
                  to: "2026-11-22",
                  goal: "purchase",
                  offers: [
                    {
                      offer: "loyal-thanks",
                      slot: "hero",
                      in_release: true,
                      impressions: 400,
                      clicks: 20,
                      conversions: 8,
                      value: 960,
                      ctr: 0.05,
                      rate: 0.02,
                      lift: null,
                      lift_reason: "holdout_not_counted",
                      ranked_by: null,
                      days: [{ day: "2026-11-22", impressions: 400, clicks: 20, conversions: 8, value: 960 }],
                    },
                  ],
                  slots: [
                    {
                      slot: "hero",
                      rank_by: "none",
                      holdout: 0.05,
                      impressions: 400,
                      clicks: 20,
                      ctr: 0.05,
                      misses: { budget: 3, error: 0, content: 0 },
                    },
                  ],
                },
              },
            },
          },
        },
        problems: { 400: ["invalid_days"], 401: ["unauthorized"] },
      },
    },
  },
};
