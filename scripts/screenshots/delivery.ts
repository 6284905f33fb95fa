/** Pictures of delivery in the console: orders that HubSpot takes and some that it refuses, and the account of the day. */
import type { Page } from "playwright-core";
import type { ReleaseDocument } from "../../contracts/definitions/release.ts";
import type { Product } from "../../test/setup/e2e.ts";
import { DEMO_SECRET_KEY } from "../local/demo.ts";

const ORDERS = 36;
/** A shop's coupon that a mapping takes for HubSpot's lead status, which has no such option. */
const COUPONS = ["NEW", "OPEN", "CONNECTED", "winter-10"];

/** @param desk a page of the console, logged in @param shoot takes a picture under a name */
export async function walkDelivery(
  desk: Page,
  product: Product,
  shoot: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  const active = await product.admin("/releases/active");
  const { document } = (await active.json()) as { document: ReleaseDocument }; // the shape of src/console/routes.ts
  const { hubspot } = document.destinations;
  if (!hubspot) throw new Error("the demo's release has no HubSpot");
  const set = { "properties.hs_lead_status": { path: "properties.coupon" } };
  hubspot.mappings = [{ events: ["purchase"], skip: false, set, remove: [], modes: {} }];
  await post(product, "/releases", { document, note: "Lead status from the coupon" });
  await order(product);
  await product.settle();
  const today = new Date().toISOString().slice(0, 10);
  await post(product, `/reconciliation/${today}`);
  await product.local.tick();
  await product.settle();

  const go = async (view: string) => {
    await desk.goto(`${product.url}/admin#/${view}`);
    await desk.reload();
  };
  await go("destinations");
  await desk.getByText("VALIDATION ERROR").first().waitFor();
  await desk.getByRole("cell", { name: today, exact: true }).first().waitFor();
  await shoot(desk, "9-destinations");

  await go("destinations/hubspot");
  await desk.getByText("INVALID_OPTION:hs_lead_status").first().waitFor();
  await desk.getByRole("cell", { name: today, exact: true }).waitFor();
  await shoot(desk, "22-destination");

  await desk.getByRole("button", { name: "Show the failures of VALIDATION ERROR" }).click();
  await desk
    .getByRole("button", { name: /^Open the failure of/ })
    .first()
    .click();
  await desk.getByLabel("Properties (JSON)").waitFor();
  await desk.getByRole("heading", { name: "Failures" }).evaluate(toTop);
  await shoot(desk, "23-failure");

  await desk
    .getByRole("button", { name: /^Close the failure|^Open the failure of/ })
    .first()
    .click();
  await desk.getByRole("button", { name: "Show the failures of VALIDATION ERROR" }).click();
  await desk.getByRole("button", { name: "Replay all of this cause" }).click();
  await desk.getByText("running", { exact: true }).waitFor();
  await product.local.tick();
  await product.settle();
  await desk.getByText("done", { exact: true }).first().waitFor();
  await desk.getByRole("button", { name: `Reasons of ${today} for hubspot` }).click();
  await desk.getByRole("heading", { name: "Replays and backfills" }).evaluate(toTop);
  await shoot(desk, "24-account");
}

/** Below the bar, which stays. */
const toTop = (heading: Element): void =>
  scrollTo({ top: heading.getBoundingClientRect().top + scrollY - 110, behavior: "instant" });

/** Orders of as many customers, told by the shop's server. */
async function order(product: Product): Promise<void> {
  const consent = { analytics: "granted", marketing: "granted", personalization: "granted" };
  const events = Array.from({ length: ORDERS }, (_, n) => ({
    id: `order-${1_000 + n}`,
    name: "purchase",
    occurred_at: new Date().toISOString(),
    user_id: `customer-${n}`,
    traits: { email: `customer-${n}@example.com` },
    consent: n % 9 === 8 ? { ...consent, marketing: "denied" } : consent,
    properties: {
      order_id: `A-${1_000 + n}`,
      value: 40 + 7 * n,
      currency: "EUR",
      coupon: COUPONS[n % COUPONS.length],
    },
  }));
  const response = await fetch(`${product.url}/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${DEMO_SECRET_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ events }),
  });
  if (!response.ok) throw new Error(`orders: ${response.status} ${await response.text()}`);
}

async function post(product: Product, path: string, body: unknown = {}): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await product.admin(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}
