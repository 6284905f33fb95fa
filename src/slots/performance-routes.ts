/** How offers perform, in the operator's API. Mounted by src/operator.ts, behind src/console/access/guard.ts. */
import { Hono } from "hono";
import { dayOf } from "#consent/counts/days";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { type Clock, DAY_MS } from "#core/clock";
import { Problem } from "#core/problem";
import type { Actor } from "#privacy/actor";
import { readMisses } from "./misses.ts";
import { readOfferCounts } from "./offer-counts.ts";
import { performanceOf } from "./performance.ts";

export interface PerformanceRoutesContext {
  db: D1Database;
  document(): Promise<ReleaseDocument>;
  clock: Clock;
}

const DAYS_SHOWN = 14;
const MAX_DAYS = 90;

/** The routes, below `/admin/api`. */
export function performanceRoutes({
  db,
  document,
  clock,
}: PerformanceRoutesContext): Hono<{ Variables: { actor: Actor; created: string } }> {
  const app = new Hono<{ Variables: { actor: Actor; created: string } }>();
  app.get("/performance", async (c) => {
    const days = readDays(c.req.query("days"));
    const to = dayOf(clock());
    const from = dayOf(clock() - (days - 1) * DAY_MS);
    const [release, rows, misses] = await Promise.all([
      document(),
      readOfferCounts(db, from, to),
      readMisses(db, from, to),
    ]);
    return c.json({ from, to, ...performanceOf(release, rows, misses) });
  });
  return app;
}

function readDays(text: string | undefined): number {
  if (text === undefined) return DAYS_SHOWN;
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= MAX_DAYS) return days;
  throw new Problem(400, "invalid_days", `\`days\` must be a whole number from 1 to ${MAX_DAYS}.`);
}
