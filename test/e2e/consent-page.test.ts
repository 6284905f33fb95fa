/** The visitor's page in a real Chromium: in a frame of the demo's site, with JavaScript off, in the dark, on a phone. */
import type { Browser, FrameLocator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../setup/browser.ts";
import { openVisitor } from "../setup/consent-visitor.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";

let product: Product;
let browser: Browser;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

const frameOf = (page: Page): FrameLocator => page.frameLocator("iframe.consent-page");
const press = async (frame: FrameLocator, name: string) => {
  await frame.getByRole("button", { name, exact: true }).click();
  await frame.getByRole("status").waitFor();
};

describe("in a frame of the site", () => {
  it("a visitor sees what they decided in the banner, and withdraws all of it with one click", async () => {
    const { page, go, cookies, json } = await openVisitor(browser, product, "SK");
    await go("/");
    await page.locator('#consent [data-consent="accept"]').click();
    await expect.poll(cookies).toEqual(["ds_consent", "ds_id", "ds_session"]);
    await go("/privacy");
    const frame = frameOf(page);
    const measurement = frame.getByRole("switch", { name: "Measurement" });
    expect(await measurement.isChecked()).toBe(true);
    expect(await frame.locator("#analytics-why").textContent()).toMatch(
      /^You allowed it on .* in this site's banner\.$/,
    );

    await page.waitForLoadState("networkidle");
    await press(frame, "Withdraw everything");
    expect(await measurement.isChecked()).toBe(false);
    expect(await json("/consent")).toMatchObject({
      explicit: true,
      ask: false,
      purposes: { analytics: "denied", marketing: "denied", personalization: "denied" },
    });
    // What was under way with the session of before may have brought it back until this request.
    expect(await cookies()).toEqual(["ds_consent"]);
    await page.context().close();
  });

  it("the page around it obeys at once: what is tracked after the withdrawal is not sent", async () => {
    const { page, go, track } = await openVisitor(browser, product, "SK");
    await go("/");
    await page.locator('#consent [data-consent="accept"]').click();
    await go("/privacy");
    await track("login", { method: "before" });
    await press(frameOf(page), "Withdraw everything");
    const sent: string[] = [];
    page.on("request", (request) => sent.push(request.url()));
    await page.evaluate(() =>
      (window as unknown as { doorstep: { track(name: string): void } }).doorstep.track("login"),
    );
    await page.waitForTimeout(1_500);
    expect(sent.filter((url) => url.endsWith("/events"))).toEqual([]);
    await page.context().close();
  });

  it("raises no complaint of either page's policy, and asks nobody else for anything", async () => {
    const { page, go } = await openVisitor(browser, product, "SK");
    const complaints: string[] = [];
    const others: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== product.url) others.push(request.url());
    });
    await go("/privacy");
    await press(frameOf(page), "Allow everything");
    expect([complaints, others]).toEqual([[], []]);
    await page.context().close();
  });

  it("may be shown by a source's own site, and by no other", async () => {
    const shownBy = async (address: string) => {
      const { page } = await openVisitor(browser, product, "SK", { bypassCSP: true });
      await page.goto(address);
      await page.evaluate((src) => {
        const frame = document.createElement("iframe");
        frame.src = src;
        document.body.appendChild(frame);
        return new Promise((resolve) => {
          frame.onload = resolve;
        });
      }, `${product.url}/consent/page`);
      // Its load is told before the frame has the address of the page that stands in for a refused one.
      const shown = await eventually(() => {
        const address = page.frames()[1]?.url();
        if (!address) throw new Error("the frame has no address yet");
        return address;
      });
      await page.context().close();
      return shown;
    };
    // The demo's source lists the Worker by its address, too; the site behind it is no source.
    expect(await shownBy(product.url.replace("localhost", "127.0.0.1"))).toBe(`${product.url}/consent/page`);
    expect(await shownBy(`${product.sandboxUrl}/_sandbox`)).toBe("chrome-error://chromewebdata/");
  });
});

describe("without JavaScript", () => {
  const open = () => openVisitor(browser, product, "SK", { javaScriptEnabled: false });

  it("everything works: allow, change one, read the history, withdraw", async () => {
    const { page, go, cookies } = await open();
    await go("/consent/page");
    await page.getByRole("button", { name: "Allow everything" }).click();
    expect(await page.getByRole("status").textContent()).toBe("Saved. It holds from now on.");
    expect(await cookies()).toEqual(["ds_consent", "ds_id", "ds_session"]);

    await page.getByRole("switch", { name: "Marketing" }).uncheck();
    await page.getByRole("button", { name: "Save" }).click();
    expect(await page.getByRole("switch", { name: "Marketing" }).isChecked()).toBe(false);
    expect(await page.getByRole("switch", { name: "Measurement" }).isChecked()).toBe(true);

    await page.getByText("Your decisions so far (2)").click();
    expect(await page.locator("tbody tr td:nth-child(2)").allTextContents()).toEqual([
      "Measurement, Personal pages",
      "Measurement, Marketing, Personal pages",
    ]);

    await page.getByRole("button", { name: "Withdraw everything" }).click();
    expect(await cookies()).toEqual(["ds_consent"]);
    await page.context().close();
  });

  it("the keyboard reaches every control, in the order in which they are read", async () => {
    const { page, go } = await open();
    await go("/consent/page");
    const reached: string[] = [];
    for (let step = 0; step < 7; step++) {
      await page.keyboard.press("Tab");
      const focused = page.locator(":focus");
      reached.push((await focused.getAttribute("id")) ?? ((await focused.textContent()) ?? "").trim());
    }
    expect(reached).toEqual([
      "analytics",
      "marketing",
      "personalization",
      "Save",
      "Withdraw everything",
      "Allow everything",
      "Your decisions so far (0)",
    ]);
    await page.context().close();
  });
});

describe("its look", () => {
  it.each(["light", "dark"] as const)(
    "is readable in the %s: text has a contrast of at least 4.5 to 1",
    async (colorScheme) => {
      const { page, go } = await openVisitor(browser, product, "SK", { colorScheme });
      await go("/consent/page");
      const contrasts = await page.evaluate(() => {
        const numbers = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
        const luminance = (color: string) => {
          const [r = 0, g = 0, b = 0] = numbers(color).map((value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
          });
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const behind = (element: Element | null): string => {
          if (!element) return "rgb(255, 255, 255)";
          const { backgroundColor } = getComputedStyle(element);
          return numbers(backgroundColor)[3] === 0 ? behind(element.parentElement) : backgroundColor;
        };
        return [...document.querySelectorAll("h1, p, label, button, summary")].map((element) => {
          const [light = 0, dark = 0] = [getComputedStyle(element).color, behind(element)]
            .map(luminance)
            .sort((a, b) => b - a);
          return { text: element.textContent, contrast: (light + 0.05) / (dark + 0.05) };
        });
      });
      expect(contrasts.length).toBeGreaterThan(12);
      expect(contrasts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
      await page.context().close();
    },
  );

  it("fits a phone without scrolling sideways, and to withdraw is as large as to allow", async () => {
    const { page, go } = await openVisitor(browser, product, "SK", { viewport: { width: 320, height: 700 } });
    await go("/consent/page");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    const [withdraw, allow] = await Promise.all(
      ["Withdraw everything", "Allow everything"].map((name) =>
        page.getByRole("button", { name }).boundingBox(),
      ),
    );
    expect([withdraw?.width, withdraw?.height]).toEqual([allow?.width, allow?.height]);
    expect(withdraw?.height).toBeGreaterThanOrEqual(44);
    await page.context().close();
  });
});
