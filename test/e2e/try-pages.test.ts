/**
 * The pages of `/try` in a real Chromium: each shows on the site itself the one thing that it speaks of, with JavaScript and
 * without, where it does not say that it needs it. One visitor goes through them as a reader would.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReleaseDocument } from "../../contracts/definitions/release.ts";
import { CAPABILITIES } from "../../demo/site/pages/try/pages.ts";
import type { LiveEntry } from "../../src/console/entry.ts";
import { launchBrowser } from "../setup/browser.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";

const EMAIL = "ida.berg@example.com";
const DAY = 86_400_000;

let product: Product;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
  await product.local.tick(); // The CMS's feed is pulled.
  context = await browser.newContext();
  page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${page.url()} ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${page.url()} ${error.message}`));
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await product?.close();
});

const go = (path: string, on = page) => on.goto(product.url + path);
/** Slot → its offer, or null, as they are on the page. */
const offers = async (on = page): Promise<Record<string, string | null>> =>
  Object.fromEntries(
    await on
      .locator("main [data-doorstep-slot]")
      .evaluateAll((all) =>
        all.map((one) => [one.getAttribute("data-doorstep-slot"), one.getAttribute("data-doorstep-offer")]),
      ),
  );
const shown = async (path: string): Promise<Record<string, string | null>> => {
  await go(path);
  return offers();
};
/** What the page does once the door has answered to what it records. Only for what does not leave the page. */
const recorded = (name: string, does: () => Promise<unknown>) =>
  Promise.all([
    page.waitForResponse(
      (r) => r.url().endsWith("/events") && (r.request().postData()?.includes(`"${name}"`) ?? false),
    ),
    does(),
  ]);
/** How often the door was told of it. */
async function toldOf(name: string): Promise<number> {
  const { events } = (await (await product.admin("/live?limit=200")).json()) as { events: LiveEntry[] };
  return events.filter((entry) => entry.kind === "event" && entry.name === name).length;
}
/** A form that leaves the page: what it records is sent at the last moment, and the browser shows nobody an answer to that. */
async function leaves(name: string, button: string): Promise<void> {
  const before = await toldOf(name);
  await page.getByRole("button", { name: button }).click();
  await eventually(async () => expect(await toldOf(name)).toBeGreaterThan(before), 30_000);
  await product.settle();
}
/** Those who ask for a slot wait a second or less, and go on without: a busy machine may need more than one page. */
const inTime = (check: () => Promise<void>) => eventually(check, 30_000);
const read = (path: string) => recorded("page_view", () => go(path));
/** What a page says to the same visitor, or to a new one, in a browser without JavaScript. */
async function withoutScripts(path: string, state?: Awaited<ReturnType<BrowserContext["storageState"]>>) {
  const bare = await browser.newContext({ javaScriptEnabled: false, ...(state && { storageState: state }) });
  const opened = await bare.newPage();
  await go(path, opened);
  const text = await opened.locator("main").textContent();
  await bare.close();
  return text;
}
const ask = async (path: string, body: unknown) => {
  const headers = { "content-type": "application/json" };
  const response = await product.admin(path, { method: "POST", headers, body: JSON.stringify(body) });
  expect(response.ok, `${path}: ${response.status}`).toBe(true);
  return response.json() as Promise<{ url: string }>;
};

describe("whoever has agreed to nothing", () => {
  it("reads each page, also without JavaScript, and gets what is for everybody and nothing else", async () => {
    const all = new Set<string>();
    const bare = await browser.newContext({ javaScriptEnabled: false });
    const reader = await bare.newPage();
    for (const { slug, title } of CAPABILITIES) {
      expect((await go(`/try/${slug}`, reader))?.status()).toBe(200);
      expect(await reader.locator("h1").textContent()).toBe(title);
      for (const offer of Object.values(await offers(reader))) if (offer) all.add(offer);
    }
    await bare.close();
    // No cap can be kept of whom nothing tells apart; the feed may be known a moment later.
    const day = new Date().toLocaleDateString("en", { timeZone: "Europe/Bratislava", weekday: "short" });
    const today = ["Sat", "Sun"].includes(day) ? "weekend" : "weekday";
    all.delete("editors-pick");
    expect([...all].sort()).toEqual(["edition", "second-calm", "spring-left", today].sort());
  }, 120_000);
});

