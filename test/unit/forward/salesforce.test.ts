/** Salesforce over real HTTP, against the demo's vendor sandbox, which keeps Salesforce's rules. */
import { beforeEach, describe, expect, it } from "vitest";
import { exampleEvent } from "#forward/destinations/example-event";
import { salesforce } from "#forward/destinations/salesforce/index";
import { runningDemo } from "../demo/running-demo.ts";
import { form, proved, salesforceOrg } from "./salesforce-org.ts";

const demo = runningDemo();
const org = salesforceOrg(demo);
beforeEach(async () => {
  await demo.clearFaults();
  await demo.clear();
  org.forget();
});

const events = { purchase: { object: "Doorstep_Order__c", person: "Lead__r" } };
const purchase = (email: string, id = "evt-1", changes = {}) => ({
  event: exampleEvent(
    "purchase",
    { order_id: "A-1", value: 420, currency: "EUR" },
    { id, ...proved, ...changes },
  ),
  traits: { email, last_name: "Berg" },
});
const LOGIN = "POST /oauth2/token";
const READ = "POST /composite";
const LEADS = "PATCH /composite/sobjects/Lead/Doorstep_Id__c";
const ORDERS = "PATCH /composite/sobjects/Doorstep_Order__c/Doorstep_Event_Id__c";

describe("a lead", () => {
  it("is made with what Salesforce requires, and kept up to date under its external id", async () => {
    expect(await org.deliver([form("ida@example.com", {}, { first_name: "Ida" })])).toMatchObject([
      { status: "delivered", detail: expect.stringMatching(/^00Q\w{15}$/) },
    ]);
    expect(await org.records()).toMatchObject([
      {
        object: "Lead",
        values: {
          Doorstep_Id__c: "ida@example.com",
          Email: "ida@example.com",
          FirstName: "Ida",
          LastName: "[not provided]",
          Company: "[not provided]",
          Doorstep_Stage__c: "lead",
        },
      },
    ]);
    await org.deliver([purchase("IDA@example.com")]);
    expect(await org.records()).toMatchObject([
      { values: { LastName: "Berg", Company: "[not provided]", Doorstep_Stage__c: "customer" } },
    ]);
  });

  it("of several items is one record, in the order of the events", async () => {
    const later = form("ida@example.com", { occurredAt: 2_000, ...proved }, { first_name: "Later" });
    const earlier = form("ida@example.com", { occurredAt: 1_000, ...proved }, { first_name: "Earlier" });
    expect(await org.deliver([later, earlier])).toMatchObject([
      { status: "delivered" },
      { status: "delivered" },
    ]);
    expect(await org.records()).toMatchObject([{ values: { FirstName: "Later" } }]);
  });

  it("that says already what an event says is not written again", async () => {
    await org.deliver([form("ida@example.com", proved)]);
    const before = (await org.paths()).length;
    expect(await org.deliver([form("ida@example.com", proved)])).toMatchObject([{ status: "delivered" }]);
    expect((await org.paths()).slice(before)).toEqual([READ]);
  });

  it("that was converted is skipped, and two of one address are not guessed at", async () => {
    await org.make("Lead", { Doorstep_Id__c: "ida@example.com", IsConverted: true });
    await org.make("Lead", { Email: "eve@example.com" });
    await org.make("Lead", { Email: "Eve@example.com" });
    expect(await org.deliver([form("ida@example.com")])).toEqual([
      { status: "skipped", reason: "lead_converted" },
    ]);
    expect(await org.deliver([form("eve@example.com")], { external_id: "Email" })).toEqual([
      { status: "failed", code: "several_records" },
    ]);
  });

  it("is not made where only records that exist are kept up to date", async () => {
    expect(await org.deliver([form("ida@example.com")], { create: false })).toEqual([
      { status: "skipped", reason: "no_record" },
    ]);
    expect(await org.records()).toEqual([]);
  });

  it("has its standard fields cut to what Salesforce has room for", async () => {
    const long = {
      first_name: "ß".repeat(39) + "🎿".repeat(5),
      last_name: "y".repeat(128),
      company: "z".repeat(256),
    };
    expect(await org.deliver([form("ida@example.com", proved, long)])).toMatchObject([
      { status: "delivered" },
    ]);
    const [{ values } = { values: {} as Record<string, string> }] = await org.records();
    expect([values.FirstName, String(values.LastName).length, String(values.Company).length]).toEqual([
      "ß".repeat(39),
      80,
      255,
    ]);
  });
});

