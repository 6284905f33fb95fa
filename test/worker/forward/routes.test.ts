/** Delivery in the admin API, and the dead-letter queues' consumer. */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { Problem } from "#core/problem";
import { consumeDeadLetters } from "#forward/dead-letters";
import { destinationObject } from "#forward/destination-object";
import { failureRoutes } from "#forward/failures/routes";
import { insertFailures, listFailures } from "#forward/failures/store";
import { itemIdOf } from "#forward/item-id";
import { mappingRoutes } from "#forward/mapping/routes";
import { forwardRoutes } from "#forward/routes";
import { putDeadItem, putParked, readDeadItem } from "#forward/store";
import { shardsOf } from "#identity/shards";
import { compactLake } from "#lake/compact";
import { land } from "#lake/receipts";
import { type Actor, SYSTEM } from "#privacy/actor";
import { reach } from "../../setup/reach.ts";
import { itemOf, keepingQueue, keysUnder, NOW, release, webhookTo } from "./delivery.ts";

const failureOf = (itemId: string, at = NOW) => ({
  itemId,
  destination: "hook",
  eventId: `evt-${itemId}`,
  name: "form_submit",
  code: "http_400",
  detail: null,
  attempt: 3,
  at,
});

const secretOf = (name: string) => (name === "HOOK" ? "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" : undefined);

