/** The delivery consumer in workerd, with real stores: what is delivered, kept, tried again and told. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_ATTEMPTS } from "#forward/backoff";
import { destinationObject } from "#forward/destination-object";
import type { Fetch } from "#forward/destinations/contract";
import { listFailures } from "#forward/failures/store";
import { deliveryPlace } from "#forward/item-id";
import { listParked, readDeadItem } from "#forward/store";
import { sealIngress } from "#privacy/ingress";
import {
  consume,
  deliveryContext,
  envelopeOf,
  itemOf,
  keysUnder,
  NOW,
  receiptsOf,
  release,
  webhookTo,
} from "./delivery.ts";

const ok: Fetch = async () => new Response("ok");
const answers =
  (status: number, headers: Record<string, string> = {}): Fetch =>
  async () =>
    new Response(null, { status, headers });
/** Answers by the webhook-id of the request. */
const byId =
  (choose: (id: string) => Response): Fetch =>
  async (_, init) =>
    choose(new Headers(init.headers).get("webhook-id") ?? "");

describe("a batch of deliveries", () => {
  it("is delivered, receipted, and acked", async () => {
    const { context, crm } = await deliveryContext({ fetch: ok });
    const { acked, retried } = await consume(context, envelopeOf("hook", itemOf("d1"), itemOf("d2")));
    expect({ acked, retried, sent: crm.sent }).toEqual({ acked: ["message-0"], retried: [], sent: [] });
    expect(await receiptsOf("evt-d1")).toEqual([
      expect.objectContaining({
        stage: "delivery",
        destination: "hook",
        itemId: "d1",
        attempt: 1,
        outcome: "delivered",
        consentReceipt: "c-1",
      }),
    ]);
    const tail = env.LIVE_TAIL.get(env.LIVE_TAIL.idFromName("tail"));
    expect((await tail.traceOf("evt-d2"))?.receipts).toHaveLength(1);
  });

  it("opens traits that were sealed for this very item, and says what it could not open", async () => {
    const bodies: string[] = [];
    const { context } = await deliveryContext({
      fetch: async (_, init) => {
        bodies.push(String(init.body));
        return new Response("ok");
      },
    });
    const sealedFor = (id: string) =>
      sealIngress(context.keys.ingress, '{"email":"ida@example.com"}', deliveryPlace(id), NOW);
    const good = itemOf("s1", {}, { sealed: await sealedFor("s1") });
    const moved = itemOf("s2", {}, { sealed: await sealedFor("s1") });
    await consume(context, envelopeOf("hook", good, moved));
    expect(bodies).toHaveLength(1);
    expect(bodies[0]).toContain("ida@example.com");
    expect(await receiptsOf("evt-s2")).toMatchObject([{ outcome: "failed", code: "traits_unreadable" }]);
  });

  it("one bad item harms only itself", async () => {
    const fetch = byId(
      (id) => new Response(null, { status: id === "bad" ? 400 : id === "later" ? 503 : 200 }),
    );
    const { context, crm } = await deliveryContext({ fetch });
    const { acked, retried } = await consume(
      context,
      envelopeOf("hook", itemOf("good"), itemOf("bad"), itemOf("later")),
    );
    expect({ acked, retried }).toEqual({ acked: ["message-0"], retried: [] });
    expect(crm.sent).toEqual([
      {
        envelope: expect.objectContaining({
          destination: "hook",
          items: [expect.objectContaining({ id: "later", attempt: 2 })],
        }),
        delaySeconds: 5,
      },
    ]);
    expect(await listFailures(env.IDENTITY_0, 10)).toContainEqual({
      itemId: "bad",
      destination: "hook",
      eventId: "evt-bad",
      name: "form_submit",
      code: "http_400",
      detail: null,
      attempt: 1,
      at: NOW,
    });
    expect(await readDeadItem(env.LAKE, "hook", "bad")).toEqual(itemOf("bad"));
    expect(await receiptsOf("evt-later")).toMatchObject([{ outcome: "retry", code: "http_503", attempt: 1 }]);
  });

  it("a 207 of 100 rows with 7 failures is 93 delivered, and 7 dead letters with the vendor's reason", async () => {
    const isBad = (n: number) => n % 15 === 3; // 3, 18 … 93
    const fetch: Fetch = async (_, init) => {
      const { inputs } = JSON.parse(String(init.body)) as {
        inputs: { id: string; objectWriteTraceId: string }[];
      };
      const numbered = inputs.map((input) => ({ ...input, n: Number(/\d+/.exec(input.id)?.[0]) }));
      const refusal = (trace: string) => ({
        status: "error",
        category: "VALIDATION_ERROR",
        message: "an address that nobody should read in a log",
        context: { objectWriteTraceId: [trace] },
        errors: [{ message: "no", code: "INVALID_EMAIL", context: { propertyName: ["email"] } }],
      });
      const good = numbered.filter(({ n }) => !isBad(n));
      const errors = numbered.filter(({ n }) => isBad(n)).map((one) => refusal(one.objectWriteTraceId));
      const results = good.map(({ n, id, objectWriteTraceId }) => ({
        ...{ id: String(n + 1), objectWriteTraceId, properties: { email: id } },
      }));
      return Response.json(
        { status: "COMPLETE", results, numErrors: errors.length, errors },
        { status: 207 },
      );
    };
    const hubspot = {
      type: "hubspot",
      queue: "crm" as const,
      purposes: ["marketing" as const],
      settings: { token: { $secret: "HOOK" } },
    };
    const { context, crm } = await deliveryContext({ fetch, document: release({ hubspot }) });
    const items = await Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        const traits = JSON.stringify({ email: `person${n}@example.com` });
        const sealed = await sealIngress(context.keys.ingress, traits, deliveryPlace(`row${n}`), NOW);
        return itemOf(`row${n}`, {}, { sealed, verified: true, profile: `p${n}` });
      }),
    );
    const half = (from: number) => envelopeOf("hubspot", ...items.slice(from, from + 50));
    expect(await consume(context, half(0), half(50))).toEqual({
      acked: ["message-0", "message-1"],
      retried: [],
    });
    const failures = await listFailures(env.IDENTITY_0, 100, { destination: "hubspot" });
    expect(failures.map(({ itemId }) => itemId).sort()).toEqual(
      [3, 18, 33, 48, 63, 78, 93].map((n) => `row${n}`).sort(),
    );
    for (const { itemId, code, detail } of failures) {
      expect({ code, detail }).toEqual({ code: "VALIDATION_ERROR", detail: "INVALID_EMAIL:email" });
      expect((await readDeadItem(env.LAKE, "hubspot", itemId))?.id).toBe(itemId);
    }
    const counted = await destinationObject(env.DESTINATION, "hubspot").status(NOW);
    expect(counted.lastHour).toMatchObject({ delivered: 93, failed: 7, retry: 0, requests: 2 });
    expect(crm.sent).toEqual([]);
  });

  it("waits as long as the vendor asks", async () => {
    const { context, crm } = await deliveryContext({ fetch: answers(429, { "retry-after": "120" }) });
    await consume(context, envelopeOf("hook", itemOf("asked")));
    expect(crm.sent[0]?.delaySeconds).toBe(125);
  });

  it("gives up after the last attempt, and says what went wrong", async () => {
    const { context, crm } = await deliveryContext({ fetch: answers(500) });
    await consume(context, envelopeOf("hook", itemOf("tired", { attempt: MAX_ATTEMPTS })));
    expect(crm.sent).toEqual([]);
    expect(await receiptsOf("evt-tired")).toMatchObject([
      { outcome: "failed", code: "attempts_exhausted", detail: "http_500", attempt: MAX_ATTEMPTS },
    ]);
    expect(await readDeadItem(env.LAKE, "hook", "tired")).toBeDefined();
  });

  it("keeps a message that is no envelope, and works off the others", async () => {
    const { context } = await deliveryContext({ fetch: ok });
    const { acked } = await consume(
      context,
      { what: "is this" },
      envelopeOf("hook", itemOf("beside")),
      "text",
    );
    expect(acked).toEqual(["message-0", "message-1", "message-2"]);
    const kept = await (await env.LAKE.get("dead/doorstep-crm/message-0.json"))?.json();
    expect(kept).toEqual({
      queue: "doorstep-crm",
      id: "message-0",
      at: NOW,
      attempts: 1,
      body: { what: "is this" },
    });
    expect(await receiptsOf("evt-beside")).toMatchObject([{ outcome: "delivered" }]);
  });

  it("an item that came twice is delivered once", async () => {
    let requests = 0;
    const { context } = await deliveryContext({
      fetch: async () => {
        requests++;
        return new Response("ok");
      },
    });
    const { acked } = await consume(
      context,
      envelopeOf("hook", itemOf("twice")),
      envelopeOf("hook", itemOf("twice")),
    );
    expect({ requests, acked }).toEqual({ requests: 1, acked: ["message-0", "message-1"] });
  });

  it("receipts of a destination that counts repetitions say that it may repeat", async () => {
    const ga4 = {
      type: "ga4",
      queue: "analytics" as const,
      purposes: ["analytics" as const],
      settings: { measurement_id: "G-DEMO", api_secret: { $secret: "HOOK" } },
    };
    const { context } = await deliveryContext({ fetch: answers(204), document: release({ ga4 }) });
    await consume(context, envelopeOf("ga4", itemOf("ga")));
    expect(await receiptsOf("evt-ga")).toMatchObject([{ outcome: "delivered", mayRepeat: true }]);
  });
});

