/**
 * Delivery in the console, in a real Chromium over the running product: a delivery that HubSpot refuses is found with its
 * reason, mended, replayed and arrives; a destination is paused, checked, and backfilled.
 */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReleaseDocument } from "../../contracts/definitions/release.ts";
import { DEMO_SECRET_KEY } from "../../scripts/local/demo.ts";
import { launchBrowser } from "../setup/browser.ts";
import { type Desk, openDesk, tokenOf } from "../setup/console-desk.ts";
import { contrastsOf } from "../setup/contrast.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";

let product: Product;
let browser: Browser;
let desk: Desk;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
  // A mapping that sends HubSpot whatever a coupon says, where HubSpot takes a few words alone.
  await publish((hubspot) => {
    hubspot.mappings = [
      {
        events: ["purchase"],
        skip: false,
        set: { "properties.hs_lead_status": { path: "properties.coupon" } },
        remove: [],
        modes: {},
      },
    ];
  });
  await order("ann", "vip");
  await order("bob", "NEW");
  desk = await openDesk(browser, product, await tokenOf(product, "engineer"));
}, 120_000);

afterAll(async () => {
  await desk?.close();
  await browser?.close();
  await product?.close();
});

/** Publishes the release with another HubSpot in it. */
async function publish(change: (hubspot: ReleaseDocument["destinations"][string]) => void): Promise<void> {
  const { document } = (await (await product.admin("/releases/active")).json()) as {
    document: ReleaseDocument;
  };
  const { hubspot } = document.destinations;
  if (hubspot) change(hubspot);
  const response = await product.admin("/releases", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ document, note: "Test" }),
  });
  expect(response.status, await response.clone().text()).toBe(201);
}

