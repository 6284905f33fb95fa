/**
 * A real banner from npm in a real Chromium, through the whole product: with its own cookie alone, which the door reads
 * before any of our JavaScript runs, and wired to `doorstep.consent.set`.
 */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../setup/browser.ts";
import { openVisitor, type Visitor } from "../setup/consent-visitor.ts";
import { addBanner, choosePreferences } from "../setup/cookie-banner.ts";
import { type Product, type Received, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";
import { liveEvents } from "../setup/vendor-page.ts";

let product: Product;
let browser: Browser;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

interface History {
  complete: boolean;
  decisions: { purposes: Record<string, string>; source: string }[];
}

const sourcesOf = async ({ json }: Visitor) =>
  (await json<History>("/consent/history")).decisions.map(({ source, purposes }) => [
    source,
    Object.keys(purposes).filter((purpose) => purposes[purpose] === "granted"),
  ]);

/** Names of the events that GA4 received. */
const ga4Names = (received: readonly Received[]): string[] =>
  received.flatMap(({ body }) => (body as { events: { name: string }[] }).events.map(({ name }) => name));

interface LedgerRow {
  source: string;
  evidence: string;
}

/** The ledger of a visitor, as the operator sees it. */
async function ledgerOf(visitor: string): Promise<LedgerRow[]> {
  const response = await product.admin("/consent/ledger", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ visitor }),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { decisions: LedgerRow[] }).decisions;
}

describe("with its own cookie alone", () => {
  let visitor: Visitor;
  /** Identifier key of the visitor. */
  let key: string;

  it("before the choice nothing is sent on and nothing is set", async () => {
    visitor = await openVisitor(browser, product, "SK", { bypassCSP: true });
    await addBanner(visitor.context, "none");
    await visitor.go("/");
    await visitor.page.getByRole("button", { name: "Accept all", exact: true }).waitFor();
    await visitor.page.waitForTimeout(1_500);
    await product.settle();
    expect(await product.received()).toEqual([]);
    expect(await visitor.cookies()).toEqual([]);
    expect(await visitor.json("/consent")).toMatchObject({ explicit: false, ask: true });
  });

  it("measurement alone: events flow for it, and for nothing else", async () => {
    await choosePreferences(visitor.page, ["analytics"]);
    await visitor.go("/articles/forty-hours-of-blue");
    expect(await visitor.json("/consent")).toMatchObject({
      explicit: true,
      ask: false,
      source: "banner:vanilla-cookieconsent",
      purposes: { analytics: "granted", marketing: "denied", personalization: "denied" },
    });
    await visitor.track(
      "purchase",
      { order_id: "B-1", value: 10, currency: "EUR" },
      { traits: { email: "b@example.com" } },
    );
    expect(await visitor.cookies()).toEqual(["ds_id", "ds_session"]);
    await product.settle();
    expect(ga4Names(await product.received("ga4")).sort()).toEqual(["page_view", "purchase"]);
    expect(await product.received("hubspot")).toEqual([]);
    expect(await product.received("webhook")).toEqual([]);
    expect(JSON.stringify(await product.received())).not.toContain("b@example.com");
    expect(await sourcesOf(visitor)).toEqual([["banner:vanilla-cookieconsent", ["analytics"]]]);
    const purchase = (await liveEvents(product, "native")).find(({ name }) => name === "purchase");
    const folded = purchase?.receipts.find(({ stage }) => stage === "ingest") as
      | { profile?: string }
      | undefined;
    key = folded?.profile ?? "";
    expect(key).toMatch(/^visitor_id:/);
    expect((await ledgerOf(key)).map(({ source }) => source)).toEqual(["banner:vanilla-cookieconsent"]);
  });

  it("after a refusal in its preferences our cookies are gone with the next answer, and what was queued stays", async () => {
    await product.forget();
    await product.fault({ vendor: "ga4", mode: "hold", count: 100 });
    // The one that is held goes alone: what came with it would be under way as well.
    await visitor.track("login", { method: "held" });
    await eventually(async () => expect((await product.faults()).held.ga4).toBeGreaterThan(0), 30_000);
    for (let n = 0; n < 5; n++) await visitor.track("login", { method: `behind-${n}` });

    await choosePreferences(visitor.page, []);
    expect(await visitor.cookies()).toEqual(["ds_id", "ds_session"]);
    const withdrawnAt = Date.now();
    await visitor.go("/");
    expect(await visitor.cookies()).toEqual([]);
    await product.clearFaults("ga4");
    await product.settle();
    const after = (await product.received("ga4")).filter(({ at }) => Date.parse(at) > withdrawnAt);
    expect(after).toEqual([]);
    // What was behind the one that was held waits parked, and is looked at again when it is released; that one itself waits
    // for the circuit, which a batch that timed out has opened.
    await eventually(async () => {
      await product.local.tick();
      await product.settle();
      const logins = (await liveEvents(product, "native")).filter(({ name }) => name === "login");
      const outcomes = logins.map(({ receipts }) =>
        receipts.flatMap((r) =>
          r.stage === "delivery" && r.destination === "ga4" ? [r.code ?? r.outcome] : [],
        ),
      );
      const stopped = outcomes.filter((codes) => codes.includes("consent_withdrawn"));
      expect(stopped.length, JSON.stringify(outcomes)).toBeGreaterThanOrEqual(5);
      // A circuit that opened twice, on a slow machine, stays open for a minute and a half.
    }, 200_000);
    expect((await product.received("ga4")).filter(({ at }) => Date.parse(at) > withdrawnAt)).toEqual([]);
    const rows = await ledgerOf(key);
    expect(rows.map(({ source }) => source)).toEqual([
      "banner:vanilla-cookieconsent",
      "banner:vanilla-cookieconsent",
    ]);
    // The banner's revision, and a fingerprint of its cookie.
    for (const { evidence } of rows)
      expect(evidence).toMatch(/^vanilla-cookieconsent@4 sha256:[0-9a-f]{32}$/);
  }, 240_000);

  it("and the page of choices says where to change it", async () => {
    await visitor.go("/consent/page");
    expect(await visitor.page.getByRole("switch", { name: "Measurement" }).isDisabled()).toBe(true);
    expect(await visitor.page.locator("#analytics-why").textContent()).toContain("change it there");
    await visitor.context.close();
  });
});

