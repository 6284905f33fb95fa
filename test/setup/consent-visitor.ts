/** A visitor of the demo's site in Chromium, for the tests of consent: their place, their cookies, what their browser sends. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import type { Product } from "./e2e.ts";

export interface Visitor {
  context: BrowserContext;
  page: Page;
  go(path: string): Promise<void>;
  /** Names of our own cookies that the browser has. */
  cookies(): Promise<string[]>;
  /** Calls the page's `doorstep` and waits for the door's answer to the events. */
  track(name: string, properties?: object, extras?: object): Promise<void>;
  /** What `GET` of a path answers to the page. */
  json<T>(path: string): Promise<T>;
}

interface Doorstep {
  track(name: string, properties?: object, extras?: object): void;
}

/** Opens a browser of its own. @param place country, or a region such as `US-CA` */
export async function openVisitor(
  browser: Browser,
  product: Product,
  place: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext(options);
  await context.addCookies([{ name: "ds_dev_country", value: place, url: product.url }]);
  const page = await context.newPage();
  return {
    context,
    page,
    async go(path) {
      await page.goto(product.url + path);
    },
    async cookies() {
      const names = (await context.cookies()).map(({ name }) => name);
      return names.filter((name) => name.startsWith("ds_") && name !== "ds_dev_country").sort();
    },
    async track(name, properties = {}, extras = {}) {
      const answered = page.waitForResponse(
        (response) =>
          response.url().endsWith("/events") && (response.request().postData() ?? "").includes(`"${name}"`),
      );
      await page.evaluate(
        ([called, ...given]) =>
          (window as unknown as { doorstep: Doorstep }).doorstep.track(called, ...given),
        [name, properties, extras] as const,
      );
      await answered;
    },
    json: (path) =>
      page.evaluate(async (asked) => {
        const response = await fetch(asked);
        return response.json();
      }, path),
  };
}

/** `Sec-GPC: 1` with every request, and the property that scripts read: what a browser with the switch on does. */
export async function switchOnGpc(context: BrowserContext): Promise<void> {
  await context.setExtraHTTPHeaders({ "sec-gpc": "1" });
  await context.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true });
  });
}