describe("consent at delivery", () => {
  it("a withdrawal stops what is already queued", async () => {
    let requests = 0;
    const { context } = await deliveryContext({
      fetch: async () => {
        requests++;
        return new Response("ok");
      },
      currentConsent: async (keys) =>
        new Map(
          keys.map((key) => [
            key,
            [{ granted: ["analytics"], decidedAt: NOW, receipt: "later", suppressed: key.endsWith("w1") }],
          ]),
        ),
    });
    await consume(context, envelopeOf("hook", itemOf("w1"), itemOf("w2")));
    expect(requests).toBe(0);
    expect(await receiptsOf("evt-w1")).toMatchObject([{ outcome: "skipped", code: "suppressed" }]);
    expect(await receiptsOf("evt-w2")).toMatchObject([{ outcome: "skipped", code: "consent_withdrawn" }]);
  });

  it("is read once for the whole batch", async () => {
    const asked: string[][] = [];
    const { context } = await deliveryContext({
      fetch: ok,
      document: release({ hook: webhookTo(), other: webhookTo("https://other.example.com/") }),
      currentConsent: async (keys) => {
        asked.push(keys);
        return new Map();
      },
    });
    await consume(context, envelopeOf("hook", itemOf("o1"), itemOf("o2")), envelopeOf("other", itemOf("o1")));
    expect(asked).toEqual([["visitor_id:o1", "visitor_id:o2"]]);
  });

  it("fails closed: while the ledger cannot be read, nothing leaves, and all is tried again as the same attempt", async () => {
    const { context, crm } = await deliveryContext({
      fetch: () => Promise.reject(new Error("nothing may be sent")),
      currentConsent: () => Promise.reject(new Error("D1 is away")),
    });
    const { acked } = await consume(context, envelopeOf("hook", itemOf("closed")));
    expect(acked).toEqual(["message-0"]);
    expect(crm.sent[0]?.envelope.items).toMatchObject([{ id: "closed", attempt: 1 }]);
    expect(await receiptsOf("evt-closed")).toMatchObject([{ outcome: "retry", code: "consent_unavailable" }]);
  });
});