describe("wired to doorstep.consent.set", () => {
  it("a choice holds on the same page, with the banner's version for evidence, and so does a change", async () => {
    await product.forget();
    const visitor = await openVisitor(browser, product, "SK", { bypassCSP: true });
    await addBanner(visitor.context, "doorstep");
    await visitor.go("/");
    await visitor.page.getByRole("button", { name: "Accept all", exact: true }).click();
    await expect.poll(visitor.cookies).toEqual(["ds_consent", "ds_id", "ds_session"]);
    await visitor.track(
      "purchase",
      { order_id: "B-2", value: 10, currency: "EUR" },
      { traits: { email: "c@example.com" } },
    );
    await eventually(async () => expect(await product.contacts()).toHaveLength(1));
    const key = (await liveEvents(product, "native"))[0]?.receipts.find(({ stage }) => stage === "ingest") as
      | { profile?: string }
      | undefined;

    await choosePreferences(visitor.page, ["analytics"]);
    await expect
      .poll(async () => (await visitor.json<{ purposes: object }>("/consent")).purposes)
      .toEqual({ analytics: "granted", marketing: "denied", personalization: "denied" });
    await product.settle();
    const before = (await product.received("hubspot")).length;
    await visitor.track("purchase", { order_id: "B-3", value: 11, currency: "EUR" });
    await product.settle();
    expect((await product.received("hubspot")).length).toBe(before);
    const orders = (await product.received("ga4")).map(({ body }) => JSON.stringify(body)).join();
    expect(orders).toContain("B-3");
    const rows = await ledgerOf(key?.profile ?? "");
    const chosen = rows.filter(({ source }) => source === "choice");
    expect(chosen.map(({ evidence }) => evidence)).toEqual([
      "banner:cookieconsent r4",
      "banner:cookieconsent r4",
    ]);
    await visitor.context.close();
  });
});
