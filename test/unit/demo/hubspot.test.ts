import { beforeEach, describe, expect, it } from "vitest";
import { batchResponse, errorResponse } from "../../../demo/sandbox/hubspot/schemas.ts";
import { runningDemo } from "./running-demo.ts";

const demo = runningDemo();
beforeEach(() => demo.clear());

const input = (id: string, properties: Record<string, string> = {}, more: Record<string, string> = {}) => ({
  id,
  idProperty: "email",
  properties,
  ...more,
});

describe("batch upsert", () => {
  it("creates a contact, then updates it under the same id, whatever the case of the address", async () => {
    const first = await demo.hubspot("upsert", { inputs: [input("ada@example.com", { firstname: "Ada" })] });
    expect(first.status).toBe(200);
    const created = batchResponse.parse(await first.json());
    expect(created.status).toBe("COMPLETE");
    expect(created.results[0]).toMatchObject({
      new: true,
      archived: false,
      properties: { email: "ada@example.com", firstname: "Ada" },
    });

    const second = await demo.hubspot("upsert", {
      inputs: [input("ADA@Example.com", { lifecyclestage: "customer" })],
    });
    const updated = batchResponse.parse(await second.json());
    expect(updated.results[0]).toMatchObject({
      id: created.results[0]?.id,
      new: false,
      properties: { firstname: "Ada", lifecyclestage: "customer" },
    });
    expect(await demo.contacts()).toHaveLength(1);
  });

  it("takes any doorstep_ property", async () => {
    const response = await demo.hubspot("upsert", {
      inputs: [input("a@example.com", { doorstep_segments: "loyal;reader" })],
    });
    expect(response.status).toBe(200);
  });

  it("addresses contacts by a property of the portal that is unique", async () => {
    const body = {
      inputs: [{ id: "p-1", idProperty: "doorstep_profile_id", properties: { email: "a@example.com" } }],
    };
    await demo.hubspot("upsert", body);
    await demo.hubspot("upsert", body);
    expect(await demo.contacts()).toMatchObject([
      { properties: { email: "a@example.com", doorstep_profile_id: "p-1" } },
    ]);
  });

  it.each([
    ["no inputs", { inputs: [] }, /inputs must not be empty/],
    [
      "101 inputs",
      { inputs: Array.from({ length: 101 }, (_, n) => input(`v${n}@example.com`)) },
      /is 100, but was 101/,
    ],
    [
      "a value that is not a string",
      { inputs: [{ id: "a@example.com", properties: { zip: 81101 } }] },
      /expected string/,
    ],
    ["an input without an id", { inputs: [{ properties: {} }] }, /inputs\.0\.id/],
    [
      "an id property that is not unique",
      { inputs: [{ id: "Ada", idProperty: "firstname", properties: {} }] },
      /non-unique/,
    ],
    [
      "one id twice",
      { inputs: [input("a@example.com"), input("A@example.com")] },
      /Duplicate IDs found in batch input: \[a@example\.com\]/,
    ],
    [
      "an unknown property",
      { inputs: [input("a@example.com", { shoe_size: "43" })] },
      /PROPERTY_DOESNT_EXIST/,
    ],
    ["an invalid address", { inputs: [input("not an address")] }, /INVALID_EMAIL/],
    [
      "an unknown lifecycle stage",
      { inputs: [input("a@example.com", { lifecyclestage: "fan" })] },
      /INVALID_OPTION/,
    ],
    [
      "a legal basis that is none, among others",
      { inputs: [input("a@example.com", { hs_legal_basis: "Performance of a contract;consent" })] },
      /INVALID_OPTION/,
    ],
    ["a body that is not JSON", "{", /Invalid input JSON/],
  ])("refuses %s with 400 VALIDATION_ERROR and stores nothing", async (_what, body, message) => {
    const response = await demo.hubspot("upsert", body);
    expect(response.status).toBe(400);
    const error = errorResponse.parse(await response.json());
    expect(error.category).toBe("VALIDATION_ERROR");
    expect(error.message).toMatch(message);
    expect(await demo.contacts()).toEqual([]);
  });

  it("names the property of a refusal in errors[]", async () => {
    const response = await demo.hubspot("upsert", { inputs: [input("a@example.com", { shoe_size: "43" })] });
    expect(errorResponse.parse(await response.json()).errors).toEqual([
      {
        message: 'Property "shoe_size" does not exist',
        code: "PROPERTY_DOESNT_EXIST",
        context: { propertyName: ["shoe_size"] },
      },
    ]);
  });

  it("answers 207 with the failed items when every input has an objectWriteTraceId", async () => {
    const response = await demo.hubspot("upsert", {
      inputs: [
        input("good@example.com", {}, { objectWriteTraceId: "t1" }),
        input("bad", {}, { objectWriteTraceId: "t2" }),
        input("odd@example.com", { shoe_size: "43" }, { objectWriteTraceId: "t3" }),
      ],
    });
    expect(response.status).toBe(207);
    const body = batchResponse.parse(await response.json());
    expect(body.numErrors).toBe(2);
    expect(body.results).toMatchObject([
      { objectWriteTraceId: "t1", properties: { email: "good@example.com" } },
    ]);
    expect(body.errors?.map(({ context }) => context)).toEqual([
      { ids: ["bad"], objectWriteTraceId: ["t2"] },
      { ids: ["odd@example.com"], objectWriteTraceId: ["t3"] },
    ]);
    expect(body.errors?.map(({ errors }) => errors?.[0]?.code)).toEqual([
      "INVALID_EMAIL",
      "PROPERTY_DOESNT_EXIST",
    ]);
  });

  it("does not give one address to two contacts", async () => {
    await demo.hubspot("upsert", { inputs: [input("a@example.com")] });
    const response = await demo.hubspot("upsert", {
      inputs: [{ id: "p-2", idProperty: "doorstep_profile_id", properties: { email: "b@example.com" } }],
    });
    expect(response.status).toBe(200);
    const conflict = await demo.hubspot("upsert", {
      inputs: [{ id: "p-2", idProperty: "doorstep_profile_id", properties: { email: "a@example.com" } }],
    });
    expect(conflict.status).toBe(409);
    expect(errorResponse.parse(await conflict.json()).category).toBe("CONFLICT");
  });
});