function api(actor: Actor = SYSTEM, destination: object = {}, meanwhile = async () => {}) {
  const crm = keepingQueue();
  const asked: string[] = [];
  const context = {
    db: env.IDENTITY_0,
    identity: shardsOf([env.IDENTITY_0]),
    bucket: env.LAKE,
    queues: { crm, analytics: keepingQueue() },
    destinations: env.DESTINATION,
    assets: env.ASSETS,
    document: async () => {
      await meanwhile();
      return release({ hook: webhookTo(undefined, destination) });
    },
    clock: () => NOW,
    newId: () => "new",
    secretOf,
    reach: {
      ...reach,
      secretOf,
      allowInsecure: false,
      fetch: async (url: string) => {
        asked.push(url);
        return new Response(null, { status: 401 });
      },
    },
  };
  const app = new Hono<{ Variables: { actor: Actor; created: string } }>()
    .use(async (c, next) => {
      c.set("actor", actor);
      await next();
    })
    .route("/", forwardRoutes(context))
    .route("/", failureRoutes(context))
    .route("/", mappingRoutes(context));
  app.onError((error) => {
    if (error instanceof Problem) return error.toResponse();
    throw error;
  });
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await app.request(path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  return { call, crm, asked };
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

  it("shows one destination with its form filled in, its limits and its figures, and of a secret the name alone", async () => {
    const tallied = { delivered: 3, skipped: 0, retry: 0, failed: 1, parked: 0 };
    const measured = { lagsMs: [900, 900, 4_000], requests: 1, latencyMs: 80, slowestMs: 80 };
    await destinationObject(env.DESTINATION, "hook").report({ ...tallied, ...measured, now: NOW });
    const limits = { requestsPerSecond: 2 };
    const { status, body } = await api(SYSTEM, { limits }).call("GET", "/destinations/hook");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      key: "hook",
      ordered: false,
      changes: null,
      mappings: 0,
      limits: { requestsPerSecond: 2, concurrency: expect.any(Number), perRequest: 1 },
      status: { lastSuccessAt: NOW, lastHour: { delivered: 3, failed: 1 } },
      lastMinute: { delivered: 3, lagP95Seconds: 5 },
      minutes: [{ delivered: 3, failed: 1, lagP95Seconds: 5, latencyMeanMs: 80 }],
      hours: [{ delivered: 3 }],
    });
    const { settings } = body as { settings: { name: string }[] };
    expect(settings.map(({ name }) => name)).toEqual(["url", "secret", "vendor_consent"]);
    expect(settings[0]).toMatchObject({
      title: "Address",
      required: true,
      value: expect.stringMatching(/^https:/),
    });
    expect(settings[1]).toMatchObject({ secret: "HOOK" });
    expect(settings[1]).not.toHaveProperty("value");
    const clear = { settings: { url: "https://hook.example", secret: "whsec_inTheClear", old: 1 } };
    const shown = (await api(SYSTEM, clear).call("GET", "/destinations/hook")).body;
    expect(shown).toMatchObject({ settings: [{}, { hidden: true }, {}, { name: "old", value: 1 }] });
    expect(JSON.stringify(shown)).not.toContain("inTheClear");
    expect(await api().call("GET", "/destinations/nobody")).toMatchObject({ status: 404 });
  });

  it.each([
    [
      "a vendor that refuses our credentials",
      { settings: { token: { $secret: "HOOK" } } },
      "unauthorized",
      "http_401",
    ],
    [
      "a secret that is not there",
      { settings: { token: { $secret: "NONE" } } },
      "misconfigured",
      "secret_missing:NONE",
    ],
    ["settings that are none", { settings: {} }, "misconfigured", "invalid_settings:token"],
    ["a type that nobody knows", { type: "fax" }, "misconfigured", "unknown_type:fax"],
  ])("checks a connection: %s", async (_title, changes, status, code) => {
    const { call, asked } = api(SYSTEM, { type: "hubspot", ...changes });
    expect((await call("POST", "/destinations/hook/check")).body).toMatchObject({ status, code });
    expect(asked.length).toBe(status === "unauthorized" ? 1 : 0);
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
    expect(crm.sent[0]?.envelope.items).toEqual([itemOf("again", { via: "replay", round: 1 })]);
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
    crm.fails = false;
    expect(await call("POST", "/failures/kept/replay")).toMatchObject({ status: 202 });
  });

  it("of several who replay one failure at the same time one does", async () => {
    const { call, crm } = api();
    await insertFailures(env.IDENTITY_0, [failureOf("once")]);
    await putDeadItem(env.LAKE, "hook", itemOf("once"));
    const answers = await Promise.all([1, 2, 3].map(() => call("POST", "/failures/once/replay")));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(crm.sent).toHaveLength(1);
  });

  it("what fails again while its replay is being forgotten is kept, with its item", async () => {
    const { call, crm } = api();
    await insertFailures(env.IDENTITY_0, [failureOf("twice")]);
    await putDeadItem(env.LAKE, "hook", itemOf("twice"));
    const send = crm.send;
    crm.send = async (envelope) => {
      // The consumer is as fast as can be.
      const [item] = envelope.items;
      if (item) await putDeadItem(env.LAKE, "hook", item);
      await insertFailures(env.IDENTITY_0, [{ ...failureOf("twice"), code: "http_422" }]);
      return send(envelope);
    };
    expect(await call("POST", "/failures/twice/replay")).toMatchObject({ status: 202 });
    expect(await call("GET", "/failures/twice")).toMatchObject({
      body: { failure: { code: "http_422" }, event: { round: 1 } },
    });
    crm.send = send;
    expect(await call("POST", "/failures/twice/replay")).toMatchObject({ status: 202 });
    expect(crm.sent.at(-1)?.envelope.items).toMatchObject([{ id: "twice", round: 2 }]);
  });

  it("opens a dead letter without what is sealed, and mends it within its contract and its purposes", async () => {
    const { call, crm } = api();
    await insertFailures(env.IDENTITY_0, [failureOf("mend")]);
    await putDeadItem(
      env.LAKE,
      "hook",
      itemOf("mend", { purposes: ["marketing"] }, { sealed: "secret traits", properties: { form_id: "" } }),
    );
    const shown = await call("GET", "/failures/mend");
    expect(shown).toMatchObject({ status: 200, body: { event: { name: "form_submit", traits: true } } });
    expect(JSON.stringify(shown)).not.toContain("secret traits");
    expect(await call("PUT", "/failures/mend", { properties: { form_id: 7 } })).toMatchObject({
      status: 422,
      body: { code: "invalid_edit", issues: [{ path: "properties.form_id" }] },
    });
    const mended = { form_id: "newsletter", invented: "x" };
    expect(await call("PUT", "/failures/mend", { properties: mended })).toMatchObject({ status: 200 });
    expect(await call("POST", "/failures/mend/replay")).toMatchObject({ status: 202 });
    const [item] = crm.sent[0]?.envelope.items ?? [];
    expect(item?.event.properties).toEqual({ form_id: "newsletter" });
    expect(item?.event.sealed).toBe("secret traits");
  });

  it("of who was erased since, nothing is shown, mended or replayed, though the object is still there", async () => {
    const { call, crm } = api();
    await insertFailures(env.IDENTITY_0, [failureOf("erased")]);
    await putDeadItem(env.LAKE, "hook", itemOf("erased"));
    await env.IDENTITY_0.prepare(
      "INSERT INTO identifiers (key, suppressed, version, seen_at) VALUES ('visitor_id:erased', 1, 1, 0)",
    ).run();
    const gone = { status: 410, body: { code: "dead_letter_gone" } };
    expect(await call("GET", "/failures/erased")).toMatchObject(gone);
    expect(await call("PUT", "/failures/erased", { properties: { form_id: "x" } })).toMatchObject(gone);
    expect(await call("POST", "/failures/erased/replay")).toMatchObject(gone);
    expect(crm.sent).toEqual([]);
  });

  it("what is replayed or erased while it is mended is not put back", async () => {
    const { call, crm } = api();
    const bodies = { properties: { form_id: "mended" } };
    for (const id of ["raced", "taken"]) {
      await insertFailures(env.IDENTITY_0, [failureOf(id)]);
      await putDeadItem(env.LAKE, "hook", itemOf(id));
    }
    const send = crm.send;
    crm.send = async (envelope) => {
      expect(await call("PUT", "/failures/raced", bodies)).toMatchObject({
        status: 409,
        body: { code: "replay_under_way" },
      });
      return send(envelope);
    };
    expect(await call("POST", "/failures/raced/replay")).toMatchObject({ status: 202 });
    const erasing = api(SYSTEM, {}, () => env.LAKE.delete("dead/hook/taken.json"));
    expect(await erasing.call("PUT", "/failures/taken", bodies)).toMatchObject({ status: 410 });
    expect([...(await keysUnder("dead/hook/raced")), ...(await keysUnder("dead/hook/taken"))]).toEqual([]);
    expect(await call("POST", "/failures/taken/discard")).toMatchObject({ status: 200 });
  });

  it("an edit that fits no message is refused, and an item that fits none is not forgotten as replayed", async () => {
    const { call, crm } = api();
    const large = itemOf("large", {}, { properties: { form_id: "x".repeat(60_000) } });
    for (const id of ["large", "small"]) await insertFailures(env.IDENTITY_0, [failureOf(id)]);
    await putDeadItem(env.LAKE, "hook", large);
    await putDeadItem(env.LAKE, "hook", itemOf("small"));
    const refused = { status: 422, body: { code: "invalid_edit" } };
    const wide = itemOf("small", {}, { context: { page: { title: "x".repeat(60_000) } } });
    await putDeadItem(env.LAKE, "hook", wide);
    expect(await call("PUT", "/failures/small", { properties: { form_id: "y" } })).toMatchObject(refused);
    expect(await call("POST", "/failures/large/replay")).toMatchObject(refused);
    expect(await call("GET", "/failures/large")).toMatchObject({ status: 200 });
    expect(crm.sent).toEqual([]);
    for (const id of ["large", "small"])
      expect(await call("POST", `/failures/${id}/discard`)).toMatchObject({ status: 200 });
  });

  it("discards a failure with its item, also where the item is gone already", async () => {
    const { call } = api();
    await insertFailures(env.IDENTITY_0, [failureOf("waste"), failureOf("empty")]);
    await putDeadItem(env.LAKE, "hook", itemOf("waste"));
    for (const id of ["waste", "empty"])
      expect(await call("POST", `/failures/${id}/discard`)).toMatchObject({ status: 200 });
    expect(await keysUnder("dead/hook/waste")).toEqual([]);
    expect(await call("POST", "/failures/waste/discard")).toMatchObject({ status: 404 });
  });

  it("lists by cause, and page by page", async () => {
    const { call } = api();
    const many = Array.from({ length: 5 }, (_, n) => ({ ...failureOf(`page-${n}`, 10), code: "paged" }));
    await insertFailures(env.IDENTITY_0, many);
    const seen: string[] = [];
    for (let next = ""; ; ) {
      const { body } = await call("GET", `/failures?code=paged&limit=2${next && `&cursor=${next}`}`);
      const page = body as { failures: { itemId: string }[]; next?: string };
      seen.push(...page.failures.map(({ itemId }) => itemId));
      if (!page.next) break;
      next = page.next;
    }
    expect(seen).toEqual(many.map(({ itemId }) => itemId));
    const { body } = await call("GET", "/failures/causes");
    expect((body as { causes: unknown[] }).causes).toContainEqual(
      expect.objectContaining({ destination: "hook", code: "paged", failures: 5 }),
    );
    expect(await call("GET", "/failures?cursor=x")).toMatchObject({ body: { code: "invalid_cursor" } });
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

describe("a dry run", () => {
  const landed = (id: string, name: string, properties: object, changes: object = {}) => {
    const { consent, context } = itemOf(id, {}, { id }).event;
    return {
      ...{
        type: "event",
        id,
        name,
        version: "1.0.0",
        protocol: "native",
        source: "web",
        subject: "visitor_id:1.a",
      },
      ...{
        occurredAt: NOW - 1_000,
        receivedAt: NOW - 1_000,
        profile: "visitor_id:1.a",
        consent,
        context,
        properties,
      },
      ...changes,
    };
  };
  const known = {
    stage: "ingest",
    at: NOW,
    outcome: "folded",
    identityState: "authenticated",
    segments: ["loyal"],
  };
  const order = {
    order_id: "A-1",
    value: 10,
    currency: "EUR",
    items: [{ product_id: "skis" }, { product_id: "wax" }],
  };
  const mapping = {
    events: ["purchase"],
    set: {
      "data.skus": { each: "properties.items", as: { path: "item.product_id" } },
      "data.who": { sha256: { path: "traits.email" }, form: "email" },
    },
    remove: ["data.features"],
  };

  it("shows what a draft makes of recent events beside what is published, and sends nothing", async () => {
    const declined = { consent: { ...itemOf("x").event.consent, granted: ["analytics"] } };
    await land(env.LAKE, "events", "tried", NOW, [
      landed("evt-a", "purchase", order),
      landed("evt-b", "form_submit", { form_id: "news" }, { receivedAt: NOW - 2_000 }),
      landed("evt-c", "purchase", order, { ...declined, receivedAt: NOW - 3_000, source: "shop" }),
      { ...known, eventId: "evt-a" },
    ]);
    const definition = webhookTo(undefined, { mappings: [mapping] });
    const { call, crm } = api();
    const { status, body } = await call("POST", "/destinations/hook/dry-run", { definition });
    expect(status).toBe(200);
    const { events } = body as { events: Record<string, unknown>[] };
    expect(events).toMatchObject([
      {
        event_id: "evt-a",
        name: "purchase",
        before: {
          status: "mapped",
          body: { data: { identity_state: "authenticated", traits_verified: true } },
        },
        after: {
          status: "mapped",
          body: {
            type: "purchase",
            data: {
              skus: ["skis", "wax"],
              who: "<sha256 of email>",
              traits: { email: "<email>", phone: "<phone>" },
            },
          },
        },
        changed: ["data.features", "data.skus", "data.who"],
      },
      { event_id: "evt-b", after: { status: "mapped" }, changed: [] },
      { event_id: "evt-c", after: { status: "skipped", reason: "no_consent:marketing" }, changed: [] },
    ]);
    expect(crm.sent).toEqual([]);

    const only = async (asked: object, actor?: Actor) => {
      const answer = await api(actor).call("POST", "/destinations/hook/dry-run", { definition, ...asked });
      return (answer.body as { events: { event_id: string }[] }).events.map((one) => one.event_id);
    };
    expect(await only({ name: "form_submit" })).toEqual(["evt-b"]);
    expect(await only({ events: ["evt-c", "evt-z"] })).toEqual(["evt-c"]);
    expect(await only({ limit: 1 })).toEqual(["evt-a"]);
    expect(await only({}, { ...SYSTEM, sources: ["shop"] })).toEqual(["evt-c"]);
  });

  it("shows pseudonyms only to whoever may see them, and a new destination without a before", async () => {
    const tried = async (personal: boolean) => {
      const actor = { ...SYSTEM, personal };
      const asked = { definition: webhookTo(), events: ["evt-a"] };
      return JSON.stringify((await api(actor).call("POST", "/destinations/another/dry-run", asked)).body);
    };
    expect(await tried(true)).toContain('"profile":"visitor_id:1.a"');
    const withheld = await tried(false);
    expect(withheld).toContain('"profile":"<profile>"');
    expect(withheld).toContain('"before":null');
    for (const pseudonym of ["visitor_id", '"c-1"', '"s-1"']) expect(withheld).not.toContain(pseudonym);
  });

  it("reads compacted hours where landing has nothing", async () => {
    const earlier = NOW - 5 * 3_600_000;
    await land(env.LAKE, "events", "old", earlier, [
      landed("evt-old", "purchase", order, { receivedAt: earlier }),
      { ...known, eventId: "evt-old" },
    ]);
    const asked = { events: ["evt-old"] };
    expect((await api().call("POST", "/destinations/hook/dry-run", asked)).body).toEqual({ events: [] });
    await compactLake({ bucket: env.LAKE, suppressedAmong: async () => new Set(), itemIdOf }, NOW);
    expect((await api().call("POST", "/destinations/hook/dry-run", asked)).body).toMatchObject({
      events: [
        { event_id: "evt-old", before: { status: "mapped" }, after: { status: "mapped" }, changed: [] },
      ],
    });
  });

  it.each([
    ["a destination that there is not", "none", {}, 404, "unknown_destination"],
    ["a limit that is none", "hook", { limit: 0 }, 400, "invalid_body"],
    ["a draft that is none", "hook", { definition: { type: "webhook" } }, 422, "invalid_destination"],
    [
      "a draft that could not be published",
      "hook",
      { definition: webhookTo(undefined, { mappings: [{ ...mapping, events: ["bought"] }] }) },
      422,
      "invalid_destination",
    ],
  ])("refuses %s", async (_title, key, body, status, code) => {
    expect(await api().call("POST", `/destinations/${key}/dry-run`, body)).toMatchObject({
      status,
      body: { code },
    });
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
