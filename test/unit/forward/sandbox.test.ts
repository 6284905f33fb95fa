/** The first three destinations' senders over real HTTP, against the demo's vendor sandbox, which keeps the vendors' rules. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import type { DeliveryOutcome } from "#core/outcome";
import { exampleEvent } from "#forward/destinations/example-event";
import { DESTINATION_EXAMPLES } from "#forward/destinations/examples";
import { ga4 } from "#forward/destinations/ga4/index";
import { destinationType } from "#forward/destinations/registry";
import { type Demo, startDemo } from "../../../demo/server.ts";
import { reach } from "../../setup/reach.ts";

let demo: Demo;
beforeAll(async () => {
  demo = await startDemo({ port: 0 });
});
afterAll(() => demo.close());
beforeEach(async () => {
  await fetch(`${demo.url}/_faults`, { method: "DELETE" });
  await fetch(`${demo.url}/_received`, { method: "DELETE" });
});

interface Received {
  path: string;
  status: number;
  body: unknown;
  valid?: boolean;
  validationMessages?: unknown[];
  reportingGaps?: unknown[];
}
const received = async (vendor: string): Promise<Received[]> =>
  (await fetch(`${demo.url}/_received?vendor=${vendor}`)).json() as Promise<Received[]>;
const contacts = async () =>
  (await (await fetch(`${demo.url}/_contacts`)).json()) as { properties: Record<string, string> }[];
const fault = (vendor: string, mode: string, more = {}) =>
  fetch(`${demo.url}/_faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ vendor, mode, count: 1, ...more }),
  });

const SETTINGS = {
  hubspot: () => ({ token: "pat-demo", endpoint: `${demo.url}/hubspot` }),
  ga4: () => ({ measurement_id: "G-DEMO", api_secret: "ga4-demo", endpoint: `${demo.url}/ga4` }),
  webhook: () => ({
    url: `${demo.url}/webhook`,
    secret: "whsec_ZG9vcnN0ZXAtZGVtby13ZWJob29rLXNlY3JldC0wMDE=",
  }),
};

/** Map and send events as delivery does. */
async function deliver(
  name: keyof typeof SETTINGS,
  events: { event: DeliveryEvent; traits?: Traits }[],
  changes: Record<string, unknown> = {},
): Promise<DeliveryOutcome[]> {
  const type = destinationType(name);
  if (!type) throw new Error(name);
  const settings = type.settings.parse({ ...SETTINGS[name](), ...changes });
  const bodies = events.map(({ event, traits = {} }, n) => {
    const result = type.map(event, traits, settings);
    if (result.status !== "mapped") throw new Error(result.status);
    return { itemId: `item-${n}-${event.id}`, event, body: result.body };
  });
  return type.send(bodies, {
    settings,
    fetch: (url, init) => fetch(url, init),
    now: Date.now(),
    signal: AbortSignal.timeout(2_000),
    allowInsecure: true,
    ...reach,
  });
}

const recent = (name: string, properties: Record<string, unknown>, changes: Partial<DeliveryEvent> = {}) =>
  exampleEvent(name, properties, { occurredAt: Date.now() - 1_000, receivedAt: Date.now(), ...changes });
const form = (email: string, changes: Partial<DeliveryEvent> = {}) => ({
  event: recent("form_submit", { form_id: "newsletter" }, changes),
  traits: { email, first_name: "Ida" },
});
const purchase = (email: string, changes: Partial<DeliveryEvent> = {}) => ({
  event: recent("purchase", { order_id: "A-1", value: 420, currency: "EUR" }, changes),
  traits: { email, first_name: "Eve" },
});

