/**
 * The baseline: the least that a Hono Worker must do to take in what a client sends and give the answer that the client
 * expects, or to answer with one KV value. It reads a JSON body as JSON, a query as its parameters, and a body of lines
 * as the parameters of each. It checks nothing, decides nothing, keeps nothing and knows nobody.
 */
import { Hono } from "hono";
import { kv } from "./stand-ins.ts";

/** A transparent pixel. */
const GIF = Uint8Array.from(atob("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"), (c) =>
  c.charCodeAt(0),
);

const app = new Hono();

app.post("/events", async (c) => {
  const body = await c.req.json<{ events: unknown[] }>();
  return c.json({ accepted: body.events.length }, 202);
});

// Segment's calls, and those of the clients that speak alike.
for (const path of ["/v1/t", "/v1/track", "/api/s/track"]) {
  app.post(path, async (c) => {
    const call = await c.req.json<{ type: string }>();
    return c.json({ ok: call.type !== "", success: true });
  });
}

app.post("/beacon/v1/batch", async (c) => {
  const { writeKey } = c.req.query();
  const body = await c.req.json<{ batch: unknown[] }>();
  return c.text(writeKey && body.batch.length > 0 ? "OK" : "");
});

app.post("/com.snowplowanalytics.snowplow/tp2", async (c) => {
  const body = await c.req.json<{ data: unknown[] }>();
  return c.text(body.data.length > 0 ? "ok" : "");
});

app.get("/i", (c) => {
  const payload = c.req.query();
  return c.body(payload.e === undefined ? "" : GIF, 200, { "content-type": "image/gif" });
});

app.post("/g/collect", async (c) => {
  const shared = c.req.query();
  const lines = (await c.req.text()).split("\n").map((line) => new URLSearchParams(line));
  return c.body(null, lines.length > 0 && shared.v ? 204 : 400);
});

app.post("/mp/collect", async (c) => {
  const { api_secret } = c.req.query();
  const body = await c.req.json<{ events: unknown[] }>();
  return c.body(null, api_secret && body.events.length > 0 ? 204 : 400);
});

app.get("/slots/:slot", async (c) => {
  const value = await kv.get(`edge:${c.req.param("slot")}`);
  return c.body(String(value), 200, { "content-type": "application/json" });
});

app.get("/health", (c) => c.json({ status: "alive" }));

export default app;
