/**
 * A marketer's way in the console, in a real Chromium over the running product: an offer with new content and a schedule for
 * a segment is made without JSON, looked at on the demo's page before it is published, given to some and then to all, seen
 * by a visitor, counted, and taken back with one click.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReleaseInput } from "../../contracts/definitions/release.ts";
import { DEMO_WRITE_KEY } from "../../scripts/local/demo.ts";
import { launchBrowser } from "../setup/browser.ts";
import { type Desk, openDesk, tokenOf } from "../setup/console-desk.ts";
import { contrastsOf } from "../setup/contrast.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";

let product: Product;
let browser: Browser;
let desk: Desk;
/** Of a visitor who has bought something. */
let shop: Page;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
  desk = await openDesk(browser, product, await tokenOf(product, "marketer"));
  shop = await (await browser.newContext()).newPage();
}, 120_000);

afterAll(async () => {
  await desk?.close();
  await browser?.close();
  await product?.close();
});

const TEXT = "Boots that have seen the thaw";
const label = (name: string) => desk.main.getByLabel(name, { exact: true });
const button = (name: string) => desk.main.getByRole("button", { name, exact: true });
const region = (name: string) => desk.main.getByRole("region", { name, exact: true });
const row = (name: string) => desk.main.getByRole("listitem", { name, exact: true });

async function confirm(name: string): Promise<void> {
  await desk.page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
}

async function draft(): Promise<{ revision: number; document: ReleaseInput }> {
  return (await (await product.admin("/drafts/changes")).json()) as {
    revision: number;
    document: ReleaseInput;
  };
}

/** What the server sends to the visitor, before any script runs. */
async function homePage(): Promise<string> {
  return (await (await shop.goto(product.url))?.text()) ?? "";
}

async function readable(): Promise<void> {
  for (const { text, contrast } of await contrastsOf(desk.page, "#view *"))
    expect(contrast, text).toBeGreaterThanOrEqual(4.5);
}

