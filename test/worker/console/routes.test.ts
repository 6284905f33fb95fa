/** The operator's API in workerd, with the real ring, R2, KV and D1. */

import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { eventIdOf } from "#collect/event-id";
import type { AccessVariables } from "#console/access/session";
import { type ConsoleDeps, consoleApi } from "#console/routes";
import type { Receipt } from "#contracts/messages/receipt";
import { Problem } from "#core/problem";
import { itemIdOf } from "#forward/item-id";
import { compactLake } from "#lake/compact";
import { land, showLive } from "#lake/receipts";
import { keyring } from "#privacy/keys";
import { IDENTITY } from "../ingest/envelopes.ts";

const NOW = Date.parse("2026-11-22T10:30:00Z");
const HOUR = 3_600_000;
const TOKEN = "Bearer admin_test";

const queue = (metrics: Queue["metrics"]) => ({ metrics });
const deps = (): ConsoleDeps => ({
  adminToken: "admin_test",
  now: () => NOW,
  liveTail: env.LIVE_TAIL,
  lake: env.LAKE,
  db: env.IDENTITY_0,
  identity: IDENTITY,
  kv: env.EDGE,
  keys: () => keyring("test-master-secret-0123456789abcdef"),
  queues: {
    events: queue(async () => ({
      backlogCount: 3,
      backlogBytes: 900,
      oldestMessageTimestamp: new Date(NOW),
    })),
    crm: queue(async () => {
      throw new Error("metrics are not available");
    }),
  },
  forward: new Hono<{ Variables: Pick<AccessVariables, "actor" | "created"> }>().get("/destinations", (c) =>
    c.json({ destinations: [] }),
  ),
});

const app = new Hono()
  .route("/admin/api", consoleApi(deps()))
  .onError((error) =>
    error instanceof Problem ? error.toResponse() : new Response(error.message, { status: 500 }),
  );

async function ask(path: string, init: RequestInit = {}) {
  const answer = await app.request(`/admin/api${path}`, { ...init, headers: { authorization: TOKEN } });
  expect(answer.headers.get("cache-control")).toBe("no-store");
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }; // every answer is an object
}

const door = (eventId: string, at: number): Receipt => ({
  stage: "door",
  eventId,
  at,
  name: "page_view",
  source: "web",
  outcome: "accepted",
});
const delivered = (eventId: string, at: number): Receipt => ({
  stage: "delivery",
  eventId,
  at,
  destination: "ga4",
  itemId: `${eventId}-ga4`,
  attempt: 1,
  outcome: "delivered",
});

describe("who may ask", () => {
  it.each(["/live", "/trace/x", "/releases", "/releases/active", "/health", "/destinations", "/nothing"])(
    "nobody without the token: %s",
    async (path) => {
      const answer = await app.request(`/admin/api${path}`);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("cache-control")).toBe("no-store");
    },
  );
});

describe("GET /live", () => {
  it("lists events and slot decisions, newest first, each with its receipts", async () => {
    const slot: Receipt = {
      stage: "slot",
      eventId: "d1",
      at: NOW + 50,
      slot: "hero",
      release: 1,
      outcome: "offer",
      offer: "thanks",
      segments: ["loyal"],
      losers: [{ offer: "sale", reason: "capped" }],
    };
    await showLive(env.LIVE_TAIL, [door("l1", NOW), slot, door("l2", NOW + 20), delivered("l1", NOW + 100)]);
    const { status, body } = await ask("/live?limit=3");
    expect(status).toBe(200);
    expect(body.events).toMatchObject([
      {
        event_id: "l1",
        name: "page_view",
        source: "web",
        at: new Date(NOW + 100).toISOString(),
        outcome: "accepted",
      },
      {
        event_id: "d1",
        kind: "slot",
        slot: "hero",
        offer: "thanks",
        segments: ["loyal"],
        losers: slot.losers,
      },
      { event_id: "l2", receipts: [{ stage: "door" }] },
    ]);
  });

  it("gives no more than was asked for", async () => {
    await showLive(env.LIVE_TAIL, [door("m1", NOW), door("m2", NOW)]);
    expect((await ask("/live?limit=1")).body.events).toHaveLength(1);
  });

  it.each(["0", "501", "-1", "1.5", "ten", "", "1e2", "99999999999999"])(
    "refuses the limit %j",
    async (limit) => {
      expect(await ask(`/live?limit=${limit}`)).toMatchObject({
        status: 400,
        body: { code: "invalid_limit" },
      });
    },
  );
});

