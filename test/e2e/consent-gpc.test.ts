/**
 * Global Privacy Control switched on in a real Chromium, where the law lets marketing happen until someone objects: an
 * objection of this browser, and of whomever it belongs to, unless the visitor says otherwise in so many words.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_SECRET_KEY } from "../../scripts/local/demo.ts";
import { launchBrowser } from "../setup/browser.ts";
import { openVisitor, switchOnGpc, type Visitor } from "../setup/consent-visitor.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";

/** The part of the page's own API that is called here. */
interface Page {
  doorstep: { consent: { get(): unknown; set(choices: Record<string, boolean>): Promise<unknown> } };
}

let product: Product;
let browser: Browser;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

const order = (id: string) => ({ order_id: id, value: 20, currency: "USD" });
const ga4 = async (): Promise<string> =>
  JSON.stringify((await product.received("ga4")).map(({ body }) => body));

describe("a browser that sends it", () => {
  let visitor: Visitor;
  it("is measured, and marketing hears nothing of it", async () => {
    visitor = await openVisitor(browser, product, "US-CA");
    await switchOnGpc(visitor.context);
    await visitor.go("/");
    await visitor.track("purchase", order("G-1"), { traits: { email: "gpc@example.com" } });
    await product.settle();
    expect(await ga4()).toContain("G-1");
    expect(await product.received("hubspot")).toEqual([]);
    expect(await product.received("webhook")).toEqual([]);
    expect(JSON.stringify(await product.received())).not.toContain("gpc@example.com");
  });

  it("has a page that says so", async () => {
    await visitor.go("/consent/page");
    expect(await visitor.page.getByRole("switch", { name: "Marketing" }).isChecked()).toBe(false);
    expect(await visitor.page.locator("#marketing-why").textContent()).toMatch(
      /^Off: your browser sends Global Privacy Control/,
    );
  });

  it.each(["before the script knows what holds", "afterwards"])(
    "is not overridden by a decision about something else, %s",
    async (when) => {
      const isKnown = when === "afterwards";
      if (!isKnown)
        await visitor.page.route("**/consent", async (route) => {
          if (route.request().method() === "GET") await sleep(1_000);
          await route.continue();
        });
      await visitor.go("/");
      if (isKnown)
        await visitor.page.waitForFunction(() => (window as unknown as Page).doorstep.consent.get());
      const [put] = await Promise.all([
        visitor.page.waitForResponse((response) => response.request().method() === "PUT"),
        visitor.page.evaluate(() =>
          (window as unknown as Page).doorstep.consent.set({ personalization: false }),
        ),
      ]);
      await visitor.page.unroute("**/consent");
      expect(put.request().postDataJSON().purposes === undefined).toBe(!isKnown);
      expect(put.status(), await put.text()).toBe(200);
      expect(await visitor.json("/consent")).toMatchObject({
        purposes: { analytics: "granted", marketing: "denied", personalization: "denied" },
      });
    },
  );

  it("is overridden where the visitor allows it on that page", async () => {
    await visitor.go("/consent/page");
    await visitor.page.getByRole("switch", { name: "Marketing" }).check();
    await visitor.page.getByRole("button", { name: "Save" }).click();
    expect(await visitor.page.locator("#marketing-why").textContent()).toMatch(
      /what you decided here goes before it/,
    );
    await visitor.go("/");
    await visitor.track("purchase", order("G-2"), { traits: { email: "gpc@example.com" } });
    await eventually(async () => expect(await product.contacts()).toHaveLength(1));
    await visitor.context.close();
  });
});

describe("what a server sends of the same profile", () => {
  const ANONYMOUS = "anon-of-this-browser";

  /** The browser's own event, with the id under which the site's server knows it: as Segment's client sends one. */
  const login = ({ page }: Visitor, id: string) =>
    page.evaluate(
      async ([anonymous_id, event]) => {
        const login = {
          id: event,
          name: "login",
          occurred_at: new Date().toISOString(),
          properties: {},
          anonymous_id,
        };
        const response = await fetch("/events", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ write_key: "wk_demo", events: [login] }),
        });
        const { accepted } = (await response.json()) as { accepted: number };
        if (accepted !== 1) throw new Error(`${response.status}, accepted ${accepted}`);
      },
      [ANONYMOUS, id] as const,
    );

  /** The server says that everything is granted: it does not know of the browser's objection. */
  async function purchase(id: string): Promise<void> {
    const response = await fetch(`${product.url}/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${DEMO_SECRET_KEY}`, "content-type": "application/json" },
      body: JSON.stringify({
        events: [
          {
            id,
            name: "purchase",
            occurred_at: new Date().toISOString(),
            anonymous_id: ANONYMOUS,
            properties: order(id),
            consent: { analytics: "granted", marketing: "granted", personalization: "granted" },
          },
        ],
      }),
    });
    expect(await response.json()).toMatchObject({ accepted: 1 });
    await product.settle();
  }

  it("is opted out with the browser", async () => {
    await product.forget();
    const visitor = await openVisitor(browser, product, "US-CA");
    await visitor.go("/");
    await expect.poll(visitor.cookies).toContain("ds_session");
    await login(visitor, "see-before");
    await product.settle();
    await purchase("G-3");
    expect(await product.received("webhook")).toHaveLength(1);

    await switchOnGpc(visitor.context);
    await visitor.go("/");
    await login(visitor, "see-gpc");
    await product.settle();
    await product.forget();
    await purchase("G-4");
    expect(await ga4()).toContain("G-4");
    expect(await product.received("webhook")).toEqual([]);
    await visitor.context.close();
  });
});
