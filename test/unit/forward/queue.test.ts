/** The customer's own queue, with a real queue and a consumer that reads it: what arrives is what the contract says. */
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { destinationSchema } from "#contracts/definitions/destination";
import { type CustomerMessage, customerMessageSchema } from "#contracts/messages/customer_message";
import { checkDestination } from "#forward/check";
import type { SendContext } from "#forward/destinations/contract";
import { exampleEvent } from "#forward/destinations/example-event";
import { DESTINATION_EXAMPLES } from "#forward/destinations/examples";
import { queue } from "#forward/destinations/queue/index";
import { type QueueSettings, queueSettings } from "#forward/destinations/queue/settings";
import { tokenCache } from "#forward/tokens";
import { until } from "../demo/running-demo.ts";
import { mappedOf } from "./items.ts";

/** The customer's Worker: keeps what it reads under a number of its own. */
const CONSUMER = `export default {
  async queue(batch, env) {
    await env.READ.put(crypto.randomUUID(), JSON.stringify(batch.messages.map(({ body }) => body)));
  },
};`;

let platform: Miniflare;
beforeAll(async () => {
  platform = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      compatibilityDate: "2026-10-15",
      script: CONSUMER,
      kvNamespaces: ["READ"],
      queueProducers: { MY_QUEUE: "theirs" },
      queueConsumers: { theirs: { maxBatchSize: 100, maxBatchTimeout: 0 } },
    }),
  );
  await platform.ready;
});
afterAll(() => platform.dispose());

const settings = queueSettings.parse({ binding: "MY_QUEUE" });
const contextOf = (queueOf: SendContext<QueueSettings>["queueOf"]) => ({
  settings,
  fetch: () => Promise.reject(new TypeError("nobody is there")),
  now: 1_795_168_900_000,
  signal: new AbortController().signal,
  allowInsecure: false,
  tokens: tokenCache(),
  queueOf,
});
const bound = async () => {
  const producer = await platform.getQueueProducer("MY_QUEUE");
  return contextOf((name) => (name === "MY_QUEUE" ? producer : undefined));
};
const unbound = contextOf(() => undefined);

/** What the consumer has read since, by the messages' ids. */
async function readAll(count: number): Promise<Map<string, CustomerMessage>> {
  const kept = await platform.getKVNamespace("READ");
  const read = new Map<string, CustomerMessage>();
  await until(async () => {
    for (const { name } of (await kept.list()).keys) {
      for (const body of JSON.parse(String((await kept.get(name)) ?? "[]")) as unknown[]) {
        const message = customerMessageSchema.parse(body);
        read.set(message.id, message);
      }
      await kept.delete(name);
    }
    return read.size >= count;
  });
  return read;
}

const bodyOf = (properties: Record<string, unknown>) => {
  const result = queue.map(exampleEvent("custom", properties), {}, settings);
  if (result.status !== "mapped") throw new Error(result.status);
  return result.body;
};

it("a consumer reads every example as the published contract has it, under the item's id", async () => {
  const bodies = DESTINATION_EXAMPLES.queue.map(({ event, traits = {}, settings: given }, n) => {
    const result = queue.map(event, traits, queueSettings.parse(given));
    if (result.status !== "mapped") throw new Error(result.status);
    return mappedOf(`item-${n}`, result.body);
  });
  expect(await queue.send(bodies, await bound())).toEqual(bodies.map(() => ({ status: "delivered" })));
  const read = await readAll(bodies.length);
  for (const { itemId, body } of bodies) expect(read.get(itemId)).toMatchObject({ ...body, id: itemId });
});

it("a batch larger than a queue takes goes in several, and what is too large alone fails with its size", async () => {
  const bodies = Array.from({ length: 100 }, (_, n) =>
    mappedOf(`item-${n}`, bodyOf({ text: "x".repeat(n === 50 ? 130_000 : 20_000) })),
  );
  const outcomes = await queue.send(bodies, await bound());
  expect(outcomes[50]).toEqual({
    status: "failed",
    code: "too_large",
    detail: expect.stringMatching(/^13\d{4} bytes$/),
  });
  expect(outcomes.filter(({ status }) => status === "delivered")).toHaveLength(99);
  expect((await readAll(99)).size).toBe(99);
});

it("an erasure is a message of its own, with addresses only where those may have gone there", async () => {
  const person = { emails: ["ida@example.com"], phones: [], userIds: [], subjects: ["visitor_id:1.example"] };
  const erase = async (id: string, personal: boolean) =>
    queue.erase?.(person, { ...(await bound()), id, personal });
  expect(await erase("e-1", true)).toEqual({ status: "requested" });
  expect(await erase("e-2", false)).toEqual({ status: "requested" });
  const read = await readAll(2);
  const timestamp = "2026-11-20T10:01:40.000Z";
  const shared = { v: 1, kind: "erasure", timestamp, subjects: ["visitor_id:1.example"] };
  expect(read.get("e-1")).toEqual({ ...shared, id: "e-1", emails: ["ida@example.com"] });
  expect(read.get("e-2")).toEqual({ ...shared, id: "e-2" });
});

describe("a queue that is not bound", () => {
  const body = mappedOf("item-0", bodyOf({}));

  it("pauses the destination: what is for it waits until somebody has bound it", async () => {
    expect(await queue.send([body], unbound)).toEqual([
      { status: "unauthorized", detail: "queue_missing:MY_QUEUE" },
    ]);
    expect(await queue.health(unbound)).toMatchObject({ status: "misconfigured", code: "queue_missing" });
    expect(await queue.health(await bound())).toEqual({ status: "ok" });
  });

  it("lets an erasure wait for it, too", async () => {
    const person = { emails: [], phones: [], userIds: [], subjects: ["s"] };
    const context = { ...unbound, id: "e", personal: true };
    expect(await queue.erase?.(person, context)).toMatchObject({ status: "retry", code: "queue_missing" });
    expect(await queue.erase?.({ ...person, subjects: [] }, context)).toMatchObject({ status: "none" });
  });

  it("cannot be published", async () => {
    const definition = destinationSchema.parse({
      type: "queue",
      queue: "crm",
      purposes: ["marketing"],
      settings: { binding: "MY_QUEUE" },
    });
    const check = (queueOf: SendContext<unknown>["queueOf"]) =>
      checkDestination("mine", definition, () => undefined, { features: {} }, queueOf);
    expect(check((await bound()).queueOf)).toEqual([]);
    expect(check(() => undefined)).toEqual([
      { path: "destinations.mine.settings.binding", message: expect.stringContaining('"MY_QUEUE"') },
    ]);
  });
});

it("a queue that takes no batch is tried again, and what it says goes nowhere", async () => {
  const refuses = contextOf(() => ({ sendBatch: () => Promise.reject(new Error("needle@example.com")) }));
  expect(await queue.send([mappedOf("item-0", bodyOf({}))], refuses)).toEqual([
    { status: "retry", code: "queue_refused" },
  ]);
});

it.each(["my_queue", "", "1Q", "MY-QUEUE", "A".repeat(64), "__proto__"])(
  "%j is no name of a binding",
  (binding) => {
    expect(queueSettings.safeParse({ binding }).success).toBe(false);
  },
);