describe("HubSpot's sandbox", () => {
  it("has one contact after a lead's form and purchase, and the contact is a customer", async () => {
    expect(await deliver("hubspot", [form("ida@example.com")])).toMatchObject([{ status: "delivered" }]);
    const profile = "visitor_id:1.example";
    expect(await contacts()).toMatchObject([
      {
        properties: {
          email: "ida@example.com",
          firstname: "Ida",
          lifecyclestage: "lead",
          doorstep_profile: profile,
        },
      },
    ]);
    expect(await deliver("hubspot", [purchase("Ida@example.com")])).toMatchObject([{ status: "delivered" }]);
    expect(await contacts()).toMatchObject([
      {
        properties: {
          firstname: "Ida",
          lifecyclestage: "customer",
          doorstep_last_order_id: "A-1",
          doorstep_last_order_value: "420",
        },
      },
    ]);
  });

  it("keeps what somebody else claims out of a person's record", async () => {
    await deliver("hubspot", [form("ida@example.com", { verified: true })]);
    const before = await contacts();
    const stranger = purchase("ida@example.com", { profile: "visitor_id:1.stranger" });
    const outcomes = await deliver("hubspot", [stranger]);
    const [after] = await contacts();
    expect(outcomes).toMatchObject([{ status: "delivered" }]);
    for (const [name, value] of Object.entries(before[0]?.properties ?? {})) {
      if (name !== "lastmodifieddate" && value !== "") expect(after?.properties[name]).toBe(value);
    }
    expect(await deliver("hubspot", [stranger])).toEqual([{ status: "skipped", reason: "claim_not_proven" }]);
  });

  it("takes a hundred contacts in one request, and an address that comes twice once", async () => {
    const people = Array.from({ length: 99 }, (_, n) =>
      form(`p${n}@example.com`, { verified: true, id: `e${n}` }),
    );
    const outcomes = await deliver("hubspot", [...people, purchase("P0@example.com", { verified: true })]);
    expect(outcomes.every(({ status }) => status === "delivered")).toBe(true);
    const upserts = (await received("hubspot")).filter(({ path }) => path.endsWith("/upsert"));
    expect(upserts).toHaveLength(1);
    expect(await contacts()).toHaveLength(99);
  });

  it("delivers only what a 207 confirms", async () => {
    await fault("hubspot", "partial", { category: "VALIDATION_ERROR" });
    const outcomes = await deliver(
      "hubspot",
      ["a", "b", "c"].map((n) => ({
        event: recent("identify", {}, { verified: true, id: n }),
        traits: { email: `${n}@example.com` },
      })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["delivered", "failed", "delivered"]);
    expect(await contacts()).toHaveLength(2);
  });

  it("one contact that it refuses harms no other", async () => {
    const wrong = { ...form("no-tld@localhost", { verified: true, id: "w" }) };
    const outcomes = await deliver("hubspot", [form("a@example.com", { verified: true }), wrong]);
    expect(outcomes[0]).toMatchObject({ status: "delivered" });
    expect(outcomes[1]).toMatchObject({ status: "failed", code: "VALIDATION_ERROR" });
  });

  it.each([
    ["500", { status: "retry", code: "http_500" }],
    ["429", { status: "retry", code: "rate_limited", afterSeconds: 1 }],
    ["reset", { status: "retry", code: "network" }],
    ["unauthorized", { status: "unauthorized", detail: "http_401" }],
  ])("fault %s", async (mode, outcome) => {
    await fault("hubspot", mode);
    expect(await deliver("hubspot", [form("ida@example.com")])).toEqual([outcome]);
  });

  it("a held request ends at the deadline, and is not taken for delivered", async () => {
    await fault("hubspot", "hold");
    expect(await deliver("hubspot", [form("ida@example.com")])).toEqual([
      { status: "retry", code: "timeout" },
    ]);
    expect(await contacts()).toEqual([]);
  });

  it("has the legal basis of a proved person who agreed", async () => {
    const agreed = { event: recent("login", {}, { verified: true }), traits: { email: "ida@example.com" } };
    expect(await deliver("hubspot", [agreed], { legal_basis: true })).toMatchObject([
      { status: "delivered" },
    ]);
    expect(await contacts()).toMatchObject([
      { properties: { hs_legal_basis: "Freely given consent from contact" } },
    ]);
  });

  it("a wrong token is an unauthorized destination", async () => {
    expect(await deliver("hubspot", [form("ida@example.com")], { token: "wrong" })).toMatchObject([
      { status: "unauthorized" },
    ]);
  });
});

describe("GA4's sandbox", () => {
  it("finds every core event valid, and nothing that keeps it out of the reports", async () => {
    const events = DESTINATION_EXAMPLES.ga4
      .filter((example) => example.expect.status === "mapped")
      .map(({ event }) => ({ event: { ...event, occurredAt: Date.now() - 1_000, receivedAt: Date.now() } }));
    const outcomes = await deliver("ga4", events);
    expect(outcomes).toEqual(events.map(() => ({ status: "delivered", mayRepeat: true })));
    const requests = await received("ga4");
    expect(requests.length).toBeGreaterThan(0);
    for (const { valid, validationMessages, reportingGaps } of requests) {
      expect({ valid, validationMessages, reportingGaps }).toEqual({
        valid: true,
        validationMessages: [],
        reportingGaps: [],
      });
    }
  });

  it("has nothing to say against any example at the endpoint that validates", async () => {
    const now = Date.now();
    for (const { event, settings, expect: expected } of DESTINATION_EXAMPLES.ga4) {
      if (expected.status !== "mapped") continue;
      const parsed = ga4.settings.parse(settings);
      const result = ga4.map({ ...event, occurredAt: now - 1_000, receivedAt: now }, {}, parsed);
      if (result.status !== "mapped") throw new Error(result.status);
      const { event: only, ...shared } = result.body;
      const answer = await fetch(
        `${demo.url}/ga4/debug/mp/collect?measurement_id=G-DEMO&api_secret=ga4-demo`,
        {
          method: "POST",
          body: JSON.stringify({ ...shared, events: [only], validation_behavior: "ENFORCE_RECOMMENDATIONS" }),
        },
      );
      expect({ title: only.name, ...((await answer.json()) as object) }).toEqual({
        title: only.name,
        validationMessages: [],
      });
    }
  });

  it.each([
    ["500", { status: "retry", code: "http_500" }],
    ["429", { status: "retry", code: "http_429", afterSeconds: 1 }],
    ["unauthorized", { status: "unauthorized", detail: "http_401" }],
    ["reset", { status: "retry", code: "network" }],
  ])("fault %s", async (mode, outcome) => {
    await fault("ga4", mode);
    expect(await deliver("ga4", [{ event: recent("page_view", {}) }])).toEqual([outcome]);
  });
});

describe("the webhook's sandbox", () => {
  it("accepts the signature, and knows a repetition by its id", async () => {
    const event = {
      event: recent("purchase", { order_id: "A", value: 1, currency: "EUR" }),
      traits: { email: "ida@example.com" },
    };
    for (let n = 0; n < 2; n++) expect(await deliver("webhook", [event])).toEqual([{ status: "delivered" }]);
    expect(await received("webhook")).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ valid: true, duplicate: true }),
        expect.objectContaining({ valid: true, duplicate: false }),
      ]),
    );
  });

  it("refuses a wrong secret", async () => {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    expect(await deliver("webhook", [{ event: recent("login", {}) }], { secret })).toMatchObject([
      { status: "unauthorized" },
    ]);
  });
});
