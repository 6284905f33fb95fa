/**
 * Requests as Google's tag makes them in a real page (its library comes from Google, and no test contacts Google), and a
 * server's by the Measurement Protocol, against the whole product: every event comes in under its contract.
 */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser } from "../setup/browser.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { arrived, idsOf, liveEvents, openVendorPage, type VendorPage } from "../setup/vendor-page.ts";

let product: Product;
let browser: Browser;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

let hits = 0;

/** What the tag puts into every query; `_s` counts the requests of a page. */
const query = (more: Record<string, string> = {}) =>
  new URLSearchParams({
    v: "2",
    tid: "wk_demo",
    gtm: "45je6b90v9100000000za200zd9100000000",
    _p: String(Date.now()),
    gcs: "G111",
    gcd: "13r3r3r3r5l1",
    npa: "0",
    dma: "1",
    dma_cps: "a",
    tag_exp: "101509157~103116026",
    cid: "1220643501.1708014725",
    ul: "en-gb",
    sr: "1920x1080",
    uaa: "x86",
    uab: "64",
    uafvl: "Chromium;154.0.0.0|Not)A;Brand;24.0.0.0",
    uamb: "0",
    uap: "Linux",
    frm: "0",
    pscdl: "noapi",
    sid: "1795341590",
    sct: "1",
    seg: "0",
    _s: String(++hits),
    dl: `${product.url}/articles/forty-hours-of-blue`,
    dr: "",
    dt: "Forty hours of blue",
    ...more,
  }).toString();

/** Sends as the tag does: the single event of a hit in the query of a POST without a body, others a line each. */
async function send({ page }: VendorPage, path: string, lines?: string[], how = "fetch"): Promise<void> {
  const answered = page.waitForResponse((response) => response.url().includes("/g/collect"));
  await page.evaluate(
    ([to, body, by]) => {
      if (by === "image") new Image().src = to;
      else if (by === "beacon") navigator.sendBeacon(to, body);
      else
        void fetch(to, {
          method: "POST",
          keepalive: true,
          credentials: "include",
          mode: "no-cors",
          ...(body !== undefined && { body }),
        });
    },
    [path, lines?.join("\r\n"), how] as const,
  );
  expect((await answered).status()).toBe(204);
}

it("hits of several events, by fetch and by beacon", async () => {
  const before = idsOf(await liveEvents(product));
  const at = await openVendorPage(browser, product);
  await send(at, `/g/collect?${query()}`, [
    "en=page_view&_ee=1&_et=3",
    "en=scroll&epn.percent_scrolled=90&_et=5120",
    "en=click&_ee=1&ep.link_url=https%3A%2F%2Fweather.example%2Foslo&ep.link_domain=weather.example&ep.outbound=true",
    "en=view_search_results&_ee=1&ep.search_term=wool%20gloves",
    "en=session_start",
  ]);
  await send(
    at,
    `/g/collect?${query()}`,
    [
      "en=add_to_cart&_c=1&cu=EUR&epn.value=78&pr1=idwool-gloves~nmWool%20gloves~brFjell~cawinter~pr39~qt2",
      "en=begin_checkout&cu=EUR&epn.value=78&pr1=idwool-gloves~pr39~qt2",
      "en=purchase&_c=1&cu=EUR&ep.transaction_id=G-1&epn.value=78&epn.tax=13&pr1=idwool-gloves~pr39~qt2",
    ],
    "beacon",
  );
  const names = ["page_view", "scroll", "link_click", "search", "add_to_cart", "begin_checkout", "purchase"];
  await arrived(product, "ga4", names, before);
  expect((await at.context.cookies()).map(({ name }) => name)).toContain("ds_id");
  await at.context.close();
});

it("hits of one event in the query, by an image and by a POST without a body", async () => {
  const before = idsOf(await liveEvents(product));
  const at = await openVendorPage(browser, product);
  await send(
    at,
    `/g/collect?${query({ en: "page_view", _fv: "1", _ss: "1", tfd: "712" })}`,
    undefined,
    "image",
  );
  await send(at, `/g/collect?${query({ en: "user_engagement", _et: "15213" })}`);
  await arrived(product, "ga4", ["page_view", "page_ping"], before);
  await at.context.close();
});

it("a hit that is sent again is the same event", async () => {
  const at = await openVendorPage(browser, product);
  const path = `/g/collect?${query({ en: "login", "ep.method": "Google" })}`;
  const before = idsOf(await liveEvents(product));
  await send(at, path, undefined, "image");
  await arrived(product, "ga4", ["login"], before);
  await send(at, `${path}&z=1`, undefined, "image");
  await product.settle();
  const logins = (await liveEvents(product, "ga4")).filter(({ event_id }) => !before.has(event_id));
  expect(logins).toHaveLength(1);
  expect(
    logins[0]?.receipts
      .filter(({ stage }) => stage === "ingest")
      .map(({ outcome }) => outcome)
      .sort(),
  ).toEqual(["duplicate", "folded"]);
  await at.context.close();
});

it("gcs=G100 denies what the cookie grants", async () => {
  const before = idsOf(await liveEvents(product));
  const at = await openVendorPage(browser, product);
  await send(at, `/g/collect?${query({ gcs: "G100" })}`, ["en=login"]);
  await product.settle();
  const [login] = (await liveEvents(product, "ga4")).filter(({ event_id }) => !before.has(event_id));
  const [door] = login?.receipts.filter(({ stage }) => stage === "door") ?? [];
  expect(door).toMatchObject({ consent: { granted: ["personalization"] } });
  await at.context.close();
});

it("a server by the Measurement Protocol proves whom it speaks of", async () => {
  const before = idsOf(await liveEvents(product));
  const post = (path: string, body: unknown) =>
    fetch(`${product.url}${path}?measurement_id=G-SHOP&api_secret=sk_demo`, {
      method: "POST",
      body: JSON.stringify(body),
    });
  const body = {
    client_id: "1220643501.1708014725",
    user_id: "u-ga4",
    timestamp_micros: Date.now() * 1_000 - 3_600_000_000,
    consent: { ad_user_data: "GRANTED", ad_personalization: "GRANTED", analytics_storage: "GRANTED" },
    events: [
      {
        name: "purchase",
        params: {
          transaction_id: "M-1",
          value: 78,
          currency: "EUR",
          items: [{ item_id: "wool-gloves", price: 39, quantity: 2 }],
        },
      },
      { name: "refund", params: { transaction_id: "M-0", value: 39, currency: "EUR" } },
      { name: "generate_lead", params: { lead_source: "fair" } },
    ],
  };
  const checked = await post("/debug/mp/collect", body);
  expect(await checked.json()).toEqual({ validationMessages: [] });
  expect((await post("/mp/collect", body)).status).toBe(204);
  await arrived(product, "ga4", ["purchase", "refund", "generate_lead"], before);
  await product.settle();
  const after = (await liveEvents(product, "ga4")).filter(({ event_id }) => !before.has(event_id));
  expect(new Set(after.map(({ identity_state }) => identity_state))).toEqual(new Set(["authenticated"]));
});
