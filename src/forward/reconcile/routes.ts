/** Reconciliation in the admin API: each day's account of what was accepted, and what is missing in it. */
import { Hono } from "hono";
import type { Clock } from "#core/clock";
import { Problem } from "#core/problem";
import type { Actor } from "#privacy/actor";
import { beginReconciliation, isDay, listReconciliations } from "./store.ts";

export interface ReconcileRoutesContext {
  db: D1Database;
  clock: Clock;
}

const DAYS = 35;

/** The routes, to be mounted under `/admin/api`. */
export function reconcileRoutes({
  db,
  clock,
}: ReconcileRoutesContext): Hono<{ Variables: { actor: Actor; created: string } }> {
  const app = new Hono<{ Variables: { actor: Actor; created: string } }>();

  app.get("/reconciliation", async (c) => {
    const days = await listReconciliations(db, DAYS);
    return c.json({
      days: days.map(({ at, cursor, told, ...day }) => ({ ...day, at: new Date(at).toISOString() })),
    });
  });

  app.post("/reconciliation/:day", async (c) => {
    const day = c.req.param("day");
    if (!isDay(day) || Date.parse(day) > clock())
      throw new Problem(400, "invalid_day", "The day must be a past one, or today's, as YYYY-MM-DD in UTC.");
    await beginReconciliation(db, day, clock());
    return c.json({ day, state: "running" }, 202);
  });

  return app;
}
