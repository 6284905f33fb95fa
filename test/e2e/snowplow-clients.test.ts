/**
 * Unmodified `@snowplow/browser-tracker` in Chromium and `@snowplow/node-tracker` on a server against the whole product:
 * every event comes in under its contract.
 */
import type * as Tracker from "@snowplow/browser-tracker";
import * as node from "@snowplow/node-tracker";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../setup/browser.ts";
import { bundledClient } from "../setup/bundled-client.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";
import { arrived, idsOf, liveEvents, openVendorPage, type VendorPage } from "../setup/vendor-page.ts";

const ECOMMERCE = "iglu:com.snowplowanalytics.snowplow.ecommerce";

/** The demo's source, and one that takes events without a contract, with three of their fields. */
const SOURCES = [
  {
    id: "web",
    writeKey: "wk_demo",
    secretKey: "sk_demo",
    consentCategories: { Advertising: "marketing", Analytics: "analytics", Functional: "personalization" },
  },
  { id: "open", writeKey: "wk_open", unknownEvents: { accept: ["category", "label", "value"] } },
];

let product: Product;
let browser: Browser;
let script: string;

beforeAll(async () => {
  [product, browser, script] = await Promise.all([
    startProduct({ vars: { SOURCES: JSON.stringify(SOURCES) } }),
    launchBrowser(),
    bundledClient('import * as snowplow from "@snowplow/browser-tracker"; window.snowplow = snowplow;'),
  ]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

/** Starts the tracker on the page with `configuration` over what every site sets, and sends one event of each kind. */
async function sendAll({ page }: VendorPage, configuration: object): Promise<void> {
  await page.evaluate(
    ([given, ecommerce]) => {
      const { snowplow } = window as unknown as { snowplow: typeof Tracker };
      snowplow.newTracker("sp", location.origin, Object.assign({ appId: "wk_demo" }, given));
      snowplow.trackPageView({ title: "Gloves" });
      snowplow.trackStructEvent({ category: "account", action: "login", label: "password" });
      snowplow.trackSelfDescribingEvent({
        event: {
          schema: "iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1",
          data: { targetUrl: "https://weather.example/oslo", elementId: "weather" },
        },
      });
      snowplow.trackSelfDescribingEvent({
        event: {
          schema: `${ecommerce}/snowplow_ecommerce_action/jsonschema/1-0-2`,
          data: { type: "transaction" },
        },
        context: [
          {
            schema: `${ecommerce}/transaction/jsonschema/1-0-0`,
            data: {
              transaction_id: "S-1",
              revenue: 78,
              currency: "EUR",
              payment_method: "card",
              total_quantity: 2,
            },
          },
          {
            schema: `${ecommerce}/product/jsonschema/1-0-0`,
            data: { id: "wool-gloves", category: "winter", price: 39, currency: "EUR", quantity: 2 },
          },
        ],
      });
    },
    [configuration, ECOMMERCE] as const,
  );
}

const NAMES = ["page_view", "login", "link_click", "purchase"];
const sentTo = ({ ours }: VendorPage, path: string) => ours.filter((request) => request.endsWith(` ${path}`));

describe("browser-tracker", () => {
  it.each<[string, Tracker.TrackerConfiguration, string, string]>([
    ["POST", {}, "POST", "/com.snowplowanalytics.snowplow/tp2"],
    [
      "POST of several at once, encoded",
      { bufferSize: 4, encodeBase64: true },
      "POST",
      "/com.snowplowanalytics.snowplow/tp2",
    ],
    ["POST to a path of the site's own", { postPath: "/org.fjell/hello" }, "POST", "/org.fjell/hello"],
    ["GET", { eventMethod: "get" }, "GET", "/i"],
  ])("by %s", async (_, configuration, method, path) => {
    const before = idsOf(await liveEvents(product));
    const at = await openVendorPage(browser, product, script);
    await sendAll(at, configuration);
    const events = await arrived(product, "snowplow", NAMES, before);
    // Whom an event is about is settled by the cookie of our own and by the tracker's id alike.
    expect(new Set(events.map(({ identity_state }) => identity_state))).toEqual(new Set(["anonymous"]));
    const sent = sentTo(at, path);
    expect(new Set(sent)).toEqual(new Set([`${method} ${path}`]));
    expect(at.others).toEqual([]);
    const cookies = (await at.context.cookies()).map(({ name }) => name);
    expect(cookies).toEqual(expect.arrayContaining(["ds_id", "ds_session"]));
    await at.context.close();
  });

  it("a structured event of the site's own, where its source takes such events", async () => {
    const before = idsOf(await liveEvents(product));
    const at = await openVendorPage(browser, product, script);
    await at.page.evaluate(() => {
      const { snowplow } = window as unknown as { snowplow: typeof Tracker };
      snowplow.newTracker("sp", location.origin, { appId: "wk_open" });
      snowplow.trackStructEvent({ category: "configurator", action: "finish", label: "touring", value: 5 });
    });
    await arrived(product, "snowplow", ["custom"], before);
    await at.context.close();
  });

  it("a page ping while the visitor is active", async () => {
    const before = idsOf(await liveEvents(product));
    const at = await openVendorPage(browser, product, script);
    await at.page.evaluate(() => {
      const { snowplow } = window as unknown as { snowplow: typeof Tracker };
      snowplow.newTracker("sp", location.origin, { appId: "wk_demo" });
      snowplow.enableActivityTracking({ minimumVisitLength: 1, heartbeatDelay: 30 });
      snowplow.trackPageView();
    });
    const pinged = at.page.waitForRequest((request) => request.postData()?.includes('"e":"pp"') === true);
    for (let y = 10; y < 400; y += 10) await at.page.mouse.move(20, y);
    await pinged;
    await arrived(product, "snowplow", ["page_view", "page_ping"], before);
    await at.context.close();
  });

  it("anonymous tracking with server anonymisation leaves nothing by which a visitor is known again", async () => {
    const before = idsOf(await liveEvents(product));
    const at = await openVendorPage(browser, product, script);
    const asked = at.page.waitForRequest((request) => request.url().endsWith("/tp2"));
    await sendAll(at, { anonymousTracking: { withServerAnonymisation: true } });
    expect((await asked).headers()["sp-anonymous"]).toBe("*");
    const events = await arrived(product, "snowplow", NAMES, before);
    // Each stands for itself: a row of its own, and no other event's.
    const rows = events.flatMap(({ receipts }) =>
      receipts.flatMap((receipt) => (receipt.stage === "ingest" ? [receipt.profile] : [])),
    );
    expect(new Set(rows).size).toBe(NAMES.length);
    for (const row of rows) expect(row).toMatch(/^event:/);
    const cookies = (await at.context.cookies()).map(({ name }) => name);
    expect(cookies.filter((name) => name === "ds_id" || name === "ds_session")).toEqual([]);
    await at.context.close();
  });
});

describe("node-tracker", () => {
  const CONSENT = {
    schema: "iglu:com.snowplowanalytics.snowplow/consent_preferences/jsonschema/1-0-0",
    data: {
      eventType: "allow_selected",
      basisForProcessing: "consent",
      consentScopes: ["Analytics", "Advertising"],
    },
  };

  /** What `send` makes the tracker send is sent in one request; fails where that is not answered with a 2xx. */
  async function withTracker(
    emitter: Partial<Tracker.EmitterConfigurationBase>,
    send: (tracker: node.Tracker) => void,
  ): Promise<void> {
    const failed: unknown[] = [];
    const tracker = node.newTracker(
      { namespace: "server", appId: "wk_demo" },
      {
        endpoint: product.url,
        bufferSize: 50,
        onRequestFailure: (failure: unknown) => void failed.push(failure),
        ...emitter,
      },
    );
    tracker.setUserId("u-sp");
    tracker.setDomainUserId("d-sp");
    send(tracker);
    await tracker.flush();
    // The tracker tells of a failure a moment later.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(failed).toEqual([]);
  }

  const sendSome = (tracker: node.Tracker) => {
    tracker.track(node.buildPageView({ pageUrl: "https://shop.example/", pageTitle: "Home" }), [CONSENT]);
    tracker.track(node.buildSiteSearch({ terms: ["gloves"], totalResults: 12 }), [CONSENT]);
    tracker.track(node.buildAddToCart({ sku: "wool-gloves", quantity: 2, unitPrice: 39, currency: "EUR" }), [
      CONSENT,
    ]);
    const order = { orderId: "S-2", total: 78, currency: "EUR" };
    tracker.track(node.buildEcommerceTransaction(order), [CONSENT]);
    const item = { orderId: "S-2", sku: "wool-gloves", price: 39, quantity: 2, currency: "EUR" };
    tracker.track(node.buildEcommerceTransactionItem(item), [CONSENT]);
  };

  it("with the app id alone its identifiers are claims", async () => {
    const before = idsOf(await liveEvents(product));
    await withTracker({}, sendSome);
    const names = ["page_view", "search", "add_to_cart", "purchase"];
    const events = await arrived(product, "snowplow", names, before);
    await product.settle();
    expect(events.map(({ identity_state }) => identity_state)).not.toContain("authenticated");
  });

  it("with the secret key in a header they are proved", async () => {
    await product.settle();
    const before = idsOf(await liveEvents(product));
    await withTracker({ customHeaders: { authorization: "Bearer sk_demo" } }, sendSome);
    await arrived(product, "snowplow", ["page_view", "search", "add_to_cart", "purchase"], before);
    await product.settle();
    const after = (await liveEvents(product, "snowplow")).filter(({ event_id }) => !before.has(event_id));
    expect(new Set(after.map(({ identity_state }) => identity_state))).toEqual(new Set(["authenticated"]));
  });

  it("by GET, where a transaction and its item come apart: the item waits for the source's policy", async () => {
    const before = idsOf(await liveEvents(product));
    await withTracker({ eventMethod: "get", bufferSize: 1 }, (tracker) => {
      tracker.track(node.buildEcommerceTransaction({ orderId: "S-3", total: 39, currency: "EUR" }), [
        CONSENT,
      ]);
      tracker.track(
        node.buildEcommerceTransactionItem({ orderId: "S-3", sku: "a", price: 39, quantity: 1 }),
        [CONSENT],
      );
    });
    await arrived(product, "snowplow", ["purchase"], before);
    await eventually(async () => {
      const items = (await liveEvents(product)).filter(({ name }) => name === "transaction_item");
      expect(items.map(({ outcome }) => outcome)).toEqual(["rejected"]);
    });
  });
});
