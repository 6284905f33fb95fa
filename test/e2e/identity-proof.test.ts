/**
 * Identity proof with a real Chromium and our own script: an issuer with keys at a real address, tokens that it signs, and
 * pages that become personal by a proof, never by a claim.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EventEntry, LiveEntry } from "../../src/console/entry.ts";
import { launchBrowser } from "../setup/browser.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { AUDIENCE, ISSUER, inSeconds, type TestIssuer, testIssuer } from "../setup/identity-tokens.ts";

const SECRET_KEY = "sk_demo";
let product: Product;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let issuer: TestIssuer;
let keyServer: Server;
let keysAsked = 0;

beforeAll(async () => {
  issuer = await testIssuer();
  keyServer = createServer((_request, response) => {
    keysAsked++;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: [issuer.publicKey] }));
  });
  await new Promise<void>((resolve) => keyServer.listen(0, "127.0.0.1", resolve));
  const jwksUrl = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/jwks.json`;
  const vars = { IDENTITY_ISSUERS: JSON.stringify([{ issuer: ISSUER, audience: AUDIENCE, jwksUrl }]) };
  [product, browser] = await Promise.all([startProduct({ vars }), launchBrowser()]);
  context = await browser.newContext();
  page = await context.newPage();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
  keyServer?.close();
});

/** What the hero of the front page holds, as the server sent it. */
async function hero(): Promise<string | null> {
  await page.goto(`${product.url}/`);
  return page.locator('[data-doorstep-slot="hero"]').first().getAttribute("data-doorstep-offer");
}

async function identify(user: string, extras: { token?: string } = {}): Promise<void> {
  const answered = page.waitForResponse(
    (r) => r.url().endsWith("/events") && r.request().postData()?.includes(user) === true,
  );
  await page.evaluate(
    ([who, more]) => {
      const { doorstep } = window as unknown as { doorstep: { identify(who: string, more: object): void } };
      doorstep.identify(who, more);
    },
    [user, extras] as const,
  );
  expect((await answered).status()).toBe(202);
  await product.settle();
}

/** Newest first. */
async function identified(): Promise<EventEntry[]> {
  const { events } = (await (await product.admin("/live?limit=200")).json()) as { events: LiveEntry[] };
  return events.filter((entry): entry is EventEntry => entry.kind === "event" && entry.name === "identify");
}

const visitorId = async () =>
  (await context.cookies()).find(({ name }) => name === "ds_id")?.value.split(".")[1];

it("a claim to be a customer changes no page", async () => {
  const event = { id: "order-1", name: "purchase", occurred_at: new Date().toISOString(), user_id: "u-ida" };
  const bought = await fetch(`${product.url}/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET_KEY}` },
    body: JSON.stringify({
      consent: { analytics: "granted", marketing: "granted", personalization: "granted" },
      events: [{ ...event, properties: { order_id: "A-1", value: 129, currency: "EUR" } }],
    }),
  });
  expect(await bought.json()).toMatchObject({ accepted: 1 });
  await page.goto(`${product.url}/`);
  await page.locator('#consent [data-consent="accept"]').click();
  await identify("u-ida");
  expect(await hero()).toBeNull();
  await identify("u-ida", { token: await issuer.token({ sub: "u-ida", exp: inSeconds(Date.now()) - 120 }) });
  expect(await hero()).toBeNull();
  expect(JSON.stringify((await identified())[0])).toContain("token_expired");
});

it("a token that the issuer signed makes the page personal by the person's history, in its very HTML", async () => {
  const before = await visitorId();
  await identify("u-ida", { token: await issuer.token({ sub: "u-ida" }) });
  expect(await hero()).toBe("loyal-thanks");
  expect(await visitorId()).toBe(before);
  expect(JSON.stringify((await identified())[0])).toContain("user_id by a signed token");
  const plain = await context.request.get(`${product.url}/`);
  expect(await plain.text()).toContain("Thank you for coming back");
  expect(plain.headers()["cache-control"]).toBe("private, no-store");
  expect(keysAsked).toBe(1);
});

it("another person's token in the same browser gets a new visitor, who is shown nothing of the first", async () => {
  const before = await visitorId();
  await identify("u-ben", { token: await issuer.token({ sub: "u-ben" }) });
  expect(await visitorId()).not.toBe(before);
  expect(await hero()).toBeNull();
  await identify("u-ida", { token: await issuer.token({ sub: "u-ida" }) });
  expect(await hero()).toBe("loyal-thanks");
});
