/** What hangs on a contact of HubSpot, over real HTTP against the demo's sandbox: deals, companies, custom events. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { foldDeal } from "#forward/destinations/hubspot/deals";
import { hubspot } from "#forward/destinations/hubspot/index";
import type { HubspotBody } from "#forward/destinations/hubspot/map";
import { hubspotSettings } from "#forward/destinations/hubspot/settings";
import { reach } from "../../setup/reach.ts";
import { hubspotPortal, ida, proved } from "./hubspot-portal.ts";
import { json, type Sent, vendor } from "./items.ts";

const portal = hubspotPortal();
const { deliver, contacts, crm } = portal;

describe("a deal", () => {
  const deals = { deals: { refunded_stage: "closedlost" } };
  const order = (id = "A-1", value = 420) => proved("purchase", { order_id: id, value, currency: "EUR" });
  const refund = (id: string, properties: Record<string, unknown> = {}) =>
    proved("refund", { order_id: "A-1", ...properties }, ida, { id });

  it("is made of a proved purchase, and belongs to its contact", async () => {
    expect(await deliver([order()], deals)).toMatchObject([{ status: "delivered" }]);
    const { deals: made, associations } = await crm();
    expect(made).toMatchObject([
      {
        properties: {
          doorstep_order_id: "A-1",
          dealname: "Order A-1",
          amount: "420",
          deal_currency_code: "EUR",
          pipeline: "default",
          dealstage: "closedwon",
          closedate: "2026-11-20T10:00:00.000Z",
        },
      },
    ]);
    const [contact] = await contacts();
    expect(associations).toContainEqual({
      from: "deals",
      fromId: made[0]?.id,
      to: "contacts",
      toId: contact?.id,
    });
  });

  it("is not made of a claim, nor where the settings do not ask for it", async () => {
    const { event } = order();
    await deliver([{ event: { ...event, verified: false }, traits: ida }], deals);
    await deliver([order()]);
    expect((await crm()).deals).toEqual([]);
  });

  it("loses what was paid back, once, however often and in whatever order it is told", async () => {
    const part = () => refund("r-1", { value: 39.9, currency: "EUR" });
    await deliver([part()], deals);
    await deliver([order()], deals);
    await deliver([part(), refund("r-2", { value: 0.1 })], deals);
    await deliver([order()], deals);
    const { deals: made } = await crm();
    expect(made).toHaveLength(1);
    expect(made[0]?.properties).toMatchObject({ amount: "380", dealstage: "closedwon" });
    await deliver([refund("r-3")], deals);
    expect((await crm()).deals[0]?.properties).toMatchObject({ amount: "0", dealstage: "closedlost" });
    await deliver([order()], deals);
    expect((await crm()).deals[0]?.properties).toMatchObject({ amount: "0", dealstage: "closedlost" });
  });

  it("that somebody else has made loses from the amount that it has", () => {
    const deal = { id: "A-1", kind: "refund" as const, value: 40, properties: {} };
    const known = { amount: "500", dealstage: "own", dealname: "Big order" };
    expect(foldDeal(known, [{ itemId: "r-1", deal }], undefined)).toEqual({
      amount: "460",
      doorstep_order_value: "500",
      doorstep_refunds: "r-1=40",
    });
  });

  it("that sales have moved on stays where it is", async () => {
    await deliver([order()], { deals: { stage: "contractsent" } });
    await deliver([order()], { deals: { stage: "closedwon" } });
    expect((await crm()).deals[0]?.properties.dealstage).toBe("contractsent");
  });

  it("that HubSpot refuses fails its own item, and says that it was the deal", async () => {
    const odd = proved(
      "purchase",
      { order_id: "A-2", value: 1, currency: "XTS" },
      { email: "b@example.com" },
    );
    expect(await deliver([order(), { ...odd, itemId: "odd" }], deals)).toEqual([
      { status: "delivered", detail: expect.any(String) },
      {
        status: "failed",
        code: "VALIDATION_ERROR",
        detail: "deals INVALID_OPTION:deal_currency_code",
      },
    ]);
    expect(await deliver([{ ...odd, itemId: "odd" }], { deals: { currency: false } })).toMatchObject([
      { status: "delivered" },
    ]);
  });

  it("asks for no more than one request of each kind for a batch", async () => {
    const orders = Array.from({ length: 50 }, (_, n) => ({ ...order(`B-${n}`), itemId: `i${n}` }));
    await deliver(orders, deals);
    const paths = (await portal.received()).map(({ path }) => path);
    expect(paths.map((path) => path.split("/").slice(-3).join("/"))).toEqual([
      "contacts/batch/read",
      "contacts/batch/upsert",
      "deals/batch/read",
      "deals/batch/upsert",
      "batch/associate/default",
    ]);
    expect((await crm()).deals).toHaveLength(50);
  });

  it("comes to the same amount however its orders and refunds are split, repeated and mixed", () => {
    const told = fc.constantFrom<{ itemId: string; deal: NonNullable<HubspotBody["deal"]> }>(
      { itemId: "order", deal: { id: "A", kind: "purchase", value: 100, properties: {} } },
      { itemId: "r1", deal: { id: "A", kind: "refund", value: 30, properties: {} } },
      { itemId: "r2", deal: { id: "A", kind: "refund", value: 15.5, properties: {} } },
    );
    fc.assert(
      fc.property(fc.array(fc.array(told)), (batches) => {
        let known: Record<string, string> = {};
        for (const batch of batches) known = { ...known, ...foldDeal(known, batch, undefined) };
        const seen = new Set(batches.flat().map(({ itemId }) => itemId));
        const value = seen.has("order") ? 100 - (seen.has("r1") ? 30 : 0) - (seen.has("r2") ? 15.5 : 0) : 0;
        expect(known.amount ?? "0").toBe(String(value));
      }),
    );
  });
});

describe("a company", () => {
  const companies = { companies: {} };
  const group = (email: string, more: Record<string, unknown> = {}, company = "Fjell") =>
    proved("group", { group_id: "acc-1", employees: 40, ...more }, { email, company }, { id: email });

  it("is made of a group, and its proved members belong to it", async () => {
    const outcomes = await deliver([group("a@example.com"), group("b@example.com")], companies);
    expect(outcomes.map(({ status }) => status)).toEqual(["delivered", "delivered"]);
    const { companies: made, associations } = await crm();
    expect(made).toMatchObject([
      { properties: { doorstep_account_id: "acc-1", name: "Fjell", numberofemployees: "40" } },
    ]);
    expect(associations.filter(({ from }) => from === "companies")).toHaveLength(2);
  });

  it("keeps the name that the CRM has", async () => {
    await deliver([group("a@example.com")], companies);
    await deliver([group("a@example.com", { employees: 41 }, "FJELL ltd")], companies);
    expect((await crm()).companies[0]?.properties).toMatchObject({ name: "Fjell", numberofemployees: "41" });
  });

  it("is made neither of a claim nor of a household", async () => {
    const { event, traits } = group("a@example.com");
    await deliver([{ event: { ...event, verified: false }, traits: traits ?? {} }], companies);
    await deliver([group("b@example.com", { group_type: "household" })], companies);
    expect((await crm()).companies).toEqual([]);
  });
});

describe("a custom event", () => {
  const custom_events = {
    purchase: {
      name: "pe1234567_order",
      properties: { order_id: "properties.order_id", value: "properties.value", hs_url: "context.page.url" },
    },
  };
  const order = (more: Partial<DeliveryEvent> = {}) =>
    proved("purchase", { order_id: "A".repeat(300), value: 420, currency: "EUR", items: [] }, ida, more);

  it("is on the contact's timeline once, with the properties that the settings name, cut to HubSpot's limits", async () => {
    for (let n = 0; n < 2; n++)
      expect(await deliver([order()], { custom_events })).toMatchObject([{ status: "delivered" }]);
    expect((await crm()).events).toEqual([
      {
        eventName: "pe1234567_order",
        email: "ida@example.com",
        occurredAt: "2026-11-20T10:00:00.000Z",
        properties: { order_id: "A".repeat(256), value: "420", hs_url: "https://shop.example/winter" },
      },
    ]);
  });

  it("of a stranger does not get onto a person's timeline", async () => {
    await deliver([proved("login", {})]);
    await deliver([order({ verified: false, profile: "stranger" })], { custom_events });
    expect((await crm()).events).toEqual([]);
  });

  it("that HubSpot does not know fails with its reason, and the others arrive", async () => {
    const unknown = { ...custom_events, login: { name: "pe7_nothing" } };
    const outcomes = await deliver([order(), proved("login", {}, { email: "b@example.com" })], {
      custom_events: unknown,
    });
    expect(outcomes).toMatchObject([
      { status: "delivered" },
      {
        status: "failed",
        code: "VALIDATION_ERROR",
        detail: expect.stringMatching(/^custom event correlation /),
      },
    ]);
    expect((await crm()).events).toHaveLength(1);
  });
});

describe("a step that fails", () => {
  const settings = hubspotSettings.parse({ token: "pat", deals: {} });
  const order = proved("purchase", { order_id: "A-1", value: 1, currency: "EUR" });
  const result = hubspot.map(order.event, ida, settings);
  const done = (sent: Sent) => {
    const { inputs } = JSON.parse(sent.body) as { inputs: { id: string; objectWriteTraceId?: string }[] };
    return json(200, { results: inputs.map(({ objectWriteTraceId }) => ({ id: "7", objectWriteTraceId })) });
  };
  const send = (...answers: ((sent: Sent) => Response)[]) => {
    if (result.status !== "mapped") throw new Error(result.status);
    const { fetch, sent } = vendor(() => json(200, { results: [] }), done, ...answers);
    const bodies = [{ itemId: "item-0", event: order.event, body: result.body }];
    const context = { settings, fetch, now: 0, signal: new AbortController().signal, allowInsecure: false };
    return { sent, outcome: hubspot.send(bodies, { ...context, ...reach }) };
  };
  const missing = () =>
    json(207, { results: [], errors: [{ category: "OBJECT_NOT_FOUND", context: { ids: ["A-1"] } }] });

  it.each<[string, ((sent: Sent) => Response)[], object]>([
    [
      "a scope is missing for deals",
      [() => json(403, { category: "MISSING_SCOPES" })],
      { status: "unauthorized", detail: "http_403" },
    ],
    [
      "the day's limit is reached after the contact",
      [() => json(429, { policyName: "DAILY" })],
      { status: "retry", code: "rate_limited_daily", afterSeconds: 14_400 },
    ],
    ["what is there of the deal is not said", [() => json(200, { results: [] })], { code: "unconfirmed" }],
    ["the deal is not confirmed", [missing, () => json(200, { results: [] })], { code: "unconfirmed" }],
    ["a record is locked", [() => json(423, {})], { status: "retry", code: "http_423", afterSeconds: 2 }],
    [
      "the association is not confirmed",
      [missing, done, () => json(200, { results: [] })],
      { code: "unconfirmed" },
    ],
    [
      "the association is answered with HTML",
      [missing, done, () => new Response("<p>")],
      { code: "answer_not_json" },
    ],
  ])("%s: the item is not delivered", async (_what, answers, outcome) => {
    const [only] = await send(...answers).outcome;
    expect(only).toMatchObject(outcome);
    expect(only?.status).not.toBe("delivered");
  });

  it("the contact is confirmed without its id: nothing can be associated with it", async () => {
    if (result.status !== "mapped") throw new Error(result.status);
    const bare = () => json(200, { results: [{ id: "none", properties: { email: "ida@example.com" } }] });
    const { fetch, sent } = vendor(() => json(200, { results: [] }), bare);
    const context = { settings, fetch, now: 0, signal: new AbortController().signal, allowInsecure: false };
    const bodies = [{ itemId: "item-0", event: order.event, body: result.body }];
    expect(await hubspot.send(bodies, { ...context, ...reach })).toEqual([
      { status: "retry", code: "unconfirmed" },
    ]);
    expect(sent).toHaveLength(2);
  });

  it("none: the association is confirmed, whatever type the ids have", async () => {
    const pair = () => json(200, { results: [{ from: { id: 7 }, to: { id: "7" } }] });
    expect(await send(missing, done, pair).outcome).toEqual([{ status: "delivered", detail: "7" }]);
  });
});
