/** Delivery in the admin API, and the dead-letter queues' consumer. */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { Problem } from "#core/problem";
import { consumeDeadLetters } from "#forward/dead-letters";
import { forwardRoutes } from "#forward/routes";
import { insertFailures, listFailures, putDeadItem, putParked, readDeadItem } from "#forward/store";
import { type Actor, SYSTEM } from "#privacy/actor";
import { itemOf, keepingQueue, keysUnder, NOW, release, webhookTo } from "./delivery.ts";

const failureOf = (itemId: string, at = NOW) => ({
  itemId,
  destination: "hook",
  eventId: `evt-${itemId}`,
  code: "http_400",
  detail: null,
  attempt: 3,
  at,
});

function api(actor: Actor = SYSTEM) {
  const crm = keepingQueue();
  const routes = forwardRoutes({
    db: env.IDENTITY_0,
    bucket: env.LAKE,
    queues: { crm, analytics: keepingQueue() },
    destinations: env.DESTINATION,
    document: async () => release({ hook: webhookTo() }),
    clock: () => NOW,
    newId: () => "new",
  });
  const app = new Hono<{ Variables: { actor: Actor; created: string } }>()
    .use(async (c, next) => {
      c.set("actor", actor);
      await next();
    })
    .route("/", routes);
  app.onError((error) => {
    if (error instanceof Problem) return error.toResponse();
    throw error;
  });
  const call = async (method: string, path: string) => {
    const response = await app.request(path, { method });
    return { status: response.status, body: await response.json() };
  };
  return { call, crm };
}

describe("the admin API", () => {
  it("lists destinations with their state, what is parked and what failed last", async () => {
    await insertFailures(env.IDENTITY_0, [failureOf("listed")]);
    await putParked(env.LAKE, "hook", { code: "paused", items: [itemOf("a"), itemOf("b")] }, NOW, "x");
    const { status, body } = await api().call("GET", "/destinations");
    expect(status).toBe(200);
    expect(body).toEqual({
      destinations: [
        {
          key: "hook",
          type: "webhook",
          title: "Signed webhook",
          queue: "crm",
          purposes: ["marketing"],
          events: [],
          enabled: true,
          erasure: expect.stringMatching(/signed message of the type `erasure`/),
          status: { paused: false, circuit: "closed" },
          parked: { items: 2, more: false },
          lastFailures: [failureOf("listed")],
        },
      ],
    });
    expect(JSON.stringify(body)).not.toContain("secret");
  });

  it("shows no failure of other sources to whoever may see some: it does not say of which it is", async () => {
    await insertFailures(env.IDENTITY_0, [failureOf("of-app")]);
    const shown = async (actor?: Actor) => {
      const { body } = await api(actor).call("GET", "/destinations");
      return (body as { destinations: { lastFailures: unknown[] }[] }).destinations[0]?.lastFailures.length;
    };
    expect(await shown({ ...SYSTEM, sources: ["web"] })).toBe(0);
    expect(await shown()).toBeGreaterThan(0);
  });

  it("pauses and resumes; resuming releases what was parked at once", async () => {
    const { call, crm } = api();
    expect(await call("POST", "/destinations/hook/pause")).toMatchObject({
      body: { status: { paused: true, reason: "operator" } },
    });
    expect(await call("POST", "/destinations/hook/resume")).toMatchObject({
      status: 200,
      body: { key: "hook", status: { paused: false }, released: 2 },
    });
    expect(crm.sent.flatMap(({ envelope }) => envelope.items.map(({ id }) => id))).toEqual(["a", "b"]);
    expect(await call("POST", "/destinations/nobody/pause")).toMatchObject({
      status: 404,
      body: { code: "unknown_destination" },
    });
  });

  it("replays a failure from its dead letter, as a first attempt, and forgets it after the send", async () => {
    const { call, crm } = api();
    await insertFailures(env.IDENTITY_0, [failureOf("again")]);
    await putDeadItem(env.LAKE, "hook", itemOf("again", { attempt: 3 }));
    expect(await call("POST", "/failures/again/replay")).toMatchObject({ status: 202 });
    expect(crm.sent[0]?.envelope.items).toEqual([itemOf("again")]);
    expect((await listFailures(env.IDENTITY_0, 10)).map(({ itemId }) => itemId)).not.toContain("again");
    expect(await readDeadItem(env.LAKE, "hook", "again")).toBeUndefined();
    expect(await call("POST", "/failures/again/replay")).toMatchObject({
      status: 404,
      body: { code: "unknown_failure" },
    });
  });

  it("keeps a failure whose replay the queue did not take, or whose item is gone", async () => {
    const { call, crm } = api();
    await insertFailures(env.IDENTITY_0, [failureOf("kept")]);
    expect(await call("POST", "/failures/kept/replay")).toMatchObject({
      status: 410,
      body: { code: "dead_letter_gone" },
    });
    await putDeadItem(env.LAKE, "hook", itemOf("kept"));
    crm.fails = true;
    await expect(call("POST", "/failures/kept/replay")).rejects.toThrow("the queue is away");
    expect((await listFailures(env.IDENTITY_0, 10)).map(({ itemId }) => itemId)).toContain("kept");
  });

  it("lists failures, newest first, and refuses a limit that is none", async () => {
    await insertFailures(env.IDENTITY_0, [failureOf("old", 1), failureOf("new", NOW + 9)]);
    const { body } = await api().call("GET", "/failures?limit=1");
    expect(body).toMatchObject({ failures: [{ itemId: "new" }] });
    for (const limit of ["0", "-1", "x", "1.5"]) {
      expect(await api().call("GET", `/failures?limit=${limit}`)).toMatchObject({
        status: 400,
        body: { code: "invalid_limit" },
      });
    }
  });

  it("a failure that fails again overwrites its row", async () => {
    await insertFailures(env.IDENTITY_0, [{ ...failureOf("same"), detail: "x" }]);
    await insertFailures(env.IDENTITY_0, [{ ...failureOf("same"), code: "gone", attempt: 1 }]);
    const rows = (await listFailures(env.IDENTITY_0, 50)).filter(({ itemId }) => itemId === "same");
    expect(rows).toEqual([{ ...failureOf("same"), code: "gone", attempt: 1 }]);
  });
});

describe("the dead-letter queues", () => {
  const run = async (bucket: R2Bucket) => {
    const batch = createMessageBatch("doorstep-crm-dead", [
      { id: "m1", timestamp: new Date(NOW), attempts: 10, body: { kind: "delivery" } },
    ]);
    const execution = createExecutionContext();
    await consumeDeadLetters(batch, bucket, () => NOW);
    return getQueueResult(batch, execution);
  };

  it("every message is in R2, by its id, before it is acked", async () => {
    expect((await run(env.LAKE)).explicitAcks).toEqual(["m1"]);
    expect(await keysUnder("dead/doorstep-crm-dead/")).toEqual(["dead/doorstep-crm-dead/m1.json"]);
    expect(await (await env.LAKE.get("dead/doorstep-crm-dead/m1.json"))?.json()).toMatchObject({
      attempts: 10,
      body: { kind: "delivery" },
    });
  });

  it("a message that could not be kept stays in the queue", async () => {
    const broken = { put: () => Promise.reject(new Error("R2 is away")) } as unknown as R2Bucket; // only what fails
    const result = await run(broken);
    expect(result.explicitAcks).toEqual([]);
    expect(result.retryMessages).toMatchObject([{ msgId: "m1" }]);
  });
});