describe("what cannot be written is left to the queue", () => {
  it("a retry that cannot be sent", async () => {
    const { context, crm } = await deliveryContext({
      fetch: byId((id) => new Response(null, { status: id === "q1" ? 500 : 200 })),
    });
    crm.fails = true;
    const { acked, retried } = await consume(
      context,
      envelopeOf("hook", itemOf("q1")),
      envelopeOf("hook", itemOf("q2")),
    );
    expect({ acked, retried }).toEqual({ acked: ["message-1"], retried: ["message-0"] });
    expect(await receiptsOf("evt-q1")).toEqual([]);
  });

  it("a dead letter that cannot be listed", async () => {
    const broken = await deliveryContext({ fetch: answers(400) });
    const { batch } = env.IDENTITY_0;
    const db = {
      prepare: () => {
        throw new Error("D1 is away");
      },
      batch,
    } as unknown as D1Database; // only what fails
    const { retried } = await consume({ ...broken.context, db }, envelopeOf("hook", itemOf("u1")));
    expect(retried).toEqual(["message-0"]);
  });
});

describe("one destination and another", () => {
  it("a slow one never delays another's delivery", async () => {
    const order: string[] = [];
    const fetch: Fetch = (url, { signal }) =>
      url.includes("slow")
        ? new Promise((_, reject) =>
            signal?.addEventListener("abort", () => {
              order.push("slow");
              reject(signal.reason);
            }),
          )
        : Promise.resolve(new Response("ok")).finally(() => order.push("fast"));
    const document = release({
      slow: webhookTo("https://slow.example.com/"),
      fast: webhookTo("https://fast.example.com/"),
    });
    const { context, crm } = await deliveryContext({ fetch, document, deadlineMs: 100 });
    const { acked } = await consume(
      context,
      envelopeOf("slow", itemOf("slow")),
      envelopeOf("fast", itemOf("fast")),
    );
    expect(order).toEqual(["fast", "slow"]);
    expect(acked).toHaveLength(2);
    expect(crm.sent.map(({ envelope }) => envelope.destination)).toEqual(["slow"]);
    expect(await receiptsOf("evt-slow")).toMatchObject([{ outcome: "retry", code: "timeout" }]);
  });

  it("refused credentials pause it and park its items; the next batch is parked without a request", async () => {
    let requests = 0;
    const { context } = await deliveryContext({
      fetch: async () => {
        requests++;
        return new Response(null, { status: 401 });
      },
      document: release({ locked: webhookTo() }),
    });
    await consume(context, envelopeOf("locked", itemOf("l1")));
    await consume(context, envelopeOf("locked", itemOf("l2")));
    expect(requests).toBe(1);
    expect(await receiptsOf("evt-l1")).toMatchObject([{ outcome: "parked", code: "unauthorized" }]);
    expect(await receiptsOf("evt-l2")).toMatchObject([{ outcome: "parked", code: "paused" }]);
    expect(await keysUnder("parked/locked/")).toHaveLength(2);
    expect(await destinationObject(env.DESTINATION, "locked").status(NOW)).toMatchObject({
      paused: true,
      reason: "unauthorized",
    });
  });

  it("a secret that is not there pauses it, and the receipt names it", async () => {
    const { context } = await deliveryContext({
      fetch: ok,
      secretOf: () => undefined,
      document: release({ bare: webhookTo() }),
    });
    await consume(context, envelopeOf("bare", itemOf("b1")));
    expect(await receiptsOf("evt-b1")).toMatchObject([{ outcome: "parked", code: "secret_missing:HOOK" }]);
    expect(await destinationObject(env.DESTINATION, "bare").status(NOW)).toMatchObject({
      reason: "secret_missing:HOOK",
    });
  });

  it("one that is no longer in the release gets nothing, and the receipt says so", async () => {
    const { context } = await deliveryContext({ fetch: ok });
    await consume(context, envelopeOf("gone", itemOf("g1")));
    expect(await receiptsOf("evt-g1")).toMatchObject([{ outcome: "skipped", code: "destination_removed" }]);
  });

  it("five vain batches open its circuit, and the sixth is parked", async () => {
    const { context } = await deliveryContext({
      fetch: answers(503),
      document: release({ away: webhookTo() }),
    });
    for (let n = 0; n < 6; n++) await consume(context, envelopeOf("away", itemOf(`c${n}`)));
    expect(await receiptsOf("evt-c4")).toMatchObject([{ outcome: "retry" }]);
    expect(await receiptsOf("evt-c5")).toMatchObject([{ outcome: "parked", code: "circuit_open" }]);
  });

  it("one that takes one a second gets one, and the others wait without the queue", async () => {
    let requests = 0;
    const { context, crm } = await deliveryContext({
      fetch: async () => {
        requests++;
        return new Response("ok");
      },
      document: release({ paced: webhookTo(undefined, { limits: { requestsPerSecond: 1 } }) }),
    });
    const items = ["t1", "t2", "t3"].map((id) => itemOf(id));
    const { acked } = await consume(context, envelopeOf("paced", ...items));
    expect({ requests, acked, sent: crm.sent }).toEqual({ requests: 1, acked: ["message-0"], sent: [] });
    expect(await receiptsOf("evt-t2")).toMatchObject([{ outcome: "parked", code: "rate_limited" }]);
    expect((await listParked(env.LAKE, "paced", 9)).objects).toMatchObject([{ items: 2 }]);
  });
});

