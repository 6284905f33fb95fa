/**
 * Segments in the console, in a real Chromium over the running product: a marketer builds one without JSON, sees who is in
 * it, publishes it, and the next page of a visitor who qualifies is another; two editors do not overwrite each other; a
 * feature is made from within a segment; a list is imported; a viewer changes nothing.
 */
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_SECRET_KEY } from "../../scripts/local/demo.ts";
import type { LiveEntry } from "../../src/console/entry.ts";
import { launchBrowser } from "../setup/browser.ts";
import { type Desk, openDesk, tokenOf } from "../setup/console-desk.ts";
import { contrastsOf } from "../setup/contrast.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";

let product: Product;
let browser: Browser;
let desk: Desk;
let visitor: BrowserContext;
let visit: Page;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
  await play();
  visitor = await browser.newContext();
  visit = await visitor.newPage();
  await visit.goto(`${product.url}/articles/reading-wind-on-flat-water`);
  await visit.locator('#consent [data-consent="accept"]').click();
  await visit.locator("#consent").waitFor({ state: "hidden" });
  await visit.goto(`${product.url}/articles/the-last-lighthouse-keeper`);
  // What waited for consent, and what waits a second for company.
  await eventually(async () => expect(await viewsSeen()).toBe(2 * READERS + 2), 30_000);
  await product.settle();
  desk = await openDesk(browser, product, await tokenOf(product, "marketer", { personal: true }));
}, 120_000);

afterAll(async () => {
  await desk?.close();
  await visitor?.close();
  await browser?.close();
  await product?.close();
});

const READERS = 6;

/** Page views that the door was told of. */
async function viewsSeen(): Promise<number> {
  const { events } = (await (await product.admin("/live?limit=200")).json()) as { events: LiveEntry[] };
  return events.filter((entry) => entry.kind === "event" && entry.name === "page_view").length;
}

