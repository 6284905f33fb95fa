/** The HTTP edge of slots: `GET /slots/:slot` and `POST /slots`. Mounted by app.ts, which wires the dependencies. */
import { type Context, Hono } from "hono";
import { Problem } from "#core/problem";
import { readJson } from "#door/body";
import type { RequestContext } from "#door/context";
import { type SlotDeps, serveSlot, serveSlots } from "./serve.ts";

export interface SlotRoutesDeps {
  context(c: Context): Promise<RequestContext>;
  deps(c: Context): SlotDeps;
  /** Whether this caller may know why offers lost: an operator, or local development. */
  explainAllowed(c: Context): boolean | Promise<boolean>;
}

const MAX_SLOTS = 50;

/** The routes of the slots path. */
export function slotsRoutes({ context, deps, explainAllowed }: SlotRoutesDeps): Hono {
  const routes = new Hono();
  routes.get("/slots/:slot", async (c) => {
    const explain = c.req.query("explain") !== undefined && (await explainAllowed(c));
    const asked = { slot: c.req.param("slot"), accept: c.req.header("accept") ?? null, explain };
    return serveSlot(await context(c), asked, deps(c));
  });
  routes.post("/slots", async (c) => {
    const body = await readBody(c.req.raw);
    const explain = body.explain && (await explainAllowed(c));
    return serveSlots(await context(c), { slots: body.slots, explain }, deps(c));
  });
  return routes;
}

/** `{"slots": ["hero", …], "explain"?: true}`. Throws a Problem (400, 413, 415) that says what is wrong. */
async function readBody(request: Request): Promise<{ slots: string[]; explain: boolean }> {
  const body = await readJson(request);
  const { slots, explain } =
    typeof body === "object" && body !== null ? (body as Partial<Record<string, unknown>>) : {};
  if (!Array.isArray(slots) || slots.length === 0 || slots.length > MAX_SLOTS || !slots.every(isText)) {
    throw new Problem(400, "invalid_slots", `"slots" must be a list of 1 to ${MAX_SLOTS} names of slots.`);
  }
  return { slots, explain: explain === true };
}

const isText = (value: unknown): value is string => typeof value === "string";
