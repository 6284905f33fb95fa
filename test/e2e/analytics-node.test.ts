/**
 * Unmodified `@segment/analytics-node` against the whole product: a server that proves whom it speaks of with the secret
 * key, one that only has the public write key, and one that says nothing of consent.
 */
import { Analytics } from "@segment/analytics-node";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { EventEntry, LiveEntry } from "../../src/console/entry.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";

/** By the demo source's table of categories: marketing and analytics. */
const CONSENT = { consent: { categoryPreferences: { Advertising: true, Analytics: true } } };
const IDA = "ida@example.com";

let product: Product;

beforeAll(async () => {
  product = await startProduct();
}, 120_000);

afterAll(async () => {
  await product?.close();
});

beforeEach(async () => {
  await product.settle();
  await product.forget();
});

/** What the calls of `send` made the client post, all of it confirmed. Throws what the client reports as an error. */
async function withClient(writeKey: string, send: (analytics: Analytics) => void): Promise<void> {
  const analytics = new Analytics({ writeKey, host: product.url });
  const errors: unknown[] = [];
  analytics.on("error", (error) => errors.push(error));
  send(analytics);
  await analytics.closeAndFlush({ timeout: 10_000 });
  expect(errors).toEqual([]);
}

/** The contact as somebody else's tool has written it into the CRM before. */
async function existingContact(properties: Record<string, string>): Promise<void> {
  const response = await fetch(`${product.sandboxUrl}/hubspot/crm/v3/objects/contacts/batch/upsert`, {
    method: "POST",
    headers: { authorization: "Bearer pat-demo", "content-type": "application/json" },
    body: JSON.stringify({
      inputs: [{ idProperty: "email", id: IDA, properties: { email: IDA, ...properties } }],
    }),
  });
  expect(response.status, await response.text()).toBeLessThan(300);
}

const contact = async () => {
  const contacts = await product.contacts();
  expect(contacts).toHaveLength(1);
  return contacts[0]?.properties;
};

async function live(name: string): Promise<EventEntry[]> {
  const { events } = (await (await product.admin("/live?limit=500")).json()) as { events: LiveEntry[] };
  return events.filter((e): e is EventEntry => e.kind === "event" && e.name === name);
}

it("without a statement of consent nothing reaches any vendor, whatever the key", async () => {
  for (const key of ["wk_demo", "sk_demo"]) {
    await withClient(key, (analytics) => {
      analytics.identify({ userId: "u-silent", traits: { email: IDA, firstName: "Ida" } });
      analytics.track({
        userId: "u-silent",
        event: "Order Completed",
        properties: { order_id: "never", total: 1, currency: "EUR" },
      });
    });
  }
  await product.settle();
  expect(await product.received()).toEqual([]);
  const dropped = [...(await live("identify")), ...(await live("purchase"))];
  expect(dropped).toHaveLength(4);
  for (const event of dropped) {
    expect(event).toMatchObject({
      outcome: "dropped",
      summary: "Dropped: consent was denied",
      destinations: [],
    });
  }
});

it("with the secret key a person is proved: an order becomes a customer, and the traits overwrite the CRM's", async () => {
  await existingContact({ firstname: "I.", lastname: "Berg", lifecyclestage: "lead" });
  await withClient("sk_demo", (analytics) => {
    analytics.identify({ userId: "u-1", traits: { email: IDA, firstName: "Ida" }, context: CONSENT });
    analytics.track({
      userId: "u-1",
      event: "Order Completed",
      properties: {
        order_id: "A-1",
        total: 129,
        currency: "EUR",
        products: [{ product_id: "ember-flask", price: 129, quantity: 1 }],
      },
      context: CONSENT,
    });
  });
  await eventually(async () =>
    expect(await contact()).toMatchObject({
      email: IDA,
      firstname: "Ida",
      lastname: "Berg",
      lifecyclestage: "customer",
      doorstep_last_order_id: "A-1",
      doorstep_last_order_value: "129",
    }),
  );
  await product.settle();
  const [purchase] = (await live("purchase")).filter((e) => e.outcome === "accepted");
  expect(purchase?.identity_state).toBe("authenticated");
  expect(purchase?.destinations.map((d) => [d.destination, d.status])).toEqual([
    ["ga4", "delivered"],
    ["hubspot", "delivered"],
    ["meta", "delivered"],
    ["posthog", "delivered"],
    ["salesforce", "delivered"],
    ["orders-webhook", "delivered"],
  ]);
  const [webhook] = await product.received("webhook");
  expect(webhook?.body).toMatchObject({ data: { traits: { email: IDA }, traits_verified: true } });
});

it("with the public key a claim is no proof: what the CRM knows of a person stays", async () => {
  await existingContact({ firstname: "Ida", lastname: "Berg", lifecyclestage: "customer" });
  await withClient("wk_demo", (analytics) => {
    analytics.identify({
      anonymousId: "somebody",
      userId: "u-2",
      traits: { email: IDA, firstName: "Mallory", lastName: "Mallory" },
      context: CONSENT,
    });
    analytics.track({
      anonymousId: "somebody",
      userId: "u-2",
      event: "Form Submitted",
      properties: { form_id: "newsletter" },
      context: CONSENT,
    });
  });
  const [form] = await eventually(async () => {
    const events = (await live("form_submit")).filter((e) =>
      e.destinations.some((d) => d.destination === "hubspot" && d.status !== "queued"),
    );
    expect(events).toHaveLength(1);
    return events;
  });
  expect(form?.identity_state).toBe("pseudonymous");
  await product.settle();
  expect(await contact()).toMatchObject({
    email: IDA,
    firstname: "Ida",
    lastname: "Berg",
    lifecyclestage: "customer",
  });
  expect((await contact())?.doorstep_profile ?? null).toBeNull();
});
