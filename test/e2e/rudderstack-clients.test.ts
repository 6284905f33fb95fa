/**
 * Unmodified `@rudderstack/rudder-sdk-node` and `@rudderstack/analytics-js` against the whole product: every call comes in
 * under its contract, and the browser's client asks nobody else for anything.
 */
import type { RudderAnalytics } from "@rudderstack/analytics-js";
import NodeClient from "@rudderstack/rudder-sdk-node";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../setup/browser.ts";
import { bundledClient } from "../setup/bundled-client.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { arrived, idsOf, liveEvents, openVendorPage, type VendorPage } from "../setup/vendor-page.ts";

const ORDER = {
  order_id: "R-1",
  total: 78,
  currency: "EUR",
  products: [{ product_id: "wool-gloves", price: 39, quantity: 2 }],
};
const ALL_CALLS = ["page_view", "screen_view", "purchase", "identify", "group", "identify"];

let product: Product;
let browser: Browser;
let script: string;

beforeAll(async () => {
  [product, browser, script] = await Promise.all([
    startProduct(),
    launchBrowser(),
    bundledClient(
      'import { RudderAnalytics } from "@rudderstack/analytics-js/bundled"; window.RudderAnalytics = RudderAnalytics;',
    ),
  ]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

describe("rudder-sdk-node", () => {
  it.each([true, false])("sends all its calls; gzip: %s", async (gzip) => {
    const before = idsOf(await liveEvents(product));
    const client = new NodeClient("sk_demo", { dataPlaneUrl: product.url, gzip, logLevel: "error" });
    const context = {
      consentManagement: {
        provider: "oneTrust",
        allowedConsentIds: ["Analytics"],
        deniedConsentIds: ["Advertising"],
      },
    };
    const who = { userId: "u-r1", context };
    client.page({ ...who, name: "Home", properties: { url: "https://shop.example/" } });
    client.screen({ ...who, name: "Home" });
    client.track({ ...who, event: "Order Completed", properties: ORDER });
    client.identify({ ...who, traits: { email: "ida@example.com", firstName: "Ida" } });
    client.group({ ...who, groupId: "berg-co", traits: { name: "Berg & Co." } });
    client.alias({ ...who, previousId: "anonymous-r1" });
    // It sends the first call by itself, and the others together.
    for (let left = 2; left > 0; left--) await client.flush();
    const events = await arrived(product, "segment", ALL_CALLS, before);
    for (const event of events) {
      const door = event.receipts.find((receipt) => receipt.stage === "door");
      expect(door).toMatchObject({ consent: { granted: ["analytics"] } });
    }
  });
});

/** The parts of the client that the test calls. */
interface Client {
  RudderAnalytics: typeof RudderAnalytics;
  client: RudderAnalytics;
}

describe("analytics-js", () => {
  const load = (at: VendorPage, options: Record<string, unknown> = {}) =>
    at.page.evaluate(
      (more) =>
        new Promise<void>((resolve, reject) => {
          setTimeout(() => reject(new Error("the client is not ready")), 10_000);
          const window_ = window as unknown as Client;
          window_.client = new window_.RudderAnalytics();
          window_.client.load("wk_demo", location.origin, { configUrl: location.origin, ...more });
          window_.client.ready(resolve);
        }),
      options,
    );
  const callAll = (at: VendorPage) =>
    at.page.evaluate((order) => {
      const { client } = window as unknown as Client;
      client.page("Shop", "Home");
      client.track("Product Viewed", { product_id: "wool-gloves", price: 39, currency: "EUR" });
      client.track("Order Completed", order);
      client.identify("u-r2", { email: "ida@example.com", firstName: "Ida" });
      client.group("berg-co", { name: "Berg & Co." });
      client.alias("u-r2", "anonymous-r2");
    }, ORDER);
  const CALLED = ["page_view", "view_item", "purchase", "identify", "group", "identify"];

  it("gets its settings here, sends all its calls here, and asks nobody else", async () => {
    const before = idsOf(await liveEvents(product));
    const at = await openVendorPage(browser, product, script);
    await load(at);
    await callAll(at);
    await arrived(product, "segment", CALLED, before);
    expect(at.others).toEqual([]);
    expect(at.ours).toContain("GET /sourceConfig/");
    await at.context.close();
  });

  it("with beacons sends what it has when the page goes away", async () => {
    const before = idsOf(await liveEvents(product));
    const at = await openVendorPage(browser, product, script);
    await load(at, { useBeacon: true });
    await callAll(at);
    await at.page.goto("about:blank");
    await arrived(product, "rudderstack", CALLED, before);
    expect(at.others).toEqual([]);
    await at.context.close();
  });

  it("its consent narrows what the visitor has granted", async () => {
    const before = idsOf(await liveEvents(product));
    const at = await openVendorPage(browser, product, script);
    const consentManagement = {
      enabled: true,
      provider: "custom",
      allowedConsentIds: ["Analytics"],
      deniedConsentIds: ["Advertising"],
    };
    await load(at, { consentManagement });
    await at.page.evaluate(
      (order) => (window as unknown as Client).client.track("Order Completed", order),
      ORDER,
    );
    const [order] = await arrived(product, "segment", ["purchase"], before);
    const door = order?.receipts.find((receipt) => receipt.stage === "door");
    expect(door).toMatchObject({ consent: { granted: ["analytics"], grounds: { marketing: "event" } } });
    expect(order?.destinations).toContainEqual(
      expect.objectContaining({ destination: "hubspot", status: "skipped" }),
    );
    await at.context.close();
  });
});

it("a pixel counts without any script", async () => {
  const before = idsOf(await liveEvents(product));
  const at = await openVendorPage(browser, product);
  const loaded = await at.page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const image = new Image();
        image.onload = () => resolve(image.naturalWidth);
        image.onerror = () => reject(new Error("no picture"));
        image.src =
          "/pixel/v1/track?writeKey=wk_demo&anonymousId=mail-1&event=Promotion+Viewed&properties.promotion_id=w";
      }),
  );
  expect(loaded).toBe(1);
  await arrived(product, "rudderstack", ["view_promotion"], before);
  await at.context.close();
});