async function order(who: string, coupon: string): Promise<void> {
  const consent = { analytics: "granted", marketing: "granted", personalization: "granted" };
  const event = {
    id: `order-${who}`,
    name: "purchase",
    occurred_at: new Date().toISOString(),
    user_id: who,
    traits: { email: `${who}@example.com` },
    consent,
    properties: { order_id: `A-${who}`, value: 129, currency: "EUR", coupon },
  };
  const response = await fetch(`${product.url}/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${DEMO_SECRET_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ events: [event] }),
  });
  expect(await response.json()).toMatchObject({ accepted: 1 });
  await product.settle();
}

/** The queues are done, and the page asks at once: as it does when somebody comes back to its tab. */
async function settled(): Promise<void> {
  await product.settle();
  await desk.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
}

const button = (name: string) => desk.main.getByRole("button", { name, exact: true });
const contact = async (who: string) =>
  (await product.contacts()).find(({ properties }) => properties.email === `${who}@example.com`)?.properties;

async function readable(): Promise<void> {
  for (const { text, contrast } of await contrastsOf(desk.page, "#view *"))
    expect(contrast, text).toBeGreaterThanOrEqual(4.5);
}

describe("delivery, in the console", () => {
  it("shows at a glance how each destination is doing, what did not arrive, and why", async () => {
    await desk.go("destinations");
    const hubspot = desk.main.getByRole("listitem").filter({ hasText: "HubSpot" });
    await hubspot.getByText("1 failed").waitFor();
    expect(await hubspot.textContent()).toMatch(/Last hour1 delivered.*Lag.*within \d/);
    expect(await hubspot.textContent()).toContain("Success50 %");
    expect(await desk.main.getByRole("listitem").filter({ hasText: "GA4" }).textContent()).toContain(
      "delivering",
    );
    const cause = desk.main.getByRole("row").filter({ hasText: "VALIDATION ERROR" });
    expect(await cause.textContent()).toMatch(/^hubspotVALIDATION ERROR1/);
    await readable();
    expect(await contact("ann")).toBeUndefined();
    expect(await contact("bob")).toMatchObject({ hs_lead_status: "NEW" });
  });

  it("a delivery that the vendor refused is found with its reason, mended within its contract, replayed, and arrives", async () => {
    await desk.main.getByRole("link", { name: "hubspot", exact: true }).first().click();
    const cause = desk.main.getByRole("listitem").filter({ hasText: "VALIDATION_ERROR" });
    await cause.getByText("INVALID_OPTION:hs_lead_status").first().waitFor();
    await cause.getByRole("button", { name: "Show the failures of VALIDATION ERROR" }).click();
    await cause.getByRole("button", { name: "Open the failure of order-ann" }).click();
    const properties = cause.getByLabel("Properties (JSON)");
    await properties.waitFor();
    await readable();
    const event = JSON.parse(await properties.inputValue()) as Record<string, unknown>;
    expect(event).toMatchObject({ order_id: "A-ann", coupon: "vip" });

    await properties.fill(JSON.stringify({ ...event, value: "much" }));
    await cause.getByRole("button", { name: "Replay", exact: true }).click();
    await cause.getByText("properties.value").waitFor();
    await properties.fill(JSON.stringify({ ...event, coupon: "OPEN" }));
    await cause.getByRole("button", { name: "Replay", exact: true }).click();
    await desk.main.getByText("Sent again to hubspot; consent is checked again before it leaves.").waitFor();
    await settled();
    await desk.main.getByText("No delivery to it has failed for good").waitFor();
    expect(await contact("ann")).toMatchObject({ hs_lead_status: "OPEN", doorstep_last_order_id: "A-ann" });
  });

  it("its settings are a form that is filled in, and of a secret the name alone", async () => {
    const settings = desk.main.getByRole("region", { name: "Settings" });
    expect(await settings.textContent()).toContain("Access token tokenthe secret HUBSPOT_TOKEN");
    expect(await desk.page.content()).not.toContain("pat-demo");
    expect(await desk.main.getByRole("region", { name: "What it takes" }).textContent()).toContain(
      "1 mapping",
    );
    await desk.main.getByRole("img", { name: /2 delivered and 1 failed in the last 60 minutes/ }).waitFor();
  });

  it("is paused, so that what comes is parked, and goes on when it is resumed", async () => {
    await button("Pause hubspot").click();
    await desk.main.getByText("hubspot is paused.").waitFor();
    await order("cid", "NEW");
    await settled();
    expect(await contact("cid")).toBeUndefined();
    await desk.main.getByRole("region", { name: "Now" }).getByText("Parked1").waitFor();
    await button("Resume hubspot").click();
    await desk.main.getByText("hubspot is running again.").waitFor();
    await settled();
    await eventually(async () => expect(await contact("cid")).toBeDefined());
  });

  it("says whether the vendor takes our credentials", async () => {
    await button("Check connection").click();
    await desk.main.getByText("It answers, and takes our credentials.").waitFor();
    await publish(({ settings }) => {
      settings.token = { $secret: "GA4_API_SECRET" };
    });
    await button("Check connection").click();
    await desk.main.getByText("It refuses our credentials: HTTP 401.").waitFor();
    await publish(({ settings }) => {
      settings.token = { $secret: "HUBSPOT_TOKEN" };
    });
  });

  it("a backfill says what it will do, and is watched to its end", async () => {
    await product.forget();
    await button("Backfill…").click();
    const form = desk.main.getByRole("form", { name: "Backfill" });
    await form.getByLabel("First day (UTC)").fill(await form.getByLabel("Last day (UTC)").inputValue());
    await form.getByLabel(/^Also what was meant for it/).check();
    await form.getByRole("button", { name: "Begin the backfill…" }).click();
    const dialog = desk.page.getByRole("dialog");
    await dialog.getByText("hubspot gets the events that the lake has of").waitFor();
    await dialog.getByRole("button", { name: "Begin it" }).click();
    const job = desk.main.getByRole("listitem", { name: /^Backfill of \d/ });
    await job.getByText("running").waitFor();
    await product.local.tick();
    await settled();
    await job.getByText("done", { exact: true }).waitFor();
    expect(await job.textContent()).toContain("3 queued");
    await readable();
    // As it was sent when it came, not as it was mended.
    await desk.main.getByText("INVALID_OPTION:hs_lead_status").first().waitFor();
    expect([await contact("ann"), await contact("bob")]).toEqual([
      undefined,
      expect.objectContaining({ hs_lead_status: "NEW" }),
    ]);
  });

  it("what a day's account misses is named, with its trace, and is delivered again on demand", async () => {
    await product.forget();
    const day = new Date().toISOString().slice(0, 10);
    const balance = { routed: 2, delivered: 1, failed: 0, skipped: {}, gaps: 1 };
    const totals = {
      events: { accepted: 2, duplicate: 0, dropped: {}, changes: 0 },
      destinations: { hubspot: { ...balance, inFlight: { queued: 0, retry: 0, parked: 0 } } },
    };
    // As an account of a day finds it six hours later.
    const gap = { eventId: "order-bob", destination: "hubspot", why: "no_receipt", since: Date.now() };
    await (await product.local.mf.getD1Database("IDENTITY_0"))
      .prepare(
        "INSERT INTO reconciliations (day, state, counts, gaps, open, at) VALUES (?, 'done', ?, ?, 1, ?)",
      )
      .bind(day, JSON.stringify(totals), JSON.stringify([gap]), Date.now())
      .run();
    await settled();
    await button(`Reasons of ${day} for hubspot`).click();
    const named = desk.main.getByRole("listitem").filter({ hasText: "nothing was heard of it since" });
    expect(await named.getByRole("link", { name: "order-bob" }).getAttribute("href")).toBe(
      "#/live/order-bob",
    );
    await readable();
    await button("Deliver again").click();
    await desk.main.getByText("What is missing goes to hubspot within a minute.").waitFor();
    await product.local.tick();
    await settled();
    const job = desk.main.getByRole("listitem", { name: `Backfill of 1 missed on ${day}` });
    await job.getByText("1 queued").waitFor();
    // Besides those of whom the schedule has told a change.
    expect((await product.contacts()).map(({ properties }) => properties.email)).toContain("bob@example.com");
  });

  it("all of a cause are discarded after a question, and their job says so", async () => {
    await button("Discard…").click();
    await desk.page.getByRole("dialog").getByRole("button", { name: "Discard them" }).click();
    await desk.main.getByText("1 delivery will be discarded within a minute.").waitFor();
    await product.local.tick();
    await settled();
    await desk.main.getByText("No delivery to it has failed for good").waitFor();
    const job = desk.main.getByRole("listitem", { name: "Discard of VALIDATION ERROR" });
    await job.getByText("1 discarded").waitFor();
    expect(desk.complaints).toEqual([]);
  });

  it("whoever may only look has no button that changes anything; of some sources, they see no failure", async () => {
    const viewer = await openDesk(browser, product, await tokenOf(product, "viewer"));
    await viewer.go("destinations/hubspot");
    await viewer.main.getByRole("heading", { name: "Settings of HubSpot" }).waitFor();
    await viewer.main
      .getByRole("listitem", { name: /^Backfill of/ })
      .first()
      .waitFor();
    const buttons = await viewer.main.getByRole("button").allTextContents();
    expect(buttons.filter((name) => !["Show", "Why"].includes(name))).toEqual([]);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
    const limited = await openDesk(
      browser,
      product,
      await tokenOf(product, "engineer", { sources: ["web"] }),
    );
    await limited.go("destinations/hubspot");
    await limited.main.getByText("You may not see this: what failed").waitFor();
    await limited.main.getByRole("heading", { name: "Settings of HubSpot" }).waitFor();
    expect(limited.asked.filter((path) => /^(failures|jobs|reconciliation)/.test(path))).toEqual([]);
    await limited.close();
  });
});
