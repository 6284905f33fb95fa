/** One person out of what waits to be delivered or could not be: dead letters, failures and parked items. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { DeliveryItem } from "#contracts/messages/delivery_envelope";
import { countWaiting, eraseWaiting } from "#forward/erase";
import { insertFailures, listFailures } from "#forward/failures/store";
import { itemIdOf } from "#forward/item-id";
import { releaseDestination } from "#forward/parked";
import { listParked, putDeadItem, putDeadMessage, putParked, readDeadItem } from "#forward/store";
import { failing } from "../ingest/envelopes.ts";
import { emptyStores } from "../setup.ts";
import { envelopeOf, itemOf, keepingQueue, keysUnder, NOW } from "./delivery.ts";

beforeEach(async () => {
  await emptyStores();
});

const stores = { db: env.IDENTITY_0, bucket: env.LAKE };
const ANN = "visitor_id:1.ann";
const ANN_MAIL = "email:1.ann";
const of = (id: string, ...subjects: string[]): DeliveryItem => itemOf(id, { subjects });

const erase = (more: Partial<Parameters<typeof eraseWaiting>[1]> = {}) =>
  eraseWaiting(stores, { subjects: [ANN, ANN_MAIL], ...more });
const fail = async (destination: string, item: DeliveryItem) => {
  await putDeadItem(env.LAKE, destination, item);
  const failure = {
    itemId: item.id,
    destination,
    eventId: item.event.id,
    name: null,
    code: "x",
    detail: null,
    attempt: 1,
    at: NOW,
  };
  await insertFailures(env.IDENTITY_0, [failure]);
};
const failures = async () => (await listFailures(env.IDENTITY_0, 100)).map(({ itemId }) => itemId).sort();
const textUnder = async (prefix: string) =>
  (
    await Promise.all((await keysUnder(prefix)).map(async (key) => (await env.LAKE.get(key))?.text() ?? ""))
  ).join("\n");

describe("an erased person", () => {
  it("has no dead letter and no failure any more, at whatever destination; others have theirs", async () => {
    await fail("hook", of("a-1", ANN));
    await fail("hook", of("b-1", "visitor_id:1.ben"));
    await fail("kafka-events", of("a-2", "visitor_id:1.shared|email:1.ann", "visitor_id:1.shared"));
    const item = itemOf("a-3", { subjects: ["user_id:1.x"] }, { profile: ANN });
    await fail("ga4", item);
    const before = await textUnder("dead/hook/b-1");
    expect(await countWaiting(env.LAKE, { subjects: [ANN, ANN_MAIL] })).toEqual({
      dead: 3,
      parked: 0,
      unreadable: 0,
    });

    expect(await erase()).toEqual({ dead: 3, parked: 0, unreadable: 0, failures: 3, objects: 3 });
    expect(await failures()).toEqual(["b-1"]);
    expect(await keysUnder("dead/")).toEqual(["dead/hook/b-1.json"]);
    expect(await textUnder("dead/")).toBe(before);
    expect(await readDeadItem(env.LAKE, "hook", "a-1")).toBeUndefined();
    expect(await erase()).toEqual({ dead: 0, parked: 0, unreadable: 0, failures: 0, objects: 0 });
  });

  it("is taken out of messages that failed whole, and goes with those that nobody can read", async () => {
    const message = (...items: DeliveryItem[]) => ({
      at: NOW,
      attempts: 9,
      body: envelopeOf("hook", ...items),
    });
    const ben = of("b-1", "visitor_id:1.ben");
    await putDeadMessage(env.LAKE, "doorstep-crm-dead", "m-1", message(of("a-1", ANN), ben));
    await putDeadMessage(env.LAKE, "doorstep-crm-dead", "m-2", message(of("a-2", ANN)));
    await putDeadMessage(env.LAKE, "doorstep-crm", "m-3", { at: NOW, attempts: 1, body: { odd: [ANN] } });
    await env.LAKE.put("dead/doorstep-crm/m-4.json", `{"cut":"${ANN_MAIL}"`);
    await env.LAKE.put("dead/doorstep-crm/m-5.json", '{"cut":"visitor_id:1.anna');

    expect(await erase()).toMatchObject({ dead: 2, unreadable: 2, objects: 4 });
    expect(await keysUnder("dead/")).toEqual([
      "dead/doorstep-crm-dead/m-1.json",
      "dead/doorstep-crm/m-5.json",
    ]);
    const left = JSON.parse((await (await env.LAKE.get("dead/doorstep-crm-dead/m-1.json"))?.text()) ?? "");
    expect(left).toEqual({
      queue: "doorstep-crm-dead",
      id: "m-1",
      at: NOW,
      attempts: 9,
      body: { ...envelopeOf("hook", ben), id: "envelope-a-1" },
    });
  });

  it("is taken out of what a batch that goes on has kept, and nobody takes up the others before its time", async () => {
    const items = [of("b-1", "visitor_id:1.ben"), of("a-1", ANN)];
    await putParked(env.LAKE, "hook", { code: "handed_over", items }, NOW, "p1", NOW + 55_000);
    expect(await erase()).toMatchObject({ parked: 1 });
    expect((await listParked(env.LAKE, "hook", 10)).objects).toMatchObject([
      { items: 1, notBefore: NOW + 55_000 },
    ]);
  });

  it("is taken out of parked items: how many wait stays true, and the others are released once", async () => {
    const others = [of("b-1", "visitor_id:1.ben"), of("b-2", "visitor_id:1.cleo")];
    await putParked(
      env.LAKE,
      "hook",
      { code: "circuit_open", items: [others[0]!, of("a-1", ANN), others[1]!] },
      NOW,
      "p1",
    );
    await putParked(env.LAKE, "hook", { code: "paused", items: [of("a-2", ANN_MAIL)] }, NOW, "p2");
    expect(await countWaiting(env.LAKE, { subjects: [ANN, ANN_MAIL] })).toMatchObject({ dead: 0, parked: 2 });

    expect(await erase()).toMatchObject({ parked: 2, objects: 2 });
    expect((await listParked(env.LAKE, "hook", 10)).objects.map(({ items }) => items)).toEqual([2]);
    const queue = keepingQueue();
    const context = { bucket: env.LAKE, queue, newId: () => "n", now: NOW, itemsPerSecond: 1_000 };
    expect(await releaseDestination("hook", context)).toBe(2);
    expect(queue.sent.flatMap(({ envelope }) => envelope.items)).toEqual(others);
    expect(await keysUnder("parked/")).toEqual([]);
  });

  it("released while the object was being rewritten leaves the others released once, too", async () => {
    const items = [of("a-1", ANN), of("b-1", "visitor_id:1.ben")];
    await putParked(env.LAKE, "hook", { code: "paused", items }, NOW, "p1");
    const queue = keepingQueue();
    const racing = new Proxy(env.LAKE, {
      get(target, name) {
        const value = Reflect.get(target, name) as (...all: unknown[]) => unknown;
        if (name !== "put") return value.bind(target);
        return async (...given: unknown[]) => {
          await releaseDestination("hook", {
            bucket: env.LAKE,
            queue,
            newId: () => "n",
            now: NOW,
            itemsPerSecond: 1_000,
          });
          return value.apply(target, given);
        };
      },
    });
    await eraseWaiting({ ...stores, bucket: racing }, { subjects: [ANN] });
    expect(await keysUnder("parked/")).toEqual([]);
    expect(queue.sent).toHaveLength(1);
  });

  it("is not in the list of failures by an event whose item is gone; another with the same event id is", async () => {
    const own = { itemId: await itemIdOf("1", "hook", ANN), destination: "hook", eventId: "1", name: null };
    const bens = {
      itemId: await itemIdOf("1", "hook", "visitor_id:1.ben"),
      destination: "hook",
      eventId: "1",
      name: null,
    };
    const rest = { code: "x", detail: null, attempt: 1, at: NOW };
    await insertFailures(env.IDENTITY_0, [
      { ...own, ...rest },
      { ...bens, ...rest },
    ]);
    expect(await erase({ eventIds: ["1", "2"] })).toMatchObject({ failures: 1 });
    expect(await failures()).toEqual([bens.itemId]);
  });
});

describe("the sweep over what waits", () => {
  it("looks at so many objects a call, and goes on from the dead letters to what is parked", async () => {
    for (let n = 0; n < 4; n++) await fail(`d${n}`, of(`a-${n}`, ANN));
    for (let n = 0; n < 4; n++)
      await putParked(env.LAKE, `d${n}`, { code: "paused", items: [of(`p-${n}`, ANN)] }, NOW, "p");
    const total = { dead: 0, parked: 0, calls: 0 };
    let cursor: string | undefined;
    do {
      const done = await erase({ cursor, limit: 3 });
      total.dead += done.dead;
      total.parked += done.parked;
      total.calls++;
      cursor = done.cursor;
    } while (cursor !== undefined);
    expect(total).toMatchObject({ dead: 4, parked: 4 });
    expect(total.calls).toBeGreaterThanOrEqual(3);
    expect(await keysUnder("")).toEqual([]);
  });

  it("after a crash between a failure and its item is repeated without harm", async () => {
    await fail("hook", of("a-1", ANN));
    const bucket = failing(env.LAKE, ["delete"], 1, "before");
    await expect(eraseWaiting({ ...stores, bucket }, { subjects: [ANN] })).rejects.toThrow("crashed");
    expect(await failures()).toEqual([]);
    expect(await erase()).toMatchObject({ dead: 1, objects: 1 });
    expect(await keysUnder("dead/")).toEqual([]);
  });
});
