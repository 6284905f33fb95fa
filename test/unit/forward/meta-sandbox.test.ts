/** Meta's sender over real HTTP, against the demo's sandbox, which refuses what Meta documents as invalid. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { browser, viewed } from "#forward/destinations/meta/example";
import { metaExamples } from "#forward/destinations/meta/examples";
import { meta } from "#forward/destinations/meta/index";
import { reach } from "../../setup/reach.ts";
import { runningDemo } from "../demo/running-demo.ts";

const demo = runningDemo();
beforeEach(async () => {
  await demo.clearFaults();
  await demo.clear();
});

const contextOf = (changes: Record<string, unknown> = {}) => ({
  settings: meta.settings.parse({
    dataset_id: "1234567890123456",
    access_token: "EAAsandbox",
    endpoint: `${demo.url()}/meta`,
    ...changes,
  }),
  fetch: (url: string, init: RequestInit) => fetch(url, init),
  now: Date.now(),
  signal: AbortSignal.timeout(2_000),
  allowInsecure: true,
  ...reach,
});

/** Map and send as delivery does. */
async function deliver(
  events: readonly { event: DeliveryEvent; traits?: Traits | undefined }[],
  changes: Record<string, unknown> = {},
) {
  const context = contextOf(changes);
  const bodies = events.map(({ event, traits = {} }, n) => {
    const result = meta.map(event, traits, context.settings);
    if (result.status !== "mapped") throw new Error(result.status);
    return { itemId: `item-${n}-${event.id}`, event, body: result.body };
  });
  return meta.send(bodies, context);
}

const now = () => ({ occurredAt: Date.now() - 1_000, receivedAt: Date.now() });
const recent = (
  name: string,
  properties: Record<string, unknown> = {},
  changes: Partial<DeliveryEvent> = {},
) => ({
  event: { ...viewed(name, properties), ...now(), ...changes },
});
const requests = () => demo.received("meta");

describe("Meta's sandbox", () => {
  it("takes every core event, in one request", async () => {
    const mapped = metaExamples.filter(({ expect: { status } }) => status === "mapped");
    const settings = { action_sources: { till: "physical_store" } };
    const events = mapped.map(({ event, traits }) => ({ event: { ...event, ...now() }, traits }));
    const outcomes = await deliver(events, settings);
    expect(outcomes).toEqual(events.map(() => ({ status: "delivered" })));
    expect(await requests()).toMatchObject([
      { status: 200, valid: true, events: events.length, duplicates: 0 },
    ]);
  });

  it("counts a repetition once, and says so to nobody but its record", async () => {
    for (let n = 0; n < 2; n += 1)
      expect(await deliver([recent("login")])).toEqual([{ status: "delivered" }]);
    expect(await requests()).toMatchObject([{ duplicates: 0 }, { duplicates: 1 }]);
  });

  it("takes the others where one is refused", async () => {
    const wrong = recent("purchase", { order_id: "A", value: 1, currency: "XQX" }, { id: "w" });
    const good = Array.from({ length: 9 }, (_, n) => recent("scroll", { percent: n }, { id: `e${n}` }));
    const outcomes = await deliver([...good.slice(0, 4), wrong, ...good.slice(4)]);
    expect(outcomes.filter(({ status }) => status === "delivered")).toHaveLength(9);
    expect(outcomes[4]).toMatchObject({ status: "failed", code: "meta_100" });
  });

  it("is never sent what is too old, which would cost all the others", async () => {
    const old = recent("scroll", {}, { id: "old", occurredAt: Date.now() - 8 * 86_400_000 });
    expect(await deliver([old, recent("scroll")])).toEqual([
      { status: "skipped", reason: "too_old_for_vendor" },
      { status: "delivered" },
    ]);
    expect(await requests()).toMatchObject([{ status: 200, events: 1 }]);
  });

  it("is told no trait in the clear, and the token in no address", async () => {
    const traits = {
      email: "ida@example.com",
      phone: "+421905123456",
      first_name: "Ida",
      customer_id: "C-77",
    };
    await deliver([{ ...recent("form_submit", { form_id: "f" }), traits }]);
    const [request] = await requests();
    const text = JSON.stringify(request?.body);
    for (const value of ["ida@", "421905123456", "Ida", "C-77", "visitor_id"])
      expect(text).not.toContain(value);
    expect(JSON.stringify([request?.path, Reflect.get(request ?? {}, "query")])).not.toContain("EAA");
  });

  it("shows events under a test's code", async () => {
    await deliver([recent("login")], { test_event_code: "TEST42" });
    expect(await requests()).toMatchObject([{ testEventCode: "TEST42" }]);
  });

  it.each([
    ["500", { status: "retry", code: "meta_1" }],
    ["429", { status: "retry", code: "meta_80004", afterSeconds: 60 }],
    ["unauthorized", { status: "unauthorized", detail: "meta_190" }],
    ["forbidden", { status: "unauthorized", detail: "meta_200" }],
    ["reset", { status: "retry", code: "network" }],
    ["hold", { status: "retry", code: "timeout" }],
  ])("fault %s", async (mode, outcome) => {
    await demo.arm({ vendor: "meta", mode });
    expect(await deliver([recent("login")])).toEqual([outcome]);
  });

  it("refuses a wrong token, and a dataset that it does not know", async () => {
    expect(await deliver([recent("login")], { access_token: "EAAother" })).toEqual([
      { status: "unauthorized", detail: "meta_190" },
    ]);
    expect(await deliver([recent("login")], { dataset_id: "99999" })).toEqual([
      { status: "unauthorized", detail: "meta_100" },
    ]);
  });

  it("answers the health check", async () => {
    expect(await meta.health(contextOf())).toEqual({ status: "ok" });
    expect(await meta.health(contextOf({ access_token: "EAAother" }))).toMatchObject({
      status: "unauthorized",
    });
    expect(await requests()).toMatchObject([{ method: "GET" }, { method: "GET" }]);
  });

  it("knows a browser by what Doorstep keeps of it", async () => {
    await deliver([
      recent(
        "page_view",
        {},
        { context: { ...browser, device: { type: "mobile", browser: "Firefox 150" } } },
      ),
    ]);
    expect(await requests()).toMatchObject([
      { body: { data: [{ user_data: { client_user_agent: "Firefox/150" } }] } },
    ]);
  });
});