describe("offers, in the console", () => {
  it("an offer with new content and a schedule for a segment is made by a form; the JSON beside it is the same", async () => {
    await desk.go("offers");
    await desk.main.getByRole("link", { name: "New offer in hero" }).click();
    await label("Name").fill("Spring boots");
    await region("What it shows").getByRole("combobox").first().selectOption("new");
    await label("HTML").fill(
      `<h2>${TEXT}</h2><p><a href="/#shop" data-doorstep-click="boots">See them</a></p>`,
    );
    await desk.page
      .frameLocator("iframe[title='How it reads']")
      .getByRole("heading", { name: TEXT })
      .waitFor();
    expect(await desk.main.locator("iframe").getAttribute("sandbox")).toBe("");
    await label("To whom").last().selectOption("segments");
    await region("To whom")
      .getByLabel(/^loyal/)
      .check();
    await desk.main.getByText("In loyal.", { exact: true }).waitFor();

    await label("Only at certain times").check();
    await label("Time zone").fill("Europe/Bratislava");
    await label("Until").fill("2099-03-31T18:00");
    await label("Until").blur();
    await desk.main.getByText("Until Tue 31 Mar 2099, 18:00 (Europe/Bratislava).").waitFor();
    await desk.main.getByText("On now: until Tue 31 Mar 2099, 18:00").waitFor();
    await button("Add a limit").click();
    await label("How many times").fill("5");
    await label("How many times").blur();
    await desk.main.getByText(/^Counted in the browser's session cookie/).waitFor();
    await label("Priority").fill("90");
    const order = desk.main.getByRole("list", { name: "Order of the slot's offers" });
    expect(await order.getByRole("listitem").allTextContents()).toEqual([
      "90spring-boots",
      "80loyal-thanks",
      "60lead-hero",
      "40winter-hero",
    ]);
    await readable();

    // A look at something else loses nothing.
    await desk.go("live");
    await desk.go("offers/new/hero");
    await desk.main.getByText("Your changes from before are still here; they are not saved.").waitFor();
    expect(await label("Name").inputValue()).toBe("spring-boots");
    expect(await label("HTML").inputValue()).toContain(TEXT);
    expect(await label("Until").inputValue()).toBe("2099-03-31T18:00");

    await button("JSON").click();
    const offer = {
      slot: "hero",
      content: "spring-boots",
      priority: 90,
      audience: { segments: { $in: ["loyal"] } },
      schedule: { timezone: "Europe/Bratislava", to: "2099-03-31T18:00:00" },
      caps: [{ count: 5, per: "session" }],
    };
    expect(JSON.parse(await label("The same as JSON").inputValue())).toEqual(offer);
    await label("The same as JSON").fill(JSON.stringify({ ...offer, description: "For regulars" }));
    expect(await label("In words").inputValue()).toBe("For regulars");
    await button("Save to the draft").click();
    await desk.main.getByText(/^Saved in the draft changes/).waitFor();
    const { document } = await draft();
    expect(document.offers?.["spring-boots"]).toEqual({ ...offer, description: "For regulars" });
    expect(document.content?.["spring-boots"]?.html).toContain(TEXT);
  });

  it("what was not saved can be given up, and is gone once it is saved", async () => {
    await desk.go("offers/spring-boots");
    await label("In words").fill("For those who");
    await label("In words").blur();
    await desk.go("live");
    await desk.go("offers/spring-boots");
    expect(await label("In words").inputValue()).toBe("For those who");
    await button("Forget them").click();
    await eventually(async () => expect(await label("In words").inputValue()).toBe("For regulars"));
    await desk.go("offers");
    await desk.go("offers/new/hero");
    expect(await label("Name").inputValue()).toBe("");
    expect(await desk.main.getByText("Your changes from before").count()).toBe(0);
    await desk.go("offers/spring-boots");
    await eventually(async () => expect(await label("In words").inputValue()).toBe("For regulars"));
  });

  it("what a colleague has changed meanwhile is not overwritten: who saves second is told, and may take it", async () => {
    const { revision, document } = await draft();
    const theirs = { ...document.offers?.["spring-boots"], description: "A colleague's words" };
    const answer = await product.admin("/drafts/changes", {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ revision, set: { "offers.spring-boots": theirs } }),
    });
    expect(answer.status).toBe(200);
    await label("In words").fill("Mine");
    await button("Save to the draft").click();
    await button("Take theirs").click();
    await eventually(async () => expect(await label("In words").inputValue()).toBe("A colleague's words"));
    expect((await draft()).document.offers?.["spring-boots"]).toEqual(theirs);
  });

  it("what is wrong is said beside the field that it is about, until it is mended", async () => {
    await label("Among the same priority, first who has most of").fill("no_such_number");
    await button("Save to the draft").click();
    await region("Before or after others").getByText('there is no attribute "no_such_number"').waitFor();
    await label("Among the same priority, first who has most of").fill("");
    await button("Save to the draft").click();
    await eventually(async () =>
      expect(await region("Before or after others").getByText("no_such_number").count()).toBe(0),
    );
  });

  it("before it is published it is seen on the page by a link, as the segment that it is for", async () => {
    await desk.main.getByRole("link", { name: "Preview this offer" }).click();
    await button("Make the link").click();
    const link = await region("The link")
      .getByRole("link", { name: "Open the preview" })
      .getAttribute("href");
    await desk.main.getByText(/^It holds until /).waitFor();
    const guest = await (await browser.newContext()).newPage();
    await guest.goto(link ?? "");
    await guest.getByRole("heading", { name: TEXT }).waitFor();
    await guest.getByRole("region", { name: "Preview" }).getByText("Preview: as loyal").first().waitFor();
    await guest.context().close();
    expect(await homePage()).not.toContain(TEXT);
  });

  it("it is published to a share, promoted, and then in the page's HTML of whom it is for", async () => {
    await desk.go("offers");
    await row("spring-boots").getByText("new in the draft").waitFor();
    await row("spring-boots").getByText("Not published yet: nothing is measured").waitFor();
    await desk.page.getByRole("link", { name: "Review and publish" }).click();
    await desk.main.getByText("Nothing is wrong with it.").waitFor();
    await readable();
    await label("Note").fill("Boots for regulars");
    await label("To whom").selectOption("canary");
    await button("Publish").click();
    await desk.main.getByText(/^Version 2 is published/).waitFor();
    await region("Now").getByText("for 10 % of visitors; who has it keeps it.").waitFor();
    await readable();
    await button("Promote").click();
    await confirm("Promote");
    await region("Now").getByText("for everybody.").waitFor();

    await homePage();
    await shop.getByRole("button", { name: "Accept all" }).first().click();
    await eventually(async () =>
      expect(await shop.context().cookies()).toContainEqual(expect.objectContaining({ name: "ds_id" })),
    );
    expect(await homePage()).not.toContain(TEXT);
    const status = await shop.evaluate(async (key) => {
      const properties = { order_id: "A-1", value: 129, currency: "EUR" };
      const event = { id: "order-1", name: "purchase", occurred_at: new Date().toISOString(), properties };
      const headers = { "x-write-key": key, "content-type": "application/json" };
      const answer = await fetch("/events", {
        method: "POST",
        headers,
        body: JSON.stringify({ events: [event] }),
      });
      return answer.status;
    }, DEMO_WRITE_KEY);
    expect(status).toBe(202);
    expect(await homePage()).toContain(TEXT);
  });

  it("that it was seen is counted, and shows on the board and where all offers are compared", async () => {
    await eventually(async () => {
      await product.settle();
      const { offers } = (await (await product.admin("/performance?days=7")).json()) as {
        offers: { offer: string; impressions: number }[];
      };
      expect(offers.find(({ offer }) => offer === "spring-boots")?.impressions).toBeGreaterThan(0);
    });
    await desk.go("offers");
    await row("spring-boots")
      .getByText(/^1 seen/)
      .waitFor();
    await desk.go("offers/performance");
    await label("Over how long").selectOption("7");
    const line = desk.main.getByRole("row").filter({ hasText: "spring-boots" });
    await line.getByRole("img", { name: "spring-boots: 1 impression in 7 days; at most 1 a day" }).waitFor();
    await readable();
  });

  it("one click and a yes roll it back", async () => {
    await desk.go("release");
    await button("Roll back to it").click();
    await confirm("Roll back");
    await region("Now").getByRole("link", { name: "Version 1" }).waitFor();
    await eventually(async () => expect(await homePage()).not.toContain(TEXT));
    expect(await shop.locator('[data-doorstep-slot="hero"]').getAttribute("data-doorstep-offer")).toBe(
      "loyal-thanks",
    );
  });

  it("an offer is stopped and started again from the board, in a draft", async () => {
    await desk.go("offers");
    await button("Stop winter-hero").click();
    await button("Start winter-hero again").waitFor();
    expect((await draft()).document.offers?.["winter-hero"]?.schedule?.to).toMatch(/Z$/);
    await button("Start winter-hero again").click();
    await button("Stop winter-hero").waitFor();
    expect((await draft()).document.offers?.["winter-hero"]).not.toHaveProperty("schedule");
  });

  it("a CMS is read by a button, and its texts are found and chosen", async () => {
    await desk.go("offers/content");
    await button("Read site now").click();
    await desk.main.getByText(/^site is read/).waitFor();
    await desk.main.getByRole("link", { name: "editors-pick", exact: true }).first().waitFor();
    await desk.go("offers/new/try-story");
    await region("What it shows").getByRole("combobox").first().selectOption("cms");
    await desk.main.getByRole("button", { name: /cms:site\/editors-pick/ }).click();
    await button("JSON").click();
    expect(JSON.parse(await label("The same as JSON").inputValue())).toMatchObject({
      content: "cms:site/editors-pick",
    });
    expect(desk.complaints).toEqual([]);
  });

  it("whoever may only look has no button that changes anything, and a phone shows all of it", async () => {
    const viewer = await openDesk(browser, product, await tokenOf(product, "viewer"), {
      viewport: { width: 375, height: 800 },
    });
    for (const [view, there] of [
      ["offers", "winter-hero"],
      ["offers/winter-hero", "Before or after others"],
      ["offers/slots/hero", "Into the page"],
      ["offers/content/greeting", "How it reads"],
      ["offers/performance", "Slots"],
      ["release", "Versions"],
    ] as const) {
      await viewer.go(view);
      await viewer.main.getByText(there, { exact: true }).first().waitFor();
      const wide = () => document.documentElement.scrollWidth - innerWidth;
      expect(await viewer.page.evaluate(wide), view).toBeLessThanOrEqual(0);
      const changing = viewer.main.getByRole("button", {
        name: /^(Save|Stop|Remove|Publish|Promote|Roll back|New)/,
      });
      expect(await changing.filter({ visible: true }).allTextContents(), view).toEqual([]);
    }
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });
});
