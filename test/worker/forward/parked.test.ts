/** Parked items go on when their destination may be asked again, at its pace, and operators are told why they wait. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { AlertTarget } from "#core/alert";
import type { DeliveryContext } from "#forward/consumer";
import { destinationObject } from "#forward/destination-object";
import type { Fetch } from "#forward/destinations/contract";
import { releaseOne, releaseParked } from "#forward/schedule";
import { listParked, parkedDestinations, putParked } from "#forward/store";
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

const park = (destination: string, items: (string | ReturnType<typeof itemOf>)[], at = NOW, notBefore = 0) =>
  putParked(
    env.LAKE,
    destination,
    { code: "paused", items: items.map((one) => (typeof one === "string" ? itemOf(one) : one)) },
    at,
    crypto.randomUUID(),
    notBefore,
  );
const nobody: Fetch = () => Promise.reject(new Error("nothing may be sent"));

/** One run of the schedule. */
async function run(changes: Partial<DeliveryContext & { alert: AlertTarget }> = {}, queueFails = false) {
  const { context, crm } = await deliveryContext({ fetch: nobody, ...changes });
  crm.fails = queueFails;
  const alert = changes.alert ?? { fetch: nobody, alertUrl: "", allowInsecure: false };
  const released = await releaseParked({ ...context, alert });
  return { released, sent: crm.sent };
}
const later = (ms: number) => ({ clock: () => NOW + ms });

/** Make a destination's circuit open at NOW. */
const openCircuit = (key: string) =>
  destinationObject(env.DESTINATION, key).report({
    ...{ delivered: 0, skipped: 0, retry: 1, failed: 0, parked: 0, lagsMs: [], now: NOW },
    ...{ requests: 1, latencyMs: 10_000, slowestMs: 10_000 },
    sent: { delivered: 0, failed: 0, retry: 1, timedOut: 1, unauthorized: 0, elapsedMs: 10_000 },
  });

beforeEach(async () => {
  for (const key of await keysUnder("parked/")) await env.LAKE.delete(key);
});

