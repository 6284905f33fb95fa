/** Unmodified `@jitsu/js` on a server and in Chromium against the whole product: every call comes in under its contract. */
import { type JitsuOptions, jitsuAnalytics } from "@jitsu/js";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser } from "../setup/browser.ts";
import { bundledClient } from "../setup/bundled-client.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { arrived, idsOf, liveEvents, openVendorPage } from "../setup/vendor-page.ts";

type Client = ReturnType<typeof jitsuAnalytics>;

const ORDER = {
  order_id: "J-1",
  total: 78,
  currency: "EUR",
  products: [{ product_id: "wool-gloves", price: 39, quantity: 2 }],
};

let product: Product;
let browser: Browser;
let script: string;

beforeAll(async () => {
  [product, browser, script] = await Promise.all([
    startProduct(),
    launchBrowser(),
    bundledClient('import { jitsuAnalytics } from "@jitsu/js"; window.jitsuAnalytics = jitsuAnalytics;'),
  ]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

/** A client on a server, and what it reports as errors. */
function serverClient(options: JitsuOptions): { client: Client; errors: string[] } {
  const errors: string[] = [];
  const client = jitsuAnalytics({
    host: product.url,
    errorPolicy: (message) => errors.push(message),
    privacy: { consentCategories: { Analytics: true, Advertising: true } },
    ...options,
  });
  return { client, errors };
}

it.each([
  ["sk_demo", true],
  ["wk_demo", false],
])("on a server with %s, s2s: %s", async (key, s2s) => {
  const before = idsOf(await liveEvents(product));
  const { client, errors } = serverClient({ writeKey: `shop:${key}`, s2s });
  await client.identify("u-j1", { email: "ida@example.com", firstName: "Ida" });
  await client.page({ url: "https://shop.example/", name: "Home" });
  await client.track("Order Completed", ORDER);
  await client.group("berg-co", { name: "Berg & Co." });
  await arrived(product, "jitsu", ["identify", "page_view", "purchase", "group"], before);
  expect(errors).toEqual([]);
});

it("is told that its key is none", async () => {
  const { client, errors } = serverClient({ writeKey: "shop:wk_nobody" });
  await client.track("Order Completed", ORDER);
  expect(errors).toEqual([expect.stringContaining("401")]);
});

it("in a browser, and asks nobody else", async () => {
  const before = idsOf(await liveEvents(product));
  const at = await openVendorPage(browser, product, script);
  const errors = await at.page.evaluate(async (order) => {
    const { jitsuAnalytics } = window as unknown as { jitsuAnalytics: (options: JitsuOptions) => Client };
    const reported: string[] = [];
    const client = jitsuAnalytics({
      host: location.origin,
      writeKey: "shop:wk_demo",
      errorPolicy: (message) => reported.push(message),
    });
    await client.page();
    await client.track("Product Added", {
      product_id: "wool-gloves",
      price: 39,
      quantity: 1,
      currency: "EUR",
    });
    await client.track("Order Completed", order);
    await client.identify("u-j2", { email: "ida@example.com" });
    await client.group("berg-co", { name: "Berg & Co." });
    return reported;
  }, ORDER);
  expect(errors).toEqual([]);
  await arrived(product, "jitsu", ["page_view", "add_to_cart", "purchase", "identify", "group"], before);
  expect(at.others).toEqual([]);
  expect(at.ours.filter((request) => request.includes("/api/s/")).sort()).toEqual(
    ["group", "identify", "page", "track", "track"].map((type) => `POST /api/s/${type}`),
  );
  await at.context.close();
});
