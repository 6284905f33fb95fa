/** The sandboxed vendors' deletions keep the vendors' rules, and show when what was deleted. */
import { beforeEach, describe, expect, it } from "vitest";
import { errorResponse } from "../../../demo/sandbox/hubspot/schemas.ts";
import { runningDemo } from "./running-demo.ts";

const demo = runningDemo();
beforeEach(() => demo.clear());

const headers = { authorization: "Bearer pat-demo", "content-type": "application/json" };
const hubspot = (call: string, body: unknown, more = {}) =>
  demo.call(`/hubspot/crm/v3/objects/contacts/${call}`, { body, headers: { ...headers, ...more } });
const contact = (email: string, properties: Record<string, string> = {}) =>
  demo.hubspot("upsert", { inputs: [{ id: email, idProperty: "email", properties }] });
const byEmail = (email: string) => ({ objectId: email, idProperty: "email" });
const deletions = async () =>
  (await demo.get("/_deletions")).json() as Promise<Record<string, { at: string }[]>>;
const find = (values: string[], more = {}) => ({
  filterGroups: [{ filters: [{ propertyName: "doorstep_profile", operator: "IN", values }] }],
  properties: ["doorstep_profile"],
  ...more,
});

describe("HubSpot's permanent deletion", () => {
  it("removes the contact, whatever the case of the address, and lists the deletion with its time", async () => {
    await contact("ada@example.com");
    expect((await hubspot("gdpr-delete", byEmail("ADA@example.com"))).status).toBe(204);
    expect(await demo.contacts()).toEqual([]);
    const [deletion] = (await deletions()).hubspot ?? [];
    expect(Date.now() - Date.parse(deletion?.at ?? "")).toBeLessThan(10_000);
    expect(JSON.stringify(deletion)).not.toContain("@");
  });

  it("lets the address come back by an API request, as HubSpot does", async () => {
    await contact("ada@example.com");
    await hubspot("gdpr-delete", byEmail("ada@example.com"));
    expect((await contact("ada@example.com")).status).toBe(200);
    expect(await demo.contacts()).toHaveLength(1);
  });

  it("takes an address that no contact has, and knows no such record id", async () => {
    expect((await hubspot("gdpr-delete", byEmail("nobody@example.com"))).status).toBe(204);
    const unknown = await hubspot("gdpr-delete", { objectId: "4711" });
    expect(unknown.status).toBe(404);
    expect(errorResponse.parse(await unknown.json()).category).toBe("OBJECT_NOT_FOUND");
  });

  it.each([
    ["no id", {}],
    ["an address that is none", byEmail("not an address")],
    ["a property that is no id", { objectId: "Ada", idProperty: "firstname" }],
  ])("refuses %s", async (_what, body) => {
    expect((await hubspot("gdpr-delete", body)).status).toBe(400);
  });

  it("needs a token, and its scope", async () => {
    expect((await hubspot("gdpr-delete", byEmail("a@example.com"), { authorization: "" })).status).toBe(401);
    await demo.arm({ vendor: "hubspot", mode: "forbidden" });
    const refused = await hubspot("gdpr-delete", byEmail("a@example.com"));
    expect(refused.status).toBe(403);
    expect(errorResponse.parse(await refused.json()).category).toBe("MISSING_SCOPES");
  });
});

describe("HubSpot's search", () => {
  it("finds by lower-case values, in contacts of any case", async () => {
    await contact("ada@example.com", { doorstep_profile: "visitor_id:1.Abc" });
    const found = await hubspot("search", find(["visitor_id:1.abc"]));
    expect(await found.json()).toMatchObject({
      total: 1,
      results: [{ properties: { doorstep_profile: "visitor_id:1.Abc" } }],
    });
    expect(await (await hubspot("search", find(["visitor_id:1.Abc"]))).json()).toMatchObject({ total: 0 });
  });

  it("says that there is more", async () => {
    for (const n of [1, 2, 3]) await contact(`a${n}@example.com`, { doorstep_profile: "p" });
    const first = await (await hubspot("search", find(["p"], { limit: 2 }))).json();
    expect(first).toMatchObject({ total: 3, paging: { next: { after: "2" } } });
  });

  it.each([
    ["over 3,000 characters", find(["x".repeat(3_000)])],
    ["without a filter", { filterGroups: [] }],
    [
      "of a property that the portal has not",
      { filterGroups: [{ filters: [{ propertyName: "shoe_size", operator: "IN", values: ["43"] }] }] },
    ],
  ])("refuses a search %s", async (_what, body) => {
    expect((await hubspot("search", body)).status).toBe(400);
  });
});

describe("GA4's user deletion", () => {
  const submit = (token: string, body: unknown = { clientId: "1.2" }) =>
    demo.call("/ga4/v1alpha/properties/123456789:submitUserDeletion", {
      body,
      headers: { authorization: `Bearer ${token}` },
    });

  it.each([
    ["an unknown grant", "grant_type=client_credentials"],
    ["no signature", "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"],
    [
      "a token that is not signed",
      `grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=${Buffer.from('{"alg":"none"}').toString("base64url")}.e30.`,
    ],
  ])("gives no token for %s", async (_what, body) => {
    expect((await demo.call("/ga4/token", { body })).status).toBe(400);
  });

  it("takes nothing without a token", async () => {
    expect((await submit("made-up")).status).toBe(401);
    expect((await deletions()).ga4).toEqual([]);
  });
});