describe("the schedule", () => {
  it("puts parked items back, oldest first, and forgets them", async () => {
    await park("hook", ["p2"], NOW + 1);
    await park("hook", ["p0", "p1"], NOW);
    expect(await listParked(env.LAKE, "hook", 10)).toMatchObject({
      objects: [{ items: 2 }, { items: 1 }],
      more: false,
    });
    const { released, sent } = await run({ newId: () => "new" });
    expect(released).toEqual({ hook: 3 });
    expect(sent.map(({ envelope }) => envelope)).toEqual([
      { ...envelopeOf("hook", itemOf("p0"), itemOf("p1")), id: "new" },
      { ...envelopeOf("hook", itemOf("p2")), id: "new" },
    ]);
    expect(await parkedDestinations(env.LAKE)).toEqual([]);
  });

  it("releases no more than the destination takes until the next run, spread over that time", async () => {
    const ids = Array.from({ length: 100 }, (_, n) => `r${String(n).padStart(3, "0")}`);
    await park("hook", ids);
    const document = release({ hook: webhookTo(undefined, { limits: { requestsPerSecond: 1 } }) });
    const { released, sent } = await run({ document });
    expect(released).toEqual({ hook: 54 });
    const delays = sent.flatMap(({ envelope, delaySeconds }) => envelope.items.map(() => delaySeconds));
    expect([delays[0], delays.at(-1)]).toEqual([0, 58]);
    expect(new Set(delays).size).toBe(54);
    expect(await listParked(env.LAKE, "hook", 10)).toMatchObject({ objects: [{ items: 46 }] });
    const next = await run({ document });
    expect(next.released).toEqual({ hook: 46 });
    expect([...sent, ...next.sent].flatMap(({ envelope }) => envelope.items.map(({ id }) => id))).toEqual(
      ids,
    );
  });

  it("keeps an item that fits no message any more", async () => {
    await park("hook", ["fits", itemOf("huge", {}, { properties: { text: "x".repeat(60_000) } })]);
    expect((await run()).sent.flatMap(({ envelope }) => envelope.items.map(({ id }) => id))).toEqual([
      "fits",
    ]);
    expect((await listParked(env.LAKE, "hook", 10)).objects).toMatchObject([{ items: 1 }]);
  });

  it("shares what one run may ask for among all destinations: with many of them each gets less", async () => {
    for (let n = 0; n < 3; n++) await park("hook", [`few-${n}`], NOW + n);
    const { context, crm } = await deliveryContext({ fetch: nobody });
    expect(await releaseOne("hook", { ...context, now: NOW, among: 750 })).toBe(2);
    expect(crm.sent.flatMap(({ envelope }) => envelope.items.map(({ id }) => id))).toEqual([
      "few-0",
      "few-1",
    ]);
  });

  it("leaves what a batch that still goes on has kept alone, until that has been given up", async () => {
    await park("hook", ["h1"], NOW, NOW + 55_000);
    await park("hook", ["h2"], NOW + 1);
    expect((await run()).released).toEqual({ hook: 1 });
    expect((await run(later(55_000))).released).toEqual({ hook: 1 });
  });

  it("keeps what the queue has not confirmed", async () => {
    await park("hook", ["k1"]);
    expect((await run({}, true)).released).toEqual({});
    expect(await keysUnder("parked/hook/")).toHaveLength(1);
  });

  it("leaves a paused destination, and one whose circuit is open, alone", async () => {
    await destinationObject(env.DESTINATION, "still").pause("operator", NOW);
    await openCircuit("open");
    await park("still", ["s1"]);
    await park("open", ["o1"]);
    const document = release({ still: webhookTo(), open: webhookTo() });
    expect((await run({ document })).released).toEqual({});
    expect(await keysUnder("parked/")).toHaveLength(2);
  });

  it("probes a half-open circuit by itself, with one request; a vain probe costs no queue any time", async () => {
    await openCircuit("dead");
    await park("dead", ["d1", "d2"]);
    const document = release({ dead: webhookTo() });
    let requests = 0;
    const fetch: Fetch = async () => {
      requests++;
      return new Response(null, { status: 503 });
    };
    const vain = await run({ document, fetch, ...later(30_000) });
    expect(requests).toBe(1);
    expect(vain.sent.flatMap(({ envelope }) => envelope.items)).toMatchObject([{ id: "d1", attempt: 2 }]);
    expect(await listParked(env.LAKE, "dead", 10)).toMatchObject({ objects: [{ items: 1 }] });
    await run({ document, fetch, ...later(80_000) });
    expect(requests).toBe(1); // open for a minute now
    // A batch of the queue is no probe.
    const { context } = await deliveryContext({ document, fetch, ...later(95_000) });
    await consume(context, envelopeOf("dead", itemOf("d3")));
    expect(requests).toBe(1);
  });

  it("a probe that gets through closes the circuit, and the others go on at once", async () => {
    await openCircuit("back");
    await park("back", ["b1", "b2", "b3"]);
    const told: string[] = [];
    const fetch: Fetch = async (_, init) => {
      told.push(new Headers(init.headers).get("webhook-id") ?? "");
      return new Response("ok");
    };
    const { released, sent } = await run({
      document: release({ back: webhookTo() }),
      fetch,
      ...later(30_000),
    });
    expect(told).toEqual(["b1"]);
    expect(released).toEqual({ back: 3 });
    expect(sent.flatMap(({ envelope }) => envelope.items.map(({ id }) => id))).toEqual(["b2", "b3"]);
    expect(await receiptsOf("evt-b1")).toMatchObject([{ outcome: "delivered", release: 7 }]);
    expect(await parkedDestinations(env.LAKE)).toEqual([]);
  });

  it("releases the items of a removed destination, so that their receipts can say so", async () => {
    await park("removed", ["r1"]);
    const { released, sent } = await run();
    expect(released).toEqual({ removed: 1 });
    expect(sent).toHaveLength(1);
  });

  it("sets aside an object that cannot be read, and goes on", async () => {
    await env.LAKE.put("parked/hook/000-broken-1.json", "not json");
    await park("hook", ["after"]);
    expect((await run()).released).toEqual({ hook: 1 });
    expect(await keysUnder("parked/")).toEqual([]);
    expect(await keysUnder("dead/parked/")).toHaveLength(1);
  });
});

