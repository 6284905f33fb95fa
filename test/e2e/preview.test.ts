/**
 * A preview link in a real Chromium on the demo site, whose policy forbids everything inline: the page as somebody else sees
 * it, the bar that says so, that nothing of the visit is recorded, and how it is left; with JavaScript and without.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../setup/browser.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";
import { liveEvents } from "../setup/vendor-page.ts";

let product: Product;
let browser: Browser;
beforeAll(async () => {
  // Every decision on a slot would be shown in the live view.
  [product, browser] = await Promise.all([startProduct({ vars: { TRACE_SLOTS: "1" } }), launchBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await product?.close();
});

const linkTo = async (terms: object): Promise<string> => {
  const response = await product.admin("/previews", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(terms),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { url: string }).url;
};
const heroOf = (page: Page) =>
  page.locator('[data-doorstep-slot="hero"]').getAttribute("data-doorstep-offer");

describe("a preview link", () => {
  it("shows the page as a segment sees it, says so, records nothing, and leaves all as it was", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const complaints: string[] = [];
    const posts: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("response", (response) => {
      if (response.request().method() === "POST") posts.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(product.url);
    await page.getByRole("button", { name: "Accept all" }).first().click();
    await eventually(async () => expect(await liveEvents(product)).not.toEqual([]));
    await product.settle();
    const before = await context.cookies();
    await page.goto(await linkTo({ segments: ["loyal"], path: "/" }));
    expect(page.url()).toBe(`${product.url}/`);
    expect(await heroOf(page)).toBe("loyal-thanks");
    const bar = page.getByRole("region", { name: "Preview" });
    await bar.getByText("Preview: as loyal.").waitFor();
    expect(await bar.evaluate((element) => getComputedStyle(element).backgroundColor)).toBe(
      "rgb(43, 29, 82)",
    );
    await bar.getByText(/^Slots/).click();
    await bar.getByText("winter-hero lost: audience").waitFor();

    // The preview goes on from page to page, and what the pages send is answered.
    posts.length = 0;
    await page.goto(`${product.url}/articles/forty-hours-of-blue`);
    await bar.waitFor();
    await eventually(() => expect(posts.some((post) => post.startsWith("202"))).toBe(true));
    await page.goto(product.url);
    await bar.getByRole("link", { name: "Leave the preview" }).click();
    await page.waitForURL(`${product.url}/`);
    expect(await bar.count()).toBe(0);
    expect(await heroOf(page)).toBe(null);

    await product.settle();
    expect(complaints).toEqual([]);
    // The visit has left no trace: neither the offer that was shown nor the article that was read.
    const { events } = (await (await product.admin("/live?limit=500")).json()) as {
      events: { receipts: { stage: string; offer?: string }[] }[];
    };
    expect(
      events.flatMap(({ receipts }) => receipts).filter(({ offer }) => offer === "loyal-thanks"),
    ).toEqual([]);
    expect(JSON.stringify(events)).not.toContain("forty-hours");
    const names = (cookies: { name: string; value: string }[]) =>
      cookies
        .filter(({ name }) => name === "ds_id" || name === "ds_consent")
        .map(({ name, value }) => [name, value]);
    expect(names(await context.cookies())).toEqual(names(before));
    expect((await context.cookies()).map(({ name }) => name)).not.toContain("ds_preview");
    await context.close();
  });

  it("works without JavaScript: the text and its link stay", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(await linkTo({ segments: ["winter-fan"] }));
    expect(await heroOf(page)).toBe("winter-hero");
    await page.getByText("Preview: as winter-fan.").waitFor();
    await page.getByRole("link", { name: "Leave the preview" }).click();
    await page.waitForURL(`${product.url}/`);
    expect(await heroOf(page)).toBe(null);
    expect(await page.getByText("Preview: as winter-fan.").count()).toBe(0);
    await context.close();
  });
});