describe("a stranger's claim", () => {
  it("changes nothing of a record that says it already, and never its key or its profile", async () => {
    await org.make("Lead", {
      Doorstep_Id__c: "ida@example.com",
      FirstName: "Ida",
      LastName: "[not provided]",
      Company: "Fjell",
    });
    const outcomes = await org.deliver([
      form("ida@example.com", {}, { first_name: "Eve", last_name: "Strand", company: "Eve & Co." }),
    ]);
    expect(outcomes).toMatchObject([{ status: "delivered" }]);
    const [{ values } = { values: {} }] = await org.records();
    expect(values).toMatchObject({ FirstName: "Ida", LastName: "Strand", Company: "Fjell" });
    expect(values).not.toHaveProperty("Doorstep_Profile__c");
    expect(await org.deliver([form("ida@example.com", {}, { first_name: "Eve" })])).toEqual([
      { status: "skipped", reason: "claim_not_proven" },
    ]);
  });

  it("leaves an order that stands alone, while the person's own is linked to the lead", async () => {
    await org.deliver([form("ida@example.com", { ...proved, profile: "hers" })]);
    const [lead] = await org.records("Lead");
    const outcomes = await org.deliver(
      [
        purchase("ida@example.com", "hers", { profile: "hers" }),
        purchase("ida@example.com", "strangers", { profile: "strangers", verified: false }),
      ],
      { events },
    );
    expect(outcomes).toMatchObject([{ status: "delivered" }, { status: "delivered" }]);
    const [hers, strangers] = await org.records("Doorstep_Order__c");
    expect(hers?.values).toMatchObject({ Doorstep_Profile__c: "hers", Lead__r: lead?.id });
    expect(strangers?.values).not.toHaveProperty("Lead__r");
  });
});

describe("a claim under another spelling", () => {
  const byNumber = { key: "customer_id", external_id: "Customer_Number__c" };
  const claim = (id: string, customer_id: string) => ({
    event: exampleEvent("form_submit", {}, { id }),
    traits: { customer_id, phone: "+421900666666" },
  });
  const later = { status: "retry", code: "not_tried" };

  it("of the key is weighed against the record that Salesforce would find by it", async () => {
    await org.make("Lead", {
      Customer_Number__c: "Ab-1",
      LastName: "Berg",
      Company: "Fjell",
      Phone: "+421900111111",
    });
    // The two are one record here, and would be two where the field's case counted.
    expect(await org.deliver([claim("a", "AB-1"), claim("b", "ab-1")], byNumber)).toMatchObject([
      { status: "delivered" },
      later,
    ]);
    await org.deliver([claim("b", "ab-1")], byNumber);
    const [lead, ...others] = await org.records("Lead");
    expect(lead?.values.Phone).toBe("+421900111111");
    expect(others).toEqual([]);
  });

  it("of a field that a mapping or the settings name overwrites no more than under its own", async () => {
    await org.make("Lead", {
      Doorstep_Id__c: "ida@example.com",
      LastName: "Berg",
      Company: "Fjell",
      Phone: "+421900111111",
      Rating: "Hot",
    });
    const said = form("ida@example.com", {}, { phone: "+421900666666" });
    await org.deliver([said], { fields: { phone: "PHONE" } }, (body) => {
      const fitted = salesforce.fit?.(
        { ...body, fields: { ...body.fields, rating: "Cold", lastname: "Eve" } },
        org.settingsOf(),
      );
      return fitted?.status === "mapped" ? (fitted.body as typeof body) : body;
    });
    const [lead] = await org.records("Lead");
    expect(lead?.values).toMatchObject({ LastName: "Berg", Phone: "+421900111111", Rating: "Hot" });
  });
});

describe("an order", () => {
  it("comes once, however often it is delivered", async () => {
    for (let n = 0; n < 2; n++)
      expect(await org.deliver([purchase("ida@example.com")], { events })).toMatchObject([
        { status: "delivered", detail: expect.stringMatching(/^a01/) },
      ]);
    expect(await org.records("Doorstep_Order__c")).toHaveLength(1);
  });

  it("of an object that the org does not have fails alone, and the others' are written", async () => {
    const both = { ...events, refund: { object: "Nothing__c" } };
    const refund = {
      event: exampleEvent("refund", { order_id: "A-1" }, { id: "r", ...proved }),
      traits: { email: "eve@example.com" },
    };
    expect(await org.deliver([refund, purchase("ida@example.com")], { events: both })).toMatchObject([
      { status: "failed", code: "NOT_FOUND" },
      { status: "delivered" },
    ]);
    expect(await org.records("Lead")).toHaveLength(2);
  });

  it("is not written where its person could not be", async () => {
    const outcomes = await org.deliver([purchase("not-an-address")], { events });
    expect(outcomes).toEqual([{ status: "failed", code: "INVALID_EMAIL_ADDRESS", detail: "Email" }]);
    expect(await org.records()).toEqual([]);
  });
});