/** People who read, of whom two buy. */
async function play(): Promise<void> {
  const common = {
    occurred_at: new Date().toISOString(),
    consent: { analytics: "granted", marketing: "granted", personalization: "granted" },
  };
  const events = Array.from({ length: READERS }, (_, n) => [
    ...["a", "b"].map((article) => ({
      ...common,
      id: `view-${n}-${article}`,
      name: "page_view",
      user_id: `reader-${n}`,
      properties: {
        content: { content_id: article, content_type: "article", topic: n < 4 ? "sailing" : "winter" },
      },
    })),
    ...(n < 2
      ? [
          {
            ...common,
            id: `order-${n}`,
            name: "purchase",
            user_id: `reader-${n}`,
            properties: { order_id: `order-${n}`, value: 90, currency: "EUR" },
          },
        ]
      : []),
  ]).flat();
  const response = await fetch(`${product.url}/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${DEMO_SECRET_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ events }),
  });
  expect(await response.json()).toMatchObject({ accepted: events.length });
  await product.settle();
}

const button = (name: string, within: Locator = desk.main) =>
  within.getByRole("button", { name, exact: true });
const size = () => desk.main.getByRole("complementary", { name: "Size" });
const said = (text: string | RegExp) => desk.main.getByText(text).first().waitFor();
const json = (on = desk) => on.main.getByLabel("The same as JSON");
const heroOf = async () => {
  await visit.goto(product.url);
  return visit.locator('[data-doorstep-slot="hero"]').getAttribute("data-doorstep-offer");
};

/** One rule of the builder. */
async function rule(row: Locator, attribute: string, comparison: string, value: string): Promise<void> {
  await row.getByLabel("Attribute").selectOption(attribute);
  await row.getByLabel("Comparison").selectOption(comparison);
  await row.getByLabel(`Value of ${attribute}`).fill(value);
}

describe("segments, in the console", () => {
  it("a segment is built of two rules and a group, with its live size and some of who is in it", async () => {
    await desk.go("segments");
    await desk.main
      .getByRole("listitem")
      .filter({ hasText: "winter-fan" })
      .getByText("next request")
      .waitFor();
    await desk.main.getByRole("link", { name: "New segment" }).click();
    await said("New segment");
    await size().getByText("7 of 7 people").waitFor();
    await desk.main.getByLabel("Name", { exact: true }).fill("sailor");
    await desk.main.getByLabel("Description").fill("Reads about sailing");
    const rows = desk.main.locator(".condition-row");
    await button("Add a rule").click();
    await rule(rows.nth(0), "top_topic", "is", "sailing");
    await size().getByText("5 of 7 people").waitFor();
    await button("Add a rule").click();
    await rule(rows.nth(1), "articles_read_30d", "$gte", "2");
    await button("Add a group").click();
    const group = desk.main.locator(".condition-group .condition-group");
    await button("Add a rule", group).click();
    await rule(rows.nth(2), "purchases_30d", "$gte", "1");
    await size().getByText("2 of 7 people").waitFor();
    await button("Add a rule", group).click();
    await rows.nth(3).getByLabel("Attribute").selectOption("identity_state");
    // What is wrong is said beside its rule.
    await rows.nth(3).locator("xpath=..").getByText("This rule has no value yet.").waitFor();
    await rows.nth(3).getByLabel("Value of identity_state").selectOption("anonymous");
    await size().getByText("3 of 7 people").waitFor();
    await size().getByText("top topic: sailing · articles read 30d: 2").first().waitFor();
    expect(await size().getByRole("row").filter({ hasText: "loyal" }).textContent()).toContain("67 %");
    await button("JSON").click();
    expect(JSON.parse(await json().inputValue())).toEqual({
      description: "Reads about sailing",
      when: {
        top_topic: "sailing",
        articles_read_30d: { $gte: 2 },
        $or: [{ purchases_30d: { $gte: 1 } }, { identity_state: "anonymous" }],
      },
    });
    for (const { text, contrast } of await contrastsOf(desk.page, "#view *"))
      expect(contrast, text).toBeGreaterThanOrEqual(4.5);
    await button("Save").click();
    await said("Saved in the draft changes.");
    await desk.go("segments");
    await desk.main
      .getByRole("listitem")
      .filter({ hasText: "sailor" })
      .getByText("new", { exact: true })
      .waitFor();
  });

  it("what is written as JSON shows in the form, and counts segments that are not published yet", async () => {
    await desk.main.getByRole("link", { name: "winter-fan" }).click();
    await size().getByText("2 of 7 people").waitFor();
    await button("JSON").click();
    await json().fill('{"when": {"segments": {"$in": ["sailor"]}}}');
    await size().getByText("3 of 7 people").waitFor();
    expect(await desk.main.getByRole("checkbox", { name: "sailor" }).isChecked()).toBe(true);
    await json().fill('{"when": {"segments": {"$in": ["sailor", "winter-fan"]}}}');
    await said("asks about itself: winter-fan → winter-fan.");
    await json().fill('{"when": {"segments": {"$in": ["sailor"]}}}');
    await button("Save").click();
    await said("Saved in the draft changes.");
  });

  it("the next page of a visitor who qualifies is another, once it is published", async () => {
    expect(await heroOf()).toBeNull();
    await desk.main.getByRole("link", { name: "Review and publish" }).click();
    await said("Nothing is wrong with it.");
    await desk.main.locator("summary").filter({ hasText: "sailor" }).waitFor();
    await desk.main.getByLabel("Note").fill("Sailors");
    await button("Publish").click();
    await said(/Version 2 is published/);
    expect(await heroOf()).toBe("winter-hero");
    await desk.go("segments");
    const card = desk.main.getByRole("listitem").filter({ hasText: "Reads about sailing" });
    await card.getByRole("link", { name: "winter-fan" }).waitFor(); // It is used by it.
    expect(await card.getByText("new", { exact: true }).count()).toBe(0);
  });

  it("a feature is made from within a segment, and says that it begins to count when it is published", async () => {
    await desk.go("segments/new");
    await desk.main.getByLabel("Name", { exact: true }).fill("big-spender");
    await button("New feature…").click();
    const dialog = desk.page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("big_orders");
    await dialog.getByLabel("Of each time somebody").selectOption("purchase");
    await dialog.getByLabel("Know").selectOption("sum");
    await dialog.getByLabel("Which value").selectOption("value");
    await button("Only some of them…", dialog).click();
    await button("Add a rule", dialog).click();
    await rule(dialog.locator(".condition-row"), "value", "$gte", "50");
    await dialog
      .getByText(
        "“value” added up over each time somebody bought something in the last 30 days, where value is at least 50.",
      )
      .waitFor();
    await button("Save", dialog).click();
    await dialog.waitFor({ state: "detached" });
    expect(await desk.main.getByLabel("Attribute").inputValue()).toBe("big_orders");
    await size()
      .getByText(/^big orders: new or changed/)
      .waitFor();
    await size().getByText("0 of 7 people").waitFor();
    await button("Save").click();
    await said("Saved in the draft changes.");
    await button("Delete…").click();
    await desk.page.getByRole("dialog").getByText("Nothing uses it.").waitFor();
    await desk.page.getByRole("button", { name: "Delete it" }).click();
    await desk.main.getByRole("heading", { name: "Segments", level: 1 }).waitFor();
    expect(await desk.main.getByRole("link", { name: "big-spender" }).count()).toBe(0);
  });

  it("two who change one segment are told, and one of the two is chosen", async () => {
    const other = await openDesk(browser, product, await tokenOf(product, "marketer", { name: "Ada" }));
    await other.go("segments/loyal");
    await other.main.getByLabel("Description").fill("Hers");
    // Who may see no person is told why none is shown.
    await other.main.getByText("Who they are is personal data").waitFor();
    await desk.go("segments/loyal");
    await desk.main.getByLabel("Description").fill("His");
    await button("Save").click();
    await said("Saved in the draft changes.");
    await button("Save", other.main).click();
    const conflict = other.main.getByRole("alert");
    await conflict.getByRole("region", { name: "Theirs" }).getByText('"His"').waitFor();
    await conflict.getByRole("region", { name: "Mine" }).getByText('"Hers"').waitFor();
    await button("Keep mine", conflict).click();
    await other.main.getByText("Saved in the draft changes.").waitFor();
    await desk.main.getByLabel("Description").fill("His again");
    await button("Save").click();
    await button("Take theirs").click();
    expect(await desk.main.getByLabel("Description").inputValue()).toBe("Hers");
    expect(other.complaints).toEqual([]);
    await other.close();
  });

  it("a list is filled by pasting, and each line that names nobody is told", async () => {
    await desk.go("segments/lists");
    const vip = desk.main.getByRole("region", { name: "List vip" });
    await vip.getByText("Import…").click();
    await vip.getByLabel("Who").fill("customer_id,email\nC-7,ida@example.com\n,not an address\n");
    await button("Import", vip).click();
    await vip.getByText("2 identifiers added, 0 taken away, 1 refused.").waitFor();
    await vip.getByText("Line 3").waitFor();
    await vip.getByRole("row").filter({ hasText: "Test marketer" }).getByText("added 3").waitFor();
    await desk.main.getByText("New list…").click();
    await desk.main.getByLabel("Name", { exact: true }).fill("fair");
    await button("Add it to the draft").click();
    await desk.main
      .getByRole("region", { name: "List fair" })
      .getByText("It can be filled once the draft is published.")
      .waitFor();
    expect(desk.complaints).toEqual([]);
  });

  it("one that was not saved is still there after a look at something else, with its name, until it is forgotten", async () => {
    await desk.go("segments/new");
    await desk.main.getByRole("heading", { name: "New segment" }).waitFor();
    await desk.main.getByLabel("Name", { exact: true }).fill("half-done");
    await button("Add a rule").click();
    await desk.go("live");
    await desk.go("segments/new");
    await said("Your changes from before are still here");
    expect(await desk.main.getByLabel("Name", { exact: true }).inputValue()).toBe("half-done");
    await button("Forget them").click();
    expect(await desk.main.getByLabel("Name", { exact: true }).inputValue()).toBe("");
    expect(await button("Remove").count()).toBe(0);
  });

  it("a viewer sees all of it, and can change nothing", async () => {
    const viewer = await openDesk(browser, product, await tokenOf(product, "viewer"));
    await viewer.go("segments/sailor");
    await viewer.main.getByText("Read only.").first().waitFor();
    await viewer.main.getByText("3 of 7 people").waitFor();
    expect(await viewer.main.getByLabel("Description").isDisabled()).toBe(true);
    expect(await viewer.main.getByLabel("Attribute").first().isDisabled()).toBe(true);
    for (const name of ["Save", "Delete…", "Add a rule", "New feature…"])
      expect(await button(name, viewer.main).isVisible(), name).toBe(false);
    await button("JSON", viewer.main).click();
    expect(await json(viewer).isEditable()).toBe(false);
    await viewer.go("segments/lists");
    await viewer.main.getByRole("region", { name: "List vip" }).waitFor();
    expect(await viewer.main.getByText("Import…").count()).toBe(0);
    await viewer.page.setViewportSize({ width: 375, height: 800 });
    await viewer.go("segments/sailor");
    await eventually(async () =>
      expect(await viewer.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true),
    );
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });
});
