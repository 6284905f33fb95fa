/**
 * The walk of an unmodified analytics-next in a real Chromium through the whole product: no consent, consent, reading,
 * a form, an order, a personal page without JavaScript, and a withdrawal that stops what is already on its way.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchWholeBrowser } from "../setup/browser.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";
import { segmentClient } from "../setup/segment-client.ts";

let product: Product;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let script: string;

/** The parts of the client that the test calls; `analytics` is made by `load`. */
interface Client {
  AnalyticsBrowser: { load(settings: object): Client["analytics"] };
  analytics: {
    track(...args: unknown[]): Promise<unknown>;
    page(...args: unknown[]): Promise<unknown>;
    identify(...args: unknown[]): Promise<unknown>;
  };
}

beforeAll(async () => {
  [product, browser, script] = await Promise.all([startProduct(), launchWholeBrowser(), segmentClient()]);
  context = await browser.newContext({ bypassCSP: true });
  // The site's own measuring script stays away: here, all events come from Segment's client.
  await context.route("**/doorstep.js", (route) => route.abort());
  page = await context.newPage();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

async function open(path: string): Promise<void> {
  await page.goto(product.url + path);
  await page.addScriptTag({ content: script });
  await page.evaluate(async () => {
    const window_ = window as unknown as Client;
    window_.analytics = window_.AnalyticsBrowser.load({ writeKey: "wk_demo", cdnURL: location.origin });
    await window_.analytics;
  });
}

async function view(
  path: string,
  content?: { content_id: string; content_type: string; topic: string },
): Promise<void> {
  await open(path);
  const answered = page.waitForResponse((r) => r.url().endsWith("/v1/p"));
  await page.evaluate((c) => (window as unknown as Client).analytics.page(c ? { content: c } : {}), content);
  await answered;
}

async function call(type: "track" | "identify", ...args: unknown[]): Promise<void> {
  const answered = page.waitForResponse((r) => r.url().endsWith(type === "track" ? "/v1/t" : "/v1/i"));
  await page.evaluate(([method, given]) => (window as unknown as Client).analytics[method](...given), [
    type,
    args,
  ] as const);
  expect((await answered).status()).toBe(200);
}

const consent = (value: "granted" | "denied") =>
  page.evaluate(async (v) => {
    const purposes = { analytics: v, marketing: v, personalization: v };
    const response = await fetch("/consent", {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ purposes }),
    });
    if (!response.ok) throw new Error(await response.text());
  }, value);

const cookieNames = async () => (await context.cookies()).map((c) => c.name);
const winter = (id: string) => ({ content_id: id, content_type: "article", topic: "winter" });

it("without consent nothing reaches any vendor, and no id cookie is set", async () => {
  await view("/articles/forty-hours-of-blue", winter("forty-hours-of-blue"));
  await call("track", "Order Completed", { order_id: "never", total: 1, currency: "EUR" });
  await product.settle();
  expect(await product.received()).toEqual([]);
  expect((await cookieNames()).filter((n) => n.startsWith("ds_i") || n.startsWith("ds_s"))).toEqual([]);
});

it("with consent: one contact with the right properties, and valid GA4 events once each", async () => {
  await consent("granted");
  await view("/articles/forty-hours-of-blue", winter("forty-hours-of-blue"));
  await view("/articles/snow-holes-for-beginners", winter("snow-holes-for-beginners"));
  await open("/newsletter");
  await call("identify", { email: "ida@example.com", firstName: "Ida" });
  await call("track", "Form Submitted", { form_id: "newsletter" });
  const bought = Date.now();
  await call("track", "Order Completed", {
    order_id: "A-77",
    total: 129,
    currency: "EUR",
    products: [{ product_id: "ember-flask", name: "Ember flask", price: 129, quantity: 1 }],
  });

  const contact = await eventually(async () => {
    const contacts = await product.contacts();
    expect(contacts).toHaveLength(1);
    expect(contacts[0]?.properties).toMatchObject({
      email: "ida@example.com",
      firstname: "Ida",
      lifecyclestage: "customer",
      doorstep_last_order_id: "A-77",
      doorstep_last_order_value: "129",
    });
    return contacts[0];
  });
  // Under the queue settings of wrangler.toml, which are those of production: two batches of at most 1 s each.
  expect(Date.now() - bought).toBeLessThan(5_000);
  expect(contact?.properties.doorstep_segments).toContain("customer");

  await product.settle();
  const requests = await product.received("ga4");
  expect(requests.every((r) => (r as { valid?: boolean }).valid)).toBe(true);
  const names = requests.flatMap(
    (r) => (r.body as { events: { name: string; params: Record<string, unknown> }[] }).events,
  );
  expect(names.map((e) => e.name).sort()).toEqual(["generate_lead", "page_view", "page_view", "purchase"]);
  expect(names.find((e) => e.name === "purchase")?.params).toMatchObject({
    transaction_id: "A-77",
    value: 129,
    currency: "EUR",
  });
  expect(JSON.stringify(requests)).not.toContain("ida@example.com");
});

it("the next page is personal in its very HTML, with JavaScript off", async () => {
  const plain = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await context.storageState(),
  });
  const silent = await plain.newPage();
  const response = await silent.goto(`${product.url}/`);
  expect(await response?.text()).toContain("Thank you for coming back");
  expect(response?.headers()["cache-control"]).toBe("private, no-store");
  expect(
    await silent.locator('[data-doorstep-slot="hero"]').first().getAttribute("data-doorstep-offer"),
  ).toBe("loyal-thanks");
  await plain.close();

  const stranger = await browser.newContext({ javaScriptEnabled: false });
  const other = await stranger.newPage();
  await other.goto(`${product.url}/`);
  expect(await other.locator('[data-doorstep-slot="hero"]').first().textContent()).not.toContain(
    "Thank you for coming back",
  );
  await stranger.close();
});

it("a withdrawal stops what is already on its way: 0 arrive after it, and 20 receipts say so", async () => {
  await product.settle();
  await product.fault({ vendor: "hubspot", mode: "hold", count: 100 });
  const ids = Array.from({ length: 20 }, (_, i) => `held-${i}`);
  await page.evaluate(
    (orders) =>
      Promise.all(
        orders.map((id) =>
          (window as unknown as Client).analytics.track("Order Completed", {
            order_id: id,
            total: 5,
            currency: "EUR",
          }),
        ),
      ),
    ids,
  );
  await eventually(async () => expect((await product.faults()).held.hubspot).toBeGreaterThan(0));
  const before = await product.contacts();
  const withdrawnAt = Date.now();
  await consent("denied");
  await product.clearFaults("hubspot");
  await product.settle();

  const after = (await product.received("hubspot")).filter((r) => Date.parse(r.at) > withdrawnAt);
  expect(after).toEqual([]);
  expect(await product.contacts()).toEqual(before);
  const { events } = (await (await product.admin("/live?limit=500")).json()) as {
    events: { receipts: { stage: string; destination?: string; outcome: string; code?: string }[] }[];
  };
  const stopped = events
    .flatMap((e) => e.receipts)
    .filter((r) => r.stage === "delivery" && r.destination === "hubspot" && r.code === "consent_withdrawn");
  expect(stopped).toHaveLength(20);
  expect((await cookieNames()).filter((n) => n === "ds_id" || n === "ds_session")).toEqual([]);
});