describe("partial failures", () => {
  it("of 200 records with 7 that break a rule, 193 are delivered and 7 fail with Salesforce's reason", async () => {
    const bad = new Set([3, 17, 42, 99, 100, 150, 199]);
    const said = Array.from({ length: 200 }, (_, n) =>
      form(`p${n}@example.com`, { id: `e-${n}`, ...proved }),
    );
    const outcomes = await org.deliver(said, {}, (body, n) =>
      bad.has(n) ? { ...body, fields: { ...body.fields, Rating: "Tepid" } } : body,
    );
    expect(outcomes.filter(({ status }) => status === "delivered")).toHaveLength(193);
    for (const n of bad)
      expect(outcomes[n]).toEqual({
        status: "failed",
        code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        detail: "Rating",
      });
    expect(await org.records()).toHaveLength(193);
    expect(await org.paths()).toEqual([LOGIN, READ, LEADS]);
  });

  it("a record with a field that the org does not have is found, and harms only itself", async () => {
    const said = Array.from({ length: 50 }, (_, n) => form(`p${n}@example.com`, { id: `e-${n}` }));
    const outcomes = await org.deliver(said, {}, (body, n) =>
      n === 37 ? { ...body, fields: { ...body.fields, Nowhere__c: "x" } } : body,
    );
    expect(outcomes[37]).toEqual({ status: "failed", code: "INVALID_FIELD", detail: "Nowhere__c" });
    expect(outcomes.filter(({ status }) => status === "delivered")).toHaveLength(49);
  });

  it("a locked row is tried again, and its neighbours are delivered", async () => {
    await org.deliver([form("warm@example.com")]);
    await demo.arm({ vendor: "salesforce", mode: "partial", category: "UNABLE_TO_LOCK_ROW", count: 2 });
    expect(await org.deliver([form("a@example.com"), form("b@example.com")])).toMatchObject([
      { status: "retry", code: "UNABLE_TO_LOCK_ROW", afterSeconds: 5 },
      { status: "delivered" },
    ]);
  });
});

describe("logging in", () => {
  it("happens once for many batches", async () => {
    await org.deliver([form("a@example.com")]);
    await org.deliver([form("b@example.com")]);
    expect(await org.paths()).toEqual([LOGIN, READ, LEADS, READ, LEADS]);
  });

  it("works by JWT bearer, signed with the integration's key", async () => {
    const app = (await (await demo.get("/salesforce/_app")).json()) as Record<string, string>;
    const jwt = { grant: "jwt_bearer", client_secret: undefined, ...app };
    expect(await org.deliver([form("ida@example.com")], jwt)).toMatchObject([{ status: "delivered" }]);
    org.forget();
    const oneLine = { ...jwt, private_key: app.private_key?.replaceAll("\n", "\\n") };
    expect(await org.deliver([form("ida@example.com")], oneLine)).toMatchObject([{ status: "delivered" }]);
    org.forget();
    expect(
      await org.deliver([form("ida@example.com")], { ...jwt, audience: "https://test.salesforce.com" }),
    ).toEqual([{ status: "unauthorized", detail: "login:invalid_grant" }]);
    expect(await org.deliver([form("ida@example.com")], { ...jwt, private_key: "no key" })).toEqual([
      { status: "unauthorized", detail: "private_key_unreadable" },
    ]);
  });

  it.each([
    [{ client_secret: "wrong" }, "login:invalid_client"],
    [{ client_id: "unknown" }, "login:invalid_client_id"],
  ])("refused with %o pauses the destination, and nothing is sent", async (changes, detail) => {
    const outcomes = await org.deliver([form("a@example.com"), form("b@example.com")], changes);
    expect(outcomes).toEqual([
      { status: "unauthorized", detail },
      { status: "unauthorized", detail },
    ]);
    expect(await org.paths()).toEqual([LOGIN]);
  });

  it("is done again where the session ends in the middle of a batch, and only the rest is sent again", async () => {
    const brief = { client_id: "doorstep-brief", events };
    expect(await org.deliver([purchase("ida@example.com")], brief)).toMatchObject([{ status: "delivered" }]);
    expect(await org.paths()).toEqual([LOGIN, READ, LEADS, ORDERS, LOGIN, ORDERS]);
    expect(await org.records("Lead")).toHaveLength(1);
    expect(await org.records("Doorstep_Order__c")).toHaveLength(1);
  });

  it("is done once in a batch: where it is refused, or helps nothing, the destination is paused", async () => {
    await org.deliver([form("warm@example.com")]);
    await demo.arm({ vendor: "salesforce", mode: "unauthorized" });
    expect(await org.deliver([form("a@example.com")])).toMatchObject([{ status: "delivered" }]);
    await demo.arm({ vendor: "salesforce", mode: "unauthorized", count: 2 });
    expect(await org.deliver([form("b@example.com")])).toEqual([
      { status: "unauthorized", detail: "login:refused" },
    ]);
    await demo.arm({ vendor: "salesforce", mode: "forbidden" });
    expect(await org.deliver([form("c@example.com")])).toMatchObject([{ status: "unauthorized" }]);
  });
});

