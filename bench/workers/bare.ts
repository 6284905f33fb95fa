/**
 * The baseline: the least that a Hono Worker must do to take in a JSON body and say 202, or to answer with one KV value.
 * It checks nothing, decides nothing and knows nobody.
 */
import { Hono } from "hono";
import { kv } from "./stand-ins.ts";

const app = new Hono();

app.post("/events", async (c) => {
  const body = await c.req.json<{ events: unknown[] }>();
  return c.json({ accepted: body.events.length }, 202);
});

app.get("/slots/:slot", async (c) => {
  const value = await kv.get(`edge:${c.req.param("slot")}`);
  return c.body(String(value), 200, { "content-type": "application/json" });
});

app.get("/health", (c) => c.json({ status: "alive" }));

export default app;
