import { beforeEach, describe, expect, it } from "vitest";
import { batchResponse, errorResponse } from "../../../demo/sandbox/hubspot/schemas.ts";
import { startDemo } from "../../../demo/server.ts";
import { runningDemo, until } from "./running-demo.ts";

const demo = runningDemo();
beforeEach(async () => {
  await demo.clearFaults();
  await demo.clear();
});

const contact = (email: string) => ({
  inputs: [{ id: email, idProperty: "email", properties: {}, objectWriteTraceId: email }],
});

describe("faults", () => {
  it.each([
    ["500", 500, {}],
    ["429", 429, { policyName: "TEN_SECONDLY_ROLLING" }],
    ["unauthorized", 401, { category: "INVALID_AUTHENTICATION" }],
  ])("%s fails the next requests in HubSpot's shape, then no more", async (mode, status, shape) => {
    expect((await demo.arm({ vendor: "hubspot", mode, count: 2 })).status).toBe(201);
    for (let n = 0; n < 2; n += 1) {
      const response = await demo.hubspot("upsert", contact("a@example.com"));
      expect(response.status).toBe(status);
      expect(errorResponse.parse(await response.json())).toMatchObject(shape);
      expect(response.headers.get("retry-after")).toBe(mode === "429" ? "1" : null);
    }
    expect(await demo.contacts()).toEqual([]);
    expect((await demo.hubspot("upsert", contact("a@example.com"))).status).toBe(200);
    expect((await demo.received("hubspot")).map((record) => record.status)).toEqual([status, status, 200]);
  });

  it("fails one vendor and leaves the others alone", async () => {
    await demo.arm({ vendor: "hubspot", mode: "500", count: 1 });
    expect((await demo.ga4({ client_id: "1.1", events: [{ name: "page_view" }] })).status).toBe(204);
    expect((await demo.hubspot("upsert", contact("a@example.com"))).status).toBe(500);
  });

  it("uses faults of one vendor in the order in which they were armed", async () => {
    await demo.arm({ vendor: "ga4", mode: "500", count: 1 });
    await demo.arm({ vendor: "ga4", mode: "429", count: 1 });
    const statuses = [];
    for (let n = 0; n < 3; n += 1)
      statuses.push((await demo.ga4({ client_id: "1.1", events: [{ name: "page_view" }] })).status);
    expect(statuses).toEqual([500, 429, 204]);
  });

  it("partial fails every second item of a HubSpot batch and stores the others", async () => {
    await demo.arm({ vendor: "hubspot", mode: "partial", count: 1 });
    const inputs = [1, 2, 3, 4].flatMap((n) => contact(`v${n}@example.com`).inputs);
    const response = await demo.hubspot("upsert", { inputs });
    expect(response.status).toBe(207);
    const body = batchResponse.parse(await response.json());
    expect(body.numErrors).toBe(2);
    expect(body.errors?.map(({ category, context }) => [category, context.ids])).toEqual([
      ["INTERNAL_ERROR", ["v2@example.com"]],
      ["INTERNAL_ERROR", ["v4@example.com"]],
    ]);
    expect((await demo.contacts()).map(({ properties }) => properties.email)).toEqual([
      "v1@example.com",
      "v3@example.com",
    ]);
  });

  it("partial is a plain 500 where the vendor knows no partial answer", async () => {
    await demo.arm({ vendor: "ga4", mode: "partial", count: 1 });
    expect((await demo.ga4({ client_id: "1.1", events: [{ name: "page_view" }] })).status).toBe(500);
  });

  it("reset breaks the connection and leaves a record without a status", async () => {
    await demo.arm({ vendor: "hubspot", mode: "reset", count: 1 });
    await expect(demo.hubspot("upsert", contact("a@example.com"))).rejects.toThrow();
    expect(await demo.received("hubspot")).toMatchObject([{ status: null, fault: "reset" }]);
    expect(await demo.contacts()).toEqual([]);
  });

  it("timeout never answers", async () => {
    await demo.arm({ vendor: "hubspot", mode: "timeout", count: 1 });
    await expect(
      demo.hubspot("upsert", contact("a@example.com"), {}, AbortSignal.timeout(150)),
    ).rejects.toThrow();
    expect(await demo.received("hubspot")).toMatchObject([{ status: null, fault: "timeout" }]);
  });

  it("hold keeps requests until the faults are cleared, then fails them with 503 and processes none", async () => {
    await demo.arm({ vendor: "hubspot", mode: "hold", count: 5 });
    const held = [1, 2, 3].map((n) => demo.hubspot("upsert", contact(`v${n}@example.com`)));
    await until(async () => (await demo.received("hubspot")).length === 3);
    expect((await demo.received("hubspot")).map(({ status }) => status)).toEqual([null, null, null]);
    expect(await demo.faults()).toMatchObject({
      held: { hubspot: 3 },
      faults: [{ mode: "hold", remaining: 2 }],
    });

    expect(await (await demo.clearFaults()).json()).toEqual({ cleared: 1, released: 3 });
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([503, 503, 503]);
    expect((await demo.received("hubspot")).map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(await demo.contacts()).toEqual([]);
    expect((await demo.hubspot("upsert", contact("v1@example.com"))).status).toBe(200);
  });

  it("forgets a held request whose client gives up", async () => {
    await demo.arm({ vendor: "webhook", mode: "hold", count: 1 });
    await expect(demo.call("/webhook", { body: "{}", signal: AbortSignal.timeout(100) })).rejects.toThrow();
    await until(async () => Object.keys((await demo.faults()).held).length === 0);
    expect(await (await demo.clearFaults()).json()).toEqual({ cleared: 0, released: 0 });
  });

  it.each([
    ["not JSON", "{", /expected object/],
    ["an unknown vendor", { vendor: "acme", mode: "500" }, /vendor/],
    ["an unknown mode", { vendor: "ga4", mode: "slow" }, /mode/],
    ["a count of none", { vendor: "ga4", mode: "500", count: 0 }, /count/],
    ["a key that is not known", { vendor: "ga4", mode: "500", times: 2 }, /times/],
  ])("refuses %s with 400 and says why", async (_what, body, message) => {
    const response = await demo.arm(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringMatching(message) });
  });
});

it("closes at once although requests are held, timed out and idle", async () => {
  const other = await startDemo({ port: 0 });
  for (const mode of ["hold", "timeout"])
    await fetch(`${other.url}/_faults`, { method: "POST", body: JSON.stringify({ vendor: "ga4", mode }) });
  const waiting = [1, 2].map(() =>
    fetch(`${other.url}/ga4/mp/collect`, { method: "POST", body: "{}" }).catch(() => "ended"),
  );
  await until(
    async () => (await fetch(`${other.url}/_received?limit=0`)).headers.get("x-total-count") === "2",
  );
  const startedAt = performance.now();
  await other.close();
  expect(performance.now() - startedAt).toBeLessThan(1000);
  expect(await Promise.all(waiting)).toEqual(["ended", "ended"]);
});