it.each([
  ["500", { status: "retry", code: "UNKNOWN_EXCEPTION" }],
  ["429", { status: "retry", code: "REQUEST_LIMIT_EXCEEDED", afterSeconds: 3_600 }],
  ["reset", { status: "retry", code: "network" }],
])("the fault %s is tried again, and then everything arrives once", async (mode, outcome) => {
  await org.deliver([form("warm@example.com")]);
  await demo.arm({ vendor: "salesforce", mode });
  expect(await org.deliver([form("a@example.com"), form("b@example.com")])).toEqual([outcome, outcome]);
  await org.deliver([form("a@example.com"), form("b@example.com")]);
  expect(await org.records("Lead")).toHaveLength(3);
});

it("no address of a request names a person", async () => {
  await org.deliver([purchase("ida@example.com")], { events });
  expect(JSON.stringify(await org.paths())).not.toContain("ida");
});

describe("health", () => {
  it("says how many requests are left", async () => {
    expect(await salesforce.health(org.contextOf())).toEqual({
      status: "ok",
      detail: "99999 of 100000 API requests left in 24 hours",
    });
  });

  it.each([
    [{ client_secret: "wrong" }, { status: "unauthorized", code: "login:invalid_client" }],
    [{ api_version: "20.0" }, { status: "misconfigured", code: "NOT_FOUND" }],
  ])("with %o is %o", async (changes, health) => {
    expect(await salesforce.health(org.contextOf(changes))).toEqual(health);
  });
});

describe("an erasure", () => {
  const person = { emails: ["Ida@example.com"], phones: [], userIds: [], subjects: ["hers"] };
  const erase = (about = person, changes: Record<string, unknown> = { events }) =>
    salesforce.erase?.(about, { ...org.contextOf(changes), id: "erasure-1", personal: true });

  beforeEach(async () => {
    await org.deliver(
      [
        purchase("ida@example.com", "1", { profile: "hers" }),
        purchase("eve@example.com", "2", { profile: "HERS" }),
        purchase("ida.old@example.com", "3", { profile: "hers" }),
      ],
      { events },
    );
    await org.make("Lead", { Email: "IDA@example.com" });
  });

  it("deletes the person's leads and orders, under every address and profile, and nobody else's", async () => {
    expect(await erase()).toEqual({ status: "requested", detail: "recycle_bin_15_days" });
    const left = await org.records();
    expect(left.map(({ values }) => values.Doorstep_Profile__c)).toEqual(["HERS", "HERS"]);
  });

  it("may be done again, and says where there is nobody", async () => {
    await erase();
    expect(await erase()).toEqual({ status: "none", detail: "no_record_found" });
    expect(await erase({ ...person, emails: [], subjects: [] })).toEqual({
      status: "none",
      detail: "no_identifier_of_theirs",
    });
  });

  it.each([
    ["500", { status: "retry", code: "UNKNOWN_EXCEPTION" }],
    ["forbidden", { status: "retry", code: "unauthorized", afterSeconds: 3_600 }],
    ["reset", { status: "retry", code: "network" }],
  ])("stays open under the fault %s, and goes on with the next attempt", async (mode, outcome) => {
    await demo.arm({ vendor: "salesforce", mode });
    expect(await erase()).toMatchObject(outcome);
    expect(await erase()).toMatchObject({ status: "requested" });
    expect(await org.records()).toHaveLength(2);
  });
});
