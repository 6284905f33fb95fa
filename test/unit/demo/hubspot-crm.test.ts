/** The sandboxed HubSpot's companies, deals, associations and custom events refuse what HubSpot documents as invalid. */
import { beforeEach, describe, expect, it } from "vitest";
import { batchResponse, errorResponse } from "../../../demo/sandbox/hubspot/schemas.ts";
import { runningDemo } from "./running-demo.ts";

const demo = runningDemo();
beforeEach(() => demo.clear());

const HEADERS = { authorization: "Bearer pat-demo", "content-type": "application/json" };
const post = (path: string, body: unknown) => demo.call(`/hubspot/${path}`, { body, headers: HEADERS });
const upsert = (type: string, inputs: unknown[], version = "crm/objects/2026-09") =>
  post(`${version}/${type}/batch/upsert`, { inputs });
const crm = async () =>
  (await (await demo.get("/_crm")).json()) as { associations: object[]; events: object[] };
const deal = (id: string, properties: Record<string, string> = {}) => ({
  id,
  idProperty: "doorstep_order_id",
  properties: { dealname: "Order", dealstage: "closedwon", ...properties },
});
const company = (id: string) => ({ id, idProperty: "doorstep_account_id", properties: { name: "Fjell" } });
const idsOf = async (response: Response) =>
  batchResponse.parse(await response.json()).results.map(({ id }) => id);
const refusal = async (response: Response) => {
  expect(response.status).toBe(400);
  const error = errorResponse.parse(await response.json());
  expect(error.category).toBe("VALIDATION_ERROR");
  return error.message;
};

describe("deals and companies", () => {
  it("are upserted and read by a property with unique values, by the month's version and the numbered one", async () => {
    const [first] = await idsOf(await upsert("deals", [deal("A-1", { amount: "420" })]));
    const [again] = await idsOf(await upsert("deals", [deal("A-1", { amount: "400" })], "crm/v3/objects"));
    expect(again).toBe(first);
    const read = await post("crm/objects/2026-09/deals/batch/read", {
      idProperty: "doorstep_order_id",
      properties: ["doorstep_order_id"],
      inputs: [{ id: "A-1" }, { id: "A-2" }],
    });
    expect(read.status).toBe(207);
    const { results, errors } = batchResponse.parse(await read.json());
    expect(results).toMatchObject([{ id: first, properties: { amount: "400", doorstep_order_id: "A-1" } }]);
    expect(errors).toMatchObject([{ category: "OBJECT_NOT_FOUND", context: { ids: ["A-2"] } }]);
  });

  it.each<[string, string, unknown, RegExp]>([
    [
      "a domain for the id of a company",
      "companies",
      { ...company("x"), idProperty: "domain" },
      /non-unique/,
    ],
    ["a contact's property", "deals", deal("A", { firstname: "Ida" }), /PROPERTY_DOESNT_EXIST/],
    ["an amount with a comma", "deals", deal("A", { amount: "1,5" }), /INVALID_DOUBLE/],
    ["a stage that no pipeline has", "deals", deal("A", { dealstage: "paid" }), /INVALID_OPTION/],
    [
      "a currency that the account has not",
      "deals",
      deal("A", { deal_currency_code: "XTS" }),
      /INVALID_OPTION/,
    ],
    ["a time that is none", "deals", deal("A", { closedate: "soon" }), /INVALID_LONG/],
  ])("refuse %s", async (_what, type, input, message) => {
    expect(await refusal(await upsert(type, [input]))).toMatch(message);
  });
});

describe("associations", () => {
  const pairs = (from: string, to: string, inputs: unknown) =>
    post(`crm/associations/2026-09/${from}/${to}/batch/associate/default`, { inputs });

  it("are made in both directions, once, of records that are there", async () => {
    const [dealId] = await idsOf(await upsert("deals", [deal("A-1")]));
    const [contactId] = await idsOf(
      await upsert("contacts", [{ id: "a@example.com", idProperty: "email", properties: {} }]),
    );
    const pair = { from: { id: dealId }, to: { id: contactId } };
    for (let n = 0; n < 2; n++) expect((await pairs("deals", "contacts", [pair])).status).toBe(200);
    const half = await pairs("deals", "contacts", [pair, { from: { id: "1" }, to: { id: contactId } }]);
    expect(half.status).toBe(207);
    expect(await half.json()).toMatchObject({
      results: [
        { ...pair, associationSpec: { associationCategory: "HUBSPOT_DEFINED", associationTypeId: 3 } },
        { from: pair.to, to: pair.from, associationSpec: { associationTypeId: 4 } },
      ],
      numErrors: 1,
      errors: [{ category: "OBJECT_NOT_FOUND", context: { fromObjectId: ["1"] } }],
    });
    const { associations } = await crm();
    expect(associations).toHaveLength(2);
  });

  it.each([
    ["no inputs", []],
    ["too many", Array.from({ length: 2_001 }, () => ({ from: { id: "1" }, to: { id: "2" } }))],
    ["an end without an id", [{ from: {}, to: { id: "2" } }]],
  ])("refuse %s", async (_what, inputs) => {
    await refusal(await pairs("deals", "contacts", inputs));
  });
});

describe("custom events", () => {
  const event = (more: Record<string, unknown> = {}) => ({
    eventName: "pe1234567_order",
    email: "a@example.com",
    occurredAt: "2026-11-20T10:00:00.000Z",
    uuid: "9f0c0000-0000-8000-8000-000000000000",
    properties: { value: "420" },
    ...more,
  });
  const send = (inputs: unknown) => post("events/2026-09/send/batch", { inputs });

  it("are answered by 204, and of several with one uuid the first is kept", async () => {
    expect((await send([event()])).status).toBe(204);
    expect((await send([event({ properties: { value: "1" } })])).status).toBe(204);
    const { events } = await crm();
    expect(events).toMatchObject([{ eventName: "pe1234567_order", properties: { value: "420" } }]);
  });

  it.each<[string, unknown]>([
    ["none", []],
    ["501", Array.from({ length: 501 }, () => event())],
    ["an event that is not defined", [event({ eventName: "pe7_order" })]],
    ["one of nobody", [event({ email: undefined })]],
    ["a value that is no text", [event({ properties: { value: 420 } })]],
    ["a value of 257 characters", [event({ properties: { value: "x".repeat(257) } })]],
    ["a property's name in capitals", [event({ properties: { Value: "1" } })]],
    [
      "51 properties",
      [event({ properties: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`p${n}`, "1"])) })],
    ],
    ["a time that is none", [event({ occurredAt: "yesterday" })]],
  ])("refuse %s, and keep nothing of the batch", async (_what, inputs) => {
    await refusal(await send(inputs));
    expect((await crm()).events).toEqual([]);
  });

  it("take an address of 1,024 characters in HubSpot's own property for it", async () => {
    expect((await send([event({ properties: { hs_url: "x".repeat(1_024) } })])).status).toBe(204);
  });
});

it("contacts, companies and deals can be listed, which changes nothing", async () => {
  await upsert("companies", [company("acc-1"), company("acc-2")]);
  const response = await demo.get("/hubspot/crm/objects/2026-09/companies?limit=1", HEADERS);
  expect(((await response.json()) as { results: object[] }).results).toHaveLength(1);
  expect((await demo.get("/hubspot/crm/objects/2026-09/contacts?limit=1")).status).toBe(401);
});