describe("GET /trace/:event_id", () => {
  it("gives the receipts of the ring and what they say", async () => {
    await showLive(env.LIVE_TAIL, [door("t1", NOW), delivered("t1", NOW + 1)]);
    const { status, body } = await ask("/trace/t1");
    expect(status).toBe(200);
    expect(body).toMatchObject({ event_id: "t1", receipts: [{ stage: "door" }, { stage: "delivery" }] });
    expect(body.explained).toEqual([
      "The door accepted `page_view` from `web`.",
      "`ga4` took it at attempt 1.",
      "It was received by `ga4`, and by no other destination.",
    ]);
  });

  it("says where else to look for an event that the ring does not have", async () => {
    const { status, body } = await ask("/trace/gone");
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: "unknown_event" });
    expect(body.detail).toContain("?at=<ISO time>");
  });

  it("takes an id with any characters", async () => {
    const sent = 'a/b?c#d "é"';
    const kept = await eventIdOf(await keyring(env.MASTER_SECRET ?? ""), sent);
    await showLive(env.LIVE_TAIL, [door(kept, NOW)]);
    for (const id of [sent, kept])
      expect((await ask(`/trace/${encodeURIComponent(id)}`)).body.event_id).toBe(kept);
  });

  it.each(["yesterday", "2026-11-22", "", "2026-13-40T00:00:00Z"])("refuses the time %j", async (at) => {
    expect(await ask(`/trace/t1?at=${at}`)).toMatchObject({ status: 400, body: { code: "invalid_at" } });
  });
});

describe("a trace from R2", () => {
  it("finds receipts of the hour and of those beside it, among other lines", async () => {
    const old = NOW - 48 * HOUR;
    const line = { type: "event", id: "r1", properties: { text: 'stage "r1"' } };
    await land(env.LAKE, "events", "b1", old, [line, door("r0", old), door("r1", old)]);
    await land(env.LAKE, "deliveries", "b2", old + HOUR, [delivered("r1", old + HOUR)]);
    await land(env.LAKE, "deliveries", "b3", old + 3 * HOUR, [delivered("r1", old + 3 * HOUR)]);
    const { status, body } = await ask(`/trace/r1?at=${new Date(old).toISOString()}`);
    expect(status).toBe(200);
    expect(body.receipts).toEqual([door("r1", old), delivered("r1", old + HOUR)]);
    expect(body.searched).toEqual({
      from: new Date(old - HOUR).toISOString(),
      to: new Date(old + HOUR).toISOString(),
      objects: 2,
      truncated: false,
    });
    expect(body.found_in).toEqual(["lake"]);
  });

  it("searches the last day where the ring has nothing, and other spans on demand, in what was compacted too", async () => {
    const old = NOW - 20 * HOUR;
    await land(env.LAKE, "events", "c1", old, [door("c1", old)]);
    const deps = { bucket: env.LAKE, suppressedAmong: async () => new Set<string>(), itemIdOf };
    await compactLake(deps, NOW);
    await land(env.LAKE, "deliveries", "c2", old + 2 * HOUR, [delivered("c1", old + 2 * HOUR)]);
    const { body } = await ask("/trace/c1");
    expect(body.receipts).toEqual([door("c1", old), delivered("c1", old + 2 * HOUR)]);
    expect(body.searched).toMatchObject({ from: new Date(NOW - 24 * HOUR).toISOString(), truncated: false });
    const span = (from: number, to: number) =>
      `?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
    expect((await ask(`/trace/c1${span(old, old + HOUR)}`)).body.receipts).toEqual([door("c1", old)]);
    expect((await ask(`/trace/c1${span(old + 3 * HOUR, NOW)}`)).body.code).toBe("unknown_event");
    for (const wrong of [span(NOW, old), span(NOW - 170 * HOUR, NOW), "?from=noon"])
      expect((await ask(`/trace/c1${wrong}`)).body.code).toBe("invalid_at");
  });

  it("joins them with what the ring has, each once", async () => {
    await land(env.LAKE, "events", "j1", NOW, [door("j1", NOW)]);
    await showLive(env.LIVE_TAIL, [door("j1", NOW), delivered("j1", NOW + 5)]);
    const { body } = await ask("/trace/j1?at=2026-11-22T10:00:00");
    expect(body.receipts).toEqual([door("j1", NOW), delivered("j1", NOW + 5)]);
  });

  it("survives lines that are none", async () => {
    const at = NOW - 96 * HOUR;
    const hour = new Date(at).toISOString();
    const key = `landing/events/${hour.slice(0, 10)}/${hour.slice(11, 13)}/x.ndjson`;
    await env.LAKE.put(
      key,
      `{"stage":"door","eventId":"s1"\n"s1"\nnull\n${JSON.stringify(door("s1", at))}\n`,
    );
    expect((await ask(`/trace/s1?at=${hour}`)).body.receipts).toEqual([door("s1", at)]);
  });

  it("reads no more objects than its bound, and says so", async () => {
    const at = NOW - 200 * HOUR;
    await Promise.all(
      Array.from({ length: 205 }, (_, i) => land(env.LAKE, "events", `n${i}`, at, [door(`n${i}`, at)])),
    );
    const { status, body } = await ask(`/trace/nowhere?at=${new Date(at).toISOString()}`);
    expect(status).toBe(404);
    expect(body.detail).toContain("the 200 files of the lake");
    expect(body.detail).toContain("more than are searched");
  });
});

describe("GET /health", () => {
  it("says how long each queue is; one that cannot say harms only itself", async () => {
    const { body } = await ask("/health");
    expect(body.queues).toEqual({
      events: { messages: 3, bytes: 900, oldest_at: "2026-11-22T10:30:00.000Z" },
      crm: { error: "metrics are not available" },
    });
    expect(body.release).toEqual({ version: expect.any(Number) });
  });
});

it("mounts the sub-apps that it is given, behind the token", async () => {
  expect((await ask("/destinations")).body).toEqual({ destinations: [] });
});