describe("batch read", () => {
  it("gives the asked-for properties, and those that are missing as OBJECT_NOT_FOUND in a 207", async () => {
    await demo.hubspot("upsert", {
      inputs: [input("a@example.com", { phone: "+421900", company: "Fjord" })],
    });
    const known = await demo.hubspot("read", {
      idProperty: "email",
      properties: ["phone"],
      inputs: [{ id: "a@example.com" }],
    });
    expect(known.status).toBe(200);
    const { results } = batchResponse.parse(await known.json());
    expect(results[0]?.properties).toMatchObject({ email: "a@example.com", phone: "+421900" });
    expect(results[0]?.properties).not.toHaveProperty("company");

    const mixed = await demo.hubspot("read", {
      idProperty: "email",
      properties: [],
      inputs: [{ id: "a@example.com" }, { id: "b@example.com" }],
    });
    expect(mixed.status).toBe(207);
    const body = batchResponse.parse(await mixed.json());
    expect(body.results).toHaveLength(1);
    expect(body.errors).toMatchObject([
      { category: "OBJECT_NOT_FOUND", context: { ids: ["b@example.com"] } },
    ]);
  });
});

describe("the door of HubSpot", () => {
  it.each([{ authorization: "" }, { authorization: "Bearer wrong" }])(
    "answers 401 to %o",
    async (headers) => {
      const response = await demo.hubspot("upsert", { inputs: [input("a@example.com")] }, headers);
      expect(response.status).toBe(401);
      expect(errorResponse.parse(await response.json()).category).toBe("INVALID_AUTHENTICATION");
      expect(await demo.contacts()).toEqual([]);
    },
  );

  it("knows no other paths, methods or content types", async () => {
    const headers = { authorization: "Bearer pat-demo", "content-type": "application/json" };
    expect(
      (await demo.call("/hubspot/crm/v3/objects/tickets/batch/upsert", { headers, body: {} })).status,
    ).toBe(404);
    expect((await demo.get("/hubspot/crm/v3/objects/contacts/batch/upsert", headers)).status).toBe(405);
    expect(
      (await demo.hubspot("upsert", "inputs=1", { "content-type": "application/x-www-form-urlencoded" }))
        .status,
    ).toBe(415);
  });

  it("keeps the burst limit of 100 requests per 10 seconds", async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 100; n += 1)
      statuses.push((await demo.hubspot("read", { idProperty: "email", inputs: [] })).status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    const refused = await demo.hubspot("read", { idProperty: "email", inputs: [] });
    expect(refused.status).toBe(429);
    expect(errorResponse.parse(await refused.json())).toMatchObject({
      errorType: "RATE_LIMIT",
      policyName: "TEN_SECONDLY_ROLLING",
    });
  });
});
