/**
 * The consumer and the schedule, killed at each of their awaits in turn: whatever was under way, in the end each item has
 * had its effect, or lies in the dead letters, and none had another one. The vendor deduplicates by id and counts.
 */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { DeliveryEnvelope, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import { consumeDeliveries, type DeliveryContext } from "#forward/consumer";
import { destinationObject } from "#forward/destination-object";
import type { Fetch } from "#forward/destinations/contract";
import { listFailures } from "#forward/failures/store";
import { releaseParked } from "#forward/schedule";
import { putParked, readDeadItem } from "#forward/store";
import { deliveryContext, envelopeOf, itemOf, NOW, release, webhookTo } from "./delivery.ts";
import { type Awaits, isolateOf } from "./killable.ts";

const MINUTE = 61_000;
/** Worlds that are played at the same time. */
const AT_ONCE = 6;
let worlds = 0;

/** A folder of the real bucket, as a bucket. */
function folderOf(bucket: R2Bucket, folder: string): R2Bucket {
  const at = (key: string) => `${folder}/${key}`;
  const from = (key: string) => key.slice(folder.length + 1);
  const own: Partial<Record<keyof R2Bucket, (...all: never[]) => unknown>> = {
    put: (key: string, ...rest: [string, R2PutOptions?]) => bucket.put(at(key), ...rest),
    get: (key: string) => bucket.get(at(key)),
    delete: (keys: string | string[]) => bucket.delete([keys].flat().map(at)),
    list: async (options: R2ListOptions) => {
      const listed = await bucket.list({ ...options, prefix: at(options.prefix ?? "") });
      return {
        ...listed,
        objects: listed.objects.map(({ key, customMetadata }) => ({ key: from(key), customMetadata })),
        delimitedPrefixes: listed.delimitedPrefixes.map(from),
      };
    },
  };
  return own as unknown as R2Bucket; // as much of it as delivery uses
}

/** A vendor, a queue and a clock of their own, over the real stores. Names of items say how the vendor takes them. */
async function newWorld() {
  const mark = `w${worlds++}`;
  let now = NOW;
  const waiting: DeliveryEnvelope[] = [];
  /** What each item was sent as, by its id. */
  const bodies = new Map<string, Set<string>>();
  const effects = new Set<string>();
  const refused = new Set<string>();
  const fetch: Fetch = async (_, init) => {
    const id = new Headers(init.headers).get("webhook-id") ?? "";
    bodies.set(id, (bodies.get(id) ?? new Set()).add(String(init.body)));
    if (id.includes("slow")) await new Promise((resolve) => setTimeout(resolve, 15));
    if (id.includes("bad")) return new Response(null, { status: 400 });
    if (id.includes("later") && !refused.has(id)) {
      refused.add(id);
      return new Response(null, { status: 503 });
    }
    effects.add(id);
    return new Response("ok");
  };
  const plain = `plain-${mark}`;
  const line = `line-${mark}`;
  const paced = `paced-${mark}`;
  const document = release({
    [plain]: webhookTo(),
    [line]: webhookTo(undefined, { ordered: true }),
    [paced]: webhookTo(undefined, { limits: { requestsPerSecond: 1 } }),
  });
  const bucket = folderOf(env.LAKE, mark);
  const made = await deliveryContext({ fetch, bucket, document, clock: () => now, patienceMs: 60_000 });
  const keysUnder = async (prefix: string) => (await bucket.list({ prefix })).objects.map(({ key }) => key);
  const landed = async () => {
    const texts = (await keysUnder("landing/deliveries/")).map(
      async (key) => (await bucket.get(key))?.text() ?? "",
    );
    const lines = (await Promise.all(texts)).flatMap((text) => text.trim().split("\n"));
    return lines.map((line) => JSON.parse(line) as Receipt);
  };
  const queue = {
    async send(envelope: DeliveryEnvelope): Promise<QueueSendResponse> {
      waiting.push(envelope);
      return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
    },
  };
  const context: DeliveryContext = { ...made.context, queues: { analytics: queue, crm: queue } };
  const of = (name: string, at = 1) =>
    itemOf(`${mark}-${name}`, {}, { profile: `${mark}-p`, occurredAt: at, receivedAt: NOW - 1_000 });

  /** One batch as the platform runs it: what was not acked comes again, and so does all of a batch that died. */
  const consume = async (batchOf: DeliveryEnvelope[], dies = 0, when: "before" | "after" = "before") => {
    const isolate = isolateOf(context, dies, when);
    const batch = createMessageBatch(
      "doorstep-crm",
      batchOf.map((body, n) => ({ id: `m${n}`, timestamp: new Date(now), attempts: 1, body })),
    );
    const background: Promise<unknown>[] = [];
    const waitUntil = (work: Promise<unknown>) => void background.push(work);
    const execution = createExecutionContext();
    const done = consumeDeliveries(batch, { ...isolate.context, waitUntil }).then(() => "done" as const);
    const ended = await Promise.race([done, isolate.died.then(() => "died" as const)]);
    if (ended === "died") waiting.push(...batchOf);
    else {
      const { retryMessages } = await getQueueResult(batch, execution);
      for (const { msgId } of retryMessages)
        waiting.push(batchOf[Number(msgId.slice(1))] as DeliveryEnvelope); // m<n>
      await Promise.race([Promise.all(background), isolate.died]);
    }
    return isolate.awaits();
  };
  const schedule = async (dies = 0, when: "before" | "after" = "before") => {
    const isolate = isolateOf(context, dies, when);
    const alert = { fetch, alertUrl: "", allowInsecure: false };
    await Promise.race([releaseParked({ ...isolate.context, alert }), isolate.died]);
    return isolate.awaits();
  };
  const parked = async () =>
    (await Promise.all([plain, line, paced].map((key) => keysUnder(`parked/${key}/`)))).flat();

  /** Go on until nothing waits anywhere; then what became of these items? */
  const settle = async (items: readonly DeliveryItem[]) => {
    for (let rounds = 0; rounds < 40; rounds++) {
      now += MINUTE;
      if (waiting.length > 0) await consume(waiting.splice(0));
      if ((await parked()).length > 0) await schedule();
      else if (waiting.length === 0) break;
    }
    expect({ waiting, parked: await parked() }).toEqual({ waiting: [], parked: [] });
    const good = items.filter(({ id }) => !id.includes("bad")).map(({ id }) => id);
    expect([...effects].sort()).toEqual(good.sort());
    const failed = (await listFailures(env.IDENTITY_0, 500, { destination: plain })).map(
      ({ itemId }) => itemId,
    );
    const all = await landed();
    for (const { id, event } of items) {
      // What is sent again is the very same, or no vendor could know it.
      expect(bodies.get(id)?.size).toBe(1);
      const isBad = id.includes("bad");
      expect(failed.includes(id)).toBe(isBad);
      expect((await readDeadItem(bucket, plain, id)) !== undefined).toBe(isBad);
      const last = isBad ? "failed" : "delivered";
      const receipts = all.filter(({ eventId }) => eventId === event.id);
      expect(receipts.map(({ outcome }) => outcome)).toContain(last);
    }
  };
  return {
    ...{ plain, line, paced, of, consume, schedule, settle, context },
    pass(ms: number) {
      now += ms;
    },
  };
}

type World = Awaited<ReturnType<typeof newWorld>>;

/** Kill at each await, before and after it is done. `play` gives the number of awaits when it is never killed. */
async function killEverywhere(
  play: (
    world: World,
    dies: number,
    when: "before" | "after",
  ) => Promise<{ awaits: Awaits; items: DeliveryItem[] }>,
): Promise<Awaits> {
  const whole = await newWorld();
  const { awaits, items } = await play(whole, 0, "before");
  await whole.settle(items);
  const deaths = (["before", "after"] as const).flatMap((when) =>
    Array.from({ length: awaits[when] }, (_, n) => ({ when, dies: n + 1 })),
  );
  const lane = async () => {
    for (let death = deaths.shift(); death; death = deaths.shift()) {
      const world = await newWorld();
      const played = await play(world, death.dies, death.when);
      await world.settle(played.items);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return awaits;
}

describe("killed at each await, nothing is lost and nothing has a second effect", () => {
  it("a batch: delivered, failed, tried again, limited and in order", { timeout: 60_000 }, async () => {
    const awaits = await killEverywhere(async ({ plain, line, paced, of, consume }, dies, when) => {
      const batches = [
        envelopeOf(plain, of("ok"), of("bad"), of("later")),
        envelopeOf(line, of("first-later", 1), of("second", 2)),
        envelopeOf(paced, of("now"), of("next")),
      ];
      return { awaits: await consume(batches, dies, when), items: batches.flatMap(({ items }) => items) };
    });
    expect(awaits.before).toBeGreaterThan(15);
  });

  it("a batch that is handed over, and what goes on after it", { timeout: 60_000 }, async () => {
    const awaits = await killEverywhere(async ({ plain, line, of, consume, context }, dies, when) => {
      context.patienceMs = 1;
      const batches = [
        envelopeOf(plain, of("slow-ok"), of("slow-bad"), of("slow-later")),
        envelopeOf(line, of("slow-first-later", 1), of("slow-second", 2)),
      ];
      return { awaits: await consume(batches, dies, when), items: batches.flatMap(({ items }) => items) };
    });
    expect(awaits.before).toBeGreaterThan(15);
  });

  it("the schedule: a probe, what waits in order, and what goes back to the queue", {
    timeout: 60_000,
  }, async () => {
    const awaits = await killEverywhere(async ({ plain, line, of, schedule, pass, context }, dies, when) => {
      const parked = {
        [plain]: ["probe", "bad"],
        [line]: ["first-later", "second"],
      };
      const items: DeliveryItem[] = [];
      for (const [key, names] of Object.entries(parked)) {
        const own = names.map((name, n) => of(name, n));
        items.push(...own);
        await putParked(context.bucket, key, { code: "circuit_open", items: own }, NOW, "p");
      }
      const vain = { delivered: 0, failed: 0, retry: 1, timedOut: 1, unauthorized: 0, elapsedMs: 10_000 };
      await destinationObject(context.destinations, plain).report({
        ...{ delivered: 0, skipped: 0, retry: 1, failed: 0, parked: 0, lagsMs: [], now: NOW },
        ...{ requests: 1, latencyMs: 1, slowestMs: 1, sent: vain },
      });
      pass(MINUTE);
      return { awaits: await schedule(dies, when), items };
    });
    expect(awaits.before).toBeGreaterThan(15);
  });
});