describe("whoever has agreed", () => {
  it("is in a segment with the very next page, in its HTML", async () => {
    await go("/try/segments");
    await page.locator('#consent [data-consent="accept"]').click();
    await page.locator("#consent").waitFor({ state: "hidden" });
    expect(await shown("/try/segments")).toEqual({ hero: null });
    await read("/articles/snow-holes-for-beginners");
    await read("/articles/forty-hours-of-blue");
    expect(await shown("/try/segments")).toEqual({ hero: "winter-hero" });
    const bare = await withoutScripts("/try/segments", await context.storageState());
    expect(bare).toContain("First tracks, warm hands");
  });

  it("gets one offer of an exclusion group, a capped one exactly twice, and the one of the day", async () => {
    const seconds: unknown[] = [];
    for (let n = 0; n < 3; n++) {
      const places = await shown("/try/decisions");
      expect(places["try-first"]).toBe("spring-left");
      seconds.push(places["try-second"]);
    }
    expect(seconds).toEqual(["workshop", "workshop", "second-calm"]);
  });

  it("gets the topic that they read most", async () => {
    expect(await shown("/try/ranking")).toEqual({ "try-topic": "topic-winter" });
    for (let n = 0; n < 4; n++) await read("/topics/climbing");
    expect(await shown("/try/ranking")).toEqual({ "try-topic": "topic-climbing" });
  });

  it("gets it on a page out of a cache too, whose source is the same for everybody", async () => {
    const filled = page.locator('doorstep-slot[data-doorstep-offer="topic-climbing"]');
    await inTime(async () => {
      const answer = await go("/try/cached");
      expect(answer?.headers()["cache-control"]).toBe("public, max-age=60, no-transform");
      expect(await answer?.text()).toContain("Climbing, sailing, winter: you decide.");
      await filled.waitFor({ timeout: 3_000 });
    });
    const bare = await withoutScripts("/try/cached", await context.storageState());
    expect(bare).toContain("Climbing, sailing, winter: you decide.");
  });

  it("gets it from a server that renders by itself", async () => {
    await go("/try/server");
    const href = await page
      .getByRole("link", { name: "Open it at the site's own address" })
      .getAttribute("href");
    const bare = await browser.newContext({
      javaScriptEnabled: false,
      storageState: await context.storageState(),
    });
    const own = await bare.newPage();
    await inTime(async () => {
      await own.goto(String(href));
      expect(new URL(own.url()).host).not.toBe(new URL(product.url).host);
      expect(await offers(own)).toEqual({ "try-topic": "topic-climbing" });
    });
    await bare.close();
  });

  it("gets a dialog over the page, which Escape closes for good", async () => {
    await read("/articles/snow-holes-for-beginners");
    for (let n = 0; n < 3; n++) await read("/topics/winter");
    const dialog = page.getByRole("dialog");
    await inTime(async () => {
      await go("/try/messages");
      await dialog.waitFor({ timeout: 3_000 });
    });
    expect(await page.getByRole("heading", { name: "The winter letter" }).isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await Promise.all([page.waitForResponse("**/slots"), go("/try/messages")]);
    expect(await dialog.count()).toBe(0);
  });

  it("is greeted by name once the site's server has proved who it is, and not after signing out", async () => {
    await go("/try/templates");
    expect(await page.locator("main .note").textContent()).toContain(
      "Good to see you. You read mostly about winter.",
    );
    await go("/login");
    await page.getByLabel("E-mail").fill(EMAIL);
    await leaves("identify", "Sign in");
    await eventually(async () => {
      await go("/try/templates");
      expect(await page.locator("main .note").textContent()).toContain("Welcome back, Ida.");
    });
    const signedIn = await context.storageState();
    expect(await withoutScripts("/try/templates", signedIn)).toContain("Welcome back, Ida.");
  });

  it("sees by a preview what time alone will change: a cart left, a week without a visit", async () => {
    await go("/products/polar-drift-jacket");
    await leaves("add_to_cart", "Add to cart");
    expect(await shown("/try/cart")).toEqual({ "try-reminder": null });
    expect(await shown("/try/time")).toEqual({ "try-active": "active-note" });
    const ahead = async (ms: number, path: string) => {
      const at = new Date(Date.now() + ms).toISOString();
      const profile = { namespace: "email", value: EMAIL };
      const { url } = await ask("/previews", { profile, at, path });
      const looked = await browser.newContext();
      const looker = await looked.newPage();
      await looker.goto(url);
      const found = await offers(looker);
      await looked.close();
      return found;
    };
    expect(await ahead(120_000, "/try/cart")).toEqual({ "try-reminder": "cart-reminder" });
    expect(await ahead(8 * DAY, "/try/time")).toEqual({ "try-active": null });
  });

  it("is on a list that was imported", async () => {
    expect(await shown("/try/lists")).toEqual({ "try-list": null });
    await ask("/lists/vip", { mode: "add", entries: [{ namespace: "email", value: EMAIL }] });
    await product.local.tick();
    await product.settle();
    await eventually(
      async () => expect(await shown("/try/lists")).toEqual({ "try-list": "club-note" }),
      30_000,
    );
  }, 120_000);

  it("gets a release that only some have, and the one before once it is rolled back", async () => {
    const active = await product.admin("/releases/active");
    const { document, version } = (await active.json()) as { document: ReleaseDocument; version: number };
    document.content.edition = { ...document.content.edition, html: "<p>The second edition.</p>" } as never;
    const text = () => page.locator('[data-doorstep-slot="try-release"]').textContent();
    await ask("/releases", { document, note: "second edition", share: 1 });
    await go("/try/releases");
    expect(await text()).toBe("The second edition.");
    expect(await withoutScripts("/try/releases")).toContain("The first edition of this text.");
    await ask(`/releases/${version}/rollback`, {});
    await go("/try/releases");
    expect(await text()).toContain("The first edition of this text.");
  });

  it("is nobody any more after signing out", async () => {
    await go("/try/templates");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(`${product.url}/`);
    await go("/try/templates");
    expect(await page.locator("main").textContent()).not.toContain("Ida");
  });
});

it("a preview shows the page as others see it, says so, and is left again", async () => {
  const { url } = await ask("/previews", { segments: ["left-a-cart", "vip"], path: "/try/previews" });
  await page.goto(url);
  expect(await offers()).toEqual({ "try-reminder": "cart-reminder", "try-list": "club-note" });
  const bar = page.getByRole("region", { name: "Preview" });
  await bar.getByRole("link", { name: "Leave the preview" }).click();
  await page.waitForURL(`${product.url}/try/previews`);
  expect(await offers()).toEqual({ "try-reminder": null, "try-list": null });
});

it("what the editors keep in the CMS is in the slot", async () => {
  await eventually(async () => {
    await go("/try/content");
    expect(await page.locator('[data-doorstep-slot="try-story"]').textContent()).toContain(
      "The editors' pick: ",
    );
  }, 120_000);
}, 120_000);

it("no page said anything in the browser's console", () => {
  expect(complaints).toEqual([]);
});
