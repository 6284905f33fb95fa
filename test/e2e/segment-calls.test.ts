/**
 * Every call of the unmodified `@segment/analytics-node` and `@segment/analytics-next`, the latter one by one and in
 * batches, against the whole product: each comes in under its contract.
 */
import { Analytics } from "@segment/analytics-node";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser } from "../setup/browser.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { segmentClient } from "../setup/segment-client.ts";
import { arrived, idsOf, liveEvents, openVendorPage } from "../setup/vendor-page.ts";

const ORDER = {
  order_id: "S-1",
  total: 78,
  currency: "EUR",
  products: [{ product_id: "wool-gloves", price: 39, quantity: 2 }],
};
const CALLED = ["page_view", "screen_view", "view_item", "purchase", "identify", "group", "identify"];

let product: Product;
let browser: Browser;
let script: string;

beforeAll(async () => {
  [product, browser, script] = await Promise.all([startProduct(), launchBrowser(), segmentClient()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

it("analytics-node sends all its calls", async () => {
  const before = idsOf(await liveEvents(product));
  const analytics = new Analytics({ writeKey: "sk_demo", host: product.url });
  const errors: unknown[] = [];
  analytics.on("error", (error) => errors.push(error));
  const context = {
    consent: { categoryPreferences: { Advertising: true, Analytics: true } },
    userAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0",
  };
  const who = { userId: "u-s1", context, integrations: { All: false } };
  analytics.page({ ...who, name: "Home", properties: { url: "https://shop.example/" } });
  analytics.screen({ ...who, name: "Home" });
  analytics.track({ ...who, event: "Product Viewed", properties: { product_id: "wool-gloves" } });
  analytics.track({ ...who, event: "Order Completed", properties: ORDER });
  analytics.identify({ ...who, traits: { email: "ida@example.com" } });
  analytics.group({ ...who, groupId: "berg-co", traits: { name: "Berg & Co." } });
  analytics.alias({ ...who, previousId: "anonymous-s1" });
  await analytics.closeAndFlush({ timeout: 10_000 });
  expect(errors).toEqual([]);
  const events = await arrived(product, "segment", CALLED, before);
  expect(events.find(({ name }) => name === "purchase")?.identity_state).toBe("authenticated");
});

/** The parts of the client that the test calls. */
interface Client {
  AnalyticsBrowser: { load(settings: object, options?: object): Client["analytics"] };
  analytics: Record<
    "page" | "screen" | "track" | "identify" | "group" | "alias",
    (...args: unknown[]) => unknown
  >;
}

it.each([
  ["one by one", undefined, "POST /v1/t"],
  ["in batches", { strategy: "batching", config: { size: 100, timeout: 300 } }, "POST /v1/b"],
])("analytics-next sends all its calls %s, and asks nobody else", async (_, deliveryStrategy, path) => {
  const before = idsOf(await liveEvents(product));
  const at = await openVendorPage(browser, product, script);
  await at.page.evaluate(
    async ({ strategy, order }) => {
      const window_ = window as unknown as Client;
      const client = window_.AnalyticsBrowser.load(
        { writeKey: "wk_demo", cdnURL: location.origin },
        strategy ? { integrations: { "Segment.io": { deliveryStrategy: strategy } } } : undefined,
      );
      await Promise.all([
        client.page("Shop", "Home"),
        client.screen("Home"),
        client.track("Product Viewed", { product_id: "wool-gloves" }),
        client.track("Order Completed", order),
        client.identify("u-s2", { email: "ida@example.com" }),
        client.group("berg-co", { name: "Berg & Co." }),
        client.alias("u-s2", "anonymous-s2"),
      ]);
    },
    { strategy: deliveryStrategy, order: ORDER },
  );
  await arrived(product, "segment", CALLED, before);
  expect(at.ours).toContain(path);
  expect(at.others).toEqual([]);
  await at.context.close();
});