describe("a destination that keeps the order", () => {
  const of = (id: string, occurredAt: number) =>
    itemOf(id, {}, { profile: id.charAt(0), occurredAt, receivedAt: occurredAt });
  const document = release({ line: webhookTo(undefined, { ordered: true }) });
  /** A vendor that is away for these ids. */
  const vendor = (told: string[], away: Set<string>): Fetch => {
    return async (_, init) => {
      const id = new Headers(init.headers).get("webhook-id") ?? "";
      if (away.has(id)) return new Response(null, { status: 503 });
      told.push(id);
      return new Response("ok");
    };
  };

  it("lets nobody pass one that must be tried again, in its batch, in later ones, or in the schedule", async () => {
    const told: string[] = [];
    const away = new Set(["a1"]);
    const fetch = vendor(told, away);
    const at = (ms: number) => ({ document, fetch, clock: () => NOW + ms });
    const first = await deliveryContext(at(0));
    await consume(first.context, envelopeOf("line", of("a1", 1), of("a2", 2), of("b1", 3)));
    expect({ told, sent: first.crm.sent }).toEqual({ told: ["b1"], sent: [] });
    // What comes now goes behind it, whoever's it is: the queue has no order to tell.
    const second = await deliveryContext(at(10));
    await consume(second.context, envelopeOf("line", of("a3", 4), of("b2", 5)));
    expect(told).toEqual(["b1"]);
    expect(await receiptsOf("evt-b2")).toMatchObject([{ outcome: "parked", code: "ordered" }]);
    // The vendor is still away for a1: what is not of its profile goes on.
    expect((await run(at(60_000))).released).toEqual({ line: 1 });
    expect(told).toEqual(["b1", "b2"]);
    away.clear();
    expect((await run(at(120_000))).released).toEqual({ line: 3 });
    expect(told).toEqual(["b1", "b2", "a1", "a2", "a3"]);
    // Nothing waits any more: batches go straight on.
    await consume((await deliveryContext(at(121_000))).context, envelopeOf("line", of("a4", 6)));
    expect(told.at(-1)).toBe("a4");
    const receipts = (await receiptsOf("evt-a1")).map(
      (one) => `${"attempt" in one && one.attempt}: ${one.outcome}`,
    );
    expect(receipts.sort()).toEqual(["1: retry", "2: retry", "3: delivered"]);
  });

  it("nobody passes what was parked while the schedule was delivering", async () => {
    const told: string[] = [];
    const away = new Set(["d1"]);
    const busy = release({ busy: webhookTo(undefined, { ordered: true }) });
    const at = (ms: number, fetch: Fetch) => ({ document: busy, fetch, clock: () => NOW + ms });
    const batch = async (ms: number, ...ids: string[]) =>
      consume(
        (await deliveryContext(at(ms, vendor(told, away)))).context,
        envelopeOf("busy", ...ids.map((id) => of(id, ms))),
      );
    await batch(0, "d1");
    away.clear();
    let meanwhile: string[] = ["d2"];
    const whileBusy: Fetch = async (url, init) => {
      const ids = meanwhile;
      meanwhile = [];
      for (const id of ids) await batch(60_000, id);
      return vendor(told, away)(url, init);
    };
    expect((await run(at(60_000, whileBusy))).released).toEqual({ busy: 2 });
    expect(told).toEqual(["d1", "d2"]);
    await batch(61_000, "d3");
    expect(told).toEqual(["d1", "d2", "d3"]);
  });

  it("is not asked again before the vendor wants it; one that fails for good lets the rest go on", async () => {
    const told: string[] = [];
    let answer = () => new Response(null, { status: 503, headers: { "retry-after": "300" } });
    const fetch: Fetch = async (_, init) => {
      const id = new Headers(init.headers).get("webhook-id") ?? "";
      if (id === "c1") return answer();
      told.push(id);
      return new Response("ok");
    };
    const slow = release({ slow: webhookTo(undefined, { ordered: true }) });
    const at = (ms: number) => ({ document: slow, fetch, clock: () => NOW + ms });
    await consume((await deliveryContext(at(0))).context, envelopeOf("slow", of("c1", 1), of("c2", 2)));
    expect((await run(at(120_000))).released).toEqual({});
    answer = () => new Response(null, { status: 400 });
    expect((await run(at(310_000))).released).toEqual({ slow: 2 });
    expect(told).toEqual(["c2"]);
    expect((await receiptsOf("evt-c1")).map(({ outcome }) => outcome).sort()).toEqual(["failed", "retry"]);
  });
});

describe("operators", () => {
  it("are told once of what stopped by itself, in words that a chat shows", async () => {
    const bodies: Record<string, unknown>[] = [];
    let status = 500;
    const alert = {
      alertUrl: "https://hooks.example.com/alert",
      allowInsecure: false,
      fetch: async (_: string, init: RequestInit) => {
        bodies.push(JSON.parse(String(init.body)));
        return new Response("ok", { status });
      },
    };
    const fetch: Fetch = async () => new Response(null, { status: 401 });
    const document = release({ locked: webhookTo() });
    await consume(
      (await deliveryContext({ document, fetch })).context,
      envelopeOf("locked", itemOf("locked-1")),
    );
    await run({ document, alert });
    status = 200;
    await run({ document, alert });
    await run({ document, alert });
    expect(bodies).toHaveLength(2); // the first one was not taken
    expect(bodies[1]).toEqual({
      type: "delivery.paused",
      text: expect.stringMatching(/"locked" have stopped: it refuses our credentials/),
      destination: "locked",
      reason: "unauthorized",
      since: new Date(NOW).toISOString(),
    });
  });
});