describe("a batch that goes on", () => {
  /** A vendor that answers when it is told to. */
  function slowVendor() {
    const { promise, resolve } = Promise.withResolvers<Response>();
    let requests = 0;
    const fetch: Fetch = (url, { signal }) => {
      if (!url.includes("slow")) return Promise.resolve(new Response("ok"));
      requests++;
      return new Promise((answer, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
        promise.then((response) => answer(response.clone()), reject);
      });
    };
    return { fetch, answer: (response = new Response("ok")) => resolve(response), requests: () => requests };
  }
  const late = async (key: string, fetch: Fetch, changes = {}) => {
    const background: Promise<unknown>[] = [];
    const document = release({
      [key]: webhookTo("https://slow.example.com/"),
      fast: webhookTo("https://fast.example.com/"),
    });
    const made = await deliveryContext({
      ...{ fetch, document, patienceMs: 30 },
      waitUntil: (work) => void background.push(work),
      ...changes,
    });
    return { ...made, background };
  };

  it("is handed over: the others are acked, its items are kept until its outcome is settled", async () => {
    const { fetch, answer } = slowVendor();
    const { context, background, crm } = await late("slow-a", fetch);
    const { acked } = await consume(
      context,
      envelopeOf("slow-a", itemOf("sa1")),
      envelopeOf("fast", itemOf("sa2")),
    );
    expect(acked).toEqual(["message-0", "message-1"]);
    expect(await receiptsOf("evt-sa2")).toMatchObject([{ outcome: "delivered" }]);
    expect(await receiptsOf("evt-sa1")).toEqual([]);
    const [kept] = (await listParked(env.LAKE, "slow-a", 9)).objects;
    expect(kept).toMatchObject({ items: 1, notBefore: NOW + 55_000 });
    answer();
    await Promise.all(background);
    expect(await receiptsOf("evt-sa1")).toMatchObject([{ outcome: "delivered" }]);
    expect(await keysUnder("parked/slow-a/")).toEqual([]);
    expect(crm.sent).toEqual([]);
  });

  it("has its next batch handed over at once, until it has been quick again", async () => {
    const first = slowVendor();
    const begun = await late("slow-b", first.fetch);
    await consume(begun.context, envelopeOf("slow-b", itemOf("sb1")));
    const second = slowVendor();
    const next = await late("slow-b", second.fetch, { patienceMs: 60_000 });
    expect(await consume(next.context, envelopeOf("slow-b", itemOf("sb2")))).toMatchObject({
      acked: ["message-0"],
    });
    expect(second.requests()).toBe(1);
    first.answer();
    second.answer();
    await Promise.all([...begun.background, ...next.background]);
    expect(await keysUnder("parked/slow-b/")).toEqual([]);
    const third = await late("slow-b", async () => new Response("ok"), { patienceMs: 60_000 });
    await consume(third.context, envelopeOf("slow-b", itemOf("sb3")));
    expect(third.background).toEqual([]);
  });

  it("that hangs is settled at its deadline, and opens the circuit at once", async () => {
    const { fetch } = slowVendor();
    const { context, background, crm } = await late("slow-c", fetch, { deadlineMs: 100 });
    await consume(context, envelopeOf("slow-c", itemOf("sc1")));
    await Promise.all(background);
    expect(crm.sent.flatMap(({ envelope }) => envelope.items)).toMatchObject([{ id: "sc1", attempt: 2 }]);
    expect(await keysUnder("parked/slow-c/")).toEqual([]);
    expect(await destinationObject(env.DESTINATION, "slow-c").status(NOW)).toMatchObject({
      circuit: "open",
    });
  });

  it("and cannot be kept is waited for", async () => {
    const { fetch, answer } = slowVendor();
    const bucket = new Proxy(env.LAKE, {
      get(target, name) {
        const value = Reflect.get(target, name) as (...all: unknown[]) => unknown;
        return (...given: unknown[]) =>
          name === "put" && String(given[0]).startsWith("parked/")
            ? Promise.reject(new Error("R2 is away"))
            : value.apply(target, given);
      },
    });
    const { context, background } = await late("slow-d", fetch, { bucket });
    const consumed = consume(context, envelopeOf("slow-d", itemOf("sd1")));
    setTimeout(() => answer(), 100);
    expect(await consumed).toMatchObject({ acked: ["message-0"] });
    expect(background).toEqual([]);
    expect(await receiptsOf("evt-sd1")).toMatchObject([{ outcome: "delivered" }]);
  });
});
