/** Parked items go back into their queue when their destination may be asked again, and only then. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { destinationObject } from "#forward/destination-object";
import { releaseParked } from "#forward/schedule";
import { listParked, parkedDestinations, putParked } from "#forward/store";
import { envelopeOf, itemOf, keepingQueue, keysUnder, NOW, release, webhookTo } from "./delivery.ts";

const queues = () => ({ crm: keepingQueue(), analytics: keepingQueue() });
const park = (destination: string, ids: string[], at = NOW) =>
  putParked(
    env.LAKE,
    destination,
    { code: "paused", items: ids.map((id) => itemOf(id)) },
    at,
    crypto.randomUUID(),
  );
const run = (to: ReturnType<typeof queues>, document = release({ hook: webhookTo() }), now = NOW) =>
  releaseParked({
    bucket: env.LAKE,
    queues: to,
    destinations: env.DESTINATION,
    document,
    newId: () => "new",
    now,
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
    const to = queues();
    expect(await run(to)).toEqual({ hook: 3 });
    expect(to.crm.sent.map(({ envelope }) => envelope)).toEqual([
      { ...envelopeOf("hook", itemOf("p0"), itemOf("p1")), id: "new" },
      { ...envelopeOf("hook", itemOf("p2")), id: "new" },
    ]);
    expect(await parkedDestinations(env.LAKE)).toEqual([]);
  });

  it("keeps what the queue has not confirmed", async () => {
    await park("hook", ["k1"]);
    const to = queues();
    to.crm.fails = true;
    expect(await run(to)).toEqual({});
    expect(await keysUnder("parked/hook/")).toHaveLength(1);
  });

  it("leaves a paused destination, and one whose circuit is open, alone", async () => {
    await destinationObject(env.DESTINATION, "still").pause("operator", NOW);
    for (let n = 0; n < 5; n++) {
      await destinationObject(env.DESTINATION, "open").report({
        delivered: 0,
        failed: 0,
        retry: 1,
        unauthorized: 0,
        now: NOW,
      });
    }
    await park("still", ["s1"]);
    await park("open", ["o1"]);
    await park("open", ["o2"], NOW + 1);
    const document = release({ still: webhookTo(), open: webhookTo() });
    expect(await run(queues(), document)).toEqual({});
    // 30 s later the circuit may be probed: by one object, not by all.
    expect(await run(queues(), document, NOW + 30_000)).toEqual({ open: 1 });
    expect(await keysUnder("parked/open/")).toHaveLength(1);
  });

  it("releases the items of a removed destination, so that their receipts can say so", async () => {
    await park("removed", ["r1"]);
    const to = queues();
    expect(await run(to)).toEqual({ removed: 1 });
    expect(to.crm.sent).toHaveLength(1);
  });

  it("sets aside an object that cannot be read, and goes on", async () => {
    await env.LAKE.put("parked/hook/000-broken-1.json", "not json");
    await park("hook", ["after"]);
    expect(await run(queues())).toEqual({ hook: 1 });
    expect(await keysUnder("parked/")).toEqual([]);
    expect(await keysUnder("dead/parked/")).toHaveLength(1);
  });
});
