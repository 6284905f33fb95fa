import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { beforeEach, expect, it } from "vitest";
import { toDemoRequest } from "../../../demo/http.ts";
import { createRecords } from "../../../demo/sandbox/records.ts";
import { runningDemo } from "./running-demo.ts";

const demo = runningDemo();
beforeEach(() => demo.clear());

it("lists what vendors received, oldest first, and one vendor's alone", async () => {
  await demo.ga4({ client_id: "1.1", events: [{ name: "page_view" }] });
  await demo.call("/webhook", { body: "plain text" });
  const all = await demo.received();
  expect(all.map(({ vendor, status }) => [vendor, status])).toEqual([
    ["ga4", 204],
    ["webhook", 401],
  ]);
  expect(all[0]).toMatchObject({
    method: "POST",
    path: "/ga4/mp/collect",
    body: { client_id: "1.1" },
    headers: { "content-type": "application/json" },
  });
  expect(all[1]?.body).toBe("plain text");
  expect(Date.parse(all[0]?.at ?? "")).toBeGreaterThan(Date.now() - 60_000);
  expect(await demo.received("hubspot")).toEqual([]);
});

it("clears records and contacts", async () => {
  await demo.hubspot("upsert", { inputs: [{ id: "a@example.com", properties: {} }] });
  expect(await demo.contacts()).toHaveLength(1);
  expect((await demo.clear()).status).toBe(200);
  expect(await demo.received()).toEqual([]);
  expect(await demo.contacts()).toEqual([]);
});

it("gives the newest with a limit, and the total beside them", async () => {
  for (const name of ["a", "b", "c"]) await demo.ga4({ client_id: name, events: [{ name: "x" }] });
  const response = await demo.get("/_received?vendor=ga4&limit=2");
  expect(response.headers.get("x-total-count")).toBe("3");
  expect(await response.json()).toMatchObject([{ body: { client_id: "b" } }, { body: { client_id: "c" } }]);
  expect(await (await demo.get("/_received?limit=0")).json()).toEqual([]);
});

it("remembers no more than its limit", () => {
  const records = createRecords(10);
  const request = toDemoRequest(new IncomingMessage(new Socket()), Buffer.from("{}"));
  for (let n = 0; n < 500; n += 1) records.add("ga4", request, new Date());
  expect(records.list({}).total).toBe(10);
  expect(records.list({}).records.at(-1)?.id).toBe(500);
});

it("refuses a body over 5 MB with 413", async () => {
  const response = await demo.ga4("x".repeat(5 * 1024 * 1024 + 1));
  expect(response.status).toBe(413);
});

it("serves its page and says what it does not have", async () => {
  const page = await demo.get("/_sandbox");
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  for (const file of ["sandbox.css", "tables.css", "sandbox.js", "panels.js", "batches.js", "dom.js"])
    expect((await demo.get(`/_sandbox/${file}`)).status).toBe(200);
  expect((await demo.get("/_nothing")).status).toBe(404);
  expect((await demo.call("/_contacts", { body: {} })).status).toBe(405);
});
