/** Who is whom in the console, in a real Chromium: a conflict settled, a merge and a split, each shown before and undone after. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_SECRET_KEY } from "../../scripts/local/demo.ts";
import { launchBrowser } from "../setup/browser.ts";
import { type Desk, openDesk, tokenOf } from "../setup/console-desk.ts";
import { contrastsOf } from "../setup/contrast.ts";
import { type Product, startProduct } from "../setup/e2e.ts";

let product: Product;
let browser: Browser;
let desk: Desk;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
  // The first who is proved to have an address keeps it.
  await tell({ user_id: "kim-1", traits: { email: "kim@example.com", first_name: "Kim" } });
  await tell(
    { user_id: "kim-2", traits: { email: "kim@example.com", first_name: "Kim" } },
    { user_id: "lee-1", traits: { email: "lee@example.com", first_name: "Lee" } },
  );
  desk = await openDesk(browser, product, await tokenOf(product, "admin", { personal: true }));
}, 120_000);

afterAll(async () => {
  await desk?.close();
  await browser?.close();
  await product?.close();
});

/** One event each, from a source with a secret key. */
async function tell(...people: Record<string, unknown>[]): Promise<void> {
  const consent = { analytics: "granted", marketing: "granted", personalization: "granted" };
  const occurred_at = new Date().toISOString();
  const events = people.map((person, n) => ({
    id: `${person.user_id}-${n}`,
    name: "identify",
    occurred_at,
    consent,
    ...person,
  }));
  const response = await fetch(`${product.url}/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${DEMO_SECRET_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ events }),
  });
  expect(await response.json()).toMatchObject({ accepted: people.length });
  await product.settle();
}

const dialog = () => desk.page.getByRole("dialog");
const button = (name: string) => desk.page.getByRole("button", { name, exact: true });
const countIn = (title: string) => dialog().getByRole("region", { name: title }).getByRole("article").count();

/** Find somebody's profile. */
async function open(value: string): Promise<void> {
  await desk.go("profiles");
  const search = desk.main.getByRole("search");
  await search.getByLabel("Found by").selectOption({ label: "user id" });
  await search.getByLabel("Which").fill(value);
  await search.getByRole("button", { name: "Find" }).click();
  await desk.main.getByRole("region", { name: "In short" }).waitFor();
}

describe("who is whom, in the console", () => {
  it("lists a conflict with both sides, shows what an answer would do, and does it only then", async () => {
    await desk.go("conflicts");
    const conflict = desk.main.getByRole("region", { name: /two values of user id/ });
    await conflict.waitFor();
    expect(await conflict.getByRole("article").count()).toBe(2);
    await conflict.getByRole("button", { name: "One person…" }).click();
    await dialog().getByRole("region", { name: "After it" }).waitFor();
    expect([await countIn("Now"), await countIn("After it")]).toEqual([2, 1]);
    for (const { text, contrast } of await contrastsOf(desk.page, "#view *"))
      expect(contrast, text).toBeGreaterThanOrEqual(4.5);
    await desk.page.keyboard.press("Escape");
    expect(await conflict.isVisible()).toBe(true);
    await conflict.getByRole("button", { name: "One person…" }).click();
    await dialog().getByLabel("Why").fill("one mother, two accounts");
    await button("Yes, settle it").click();
    await desk.main.getByText("No conflict waits").waitFor();
  });

  it("lists what was done by hand, and undoes it", async () => {
    await desk.main.getByRole("link", { name: "Changes by hand" }).click();
    const row = desk.main.getByRole("row").filter({ hasText: "one mother, two accounts" });
    await row.getByRole("button", { name: "Undo…" }).click();
    await dialog().getByRole("region", { name: "After it" }).waitFor();
    expect([await countIn("Now"), await countIn("After it")]).toEqual([1, 2]);
    await button("Undo it").click();
    await row.getByText("undone").first().waitFor();
    await desk.main.getByRole("link", { name: "Conflicts" }).click();
    await desk.main.getByRole("region", { name: /two values of user id/ }).waitFor();
  });

  it("merges a profile with another and splits it again, from its page", async () => {
    await open("kim-2");
    await button("Merge…").click();
    await dialog().getByLabel("Found by").selectOption({ label: "user id" });
    await dialog().getByLabel("Which").fill("lee-1");
    await dialog().getByRole("button", { name: "Find" }).click();
    await dialog().getByRole("region", { name: "After it" }).waitFor();
    expect([await countIn("Now"), await countIn("After it")]).toEqual([2, 1]);
    expect(await dialog().getByText("2 different values of user_id").count()).toBe(1);
    await button("Merge them").click();
    await desk.main.getByRole("table", { name: "Identifiers" }).getByText("user id").nth(1).waitFor();
    await button("Split…").click();
    expect(await button("Show what comes of it").isDisabled()).toBe(true);
    await dialog()
      .getByRole("checkbox", { name: /^email/ })
      .check();
    await button("Show what comes of it").click();
    await dialog().getByRole("region", { name: "After it" }).waitFor();
    expect([await countIn("Now"), await countIn("After it")]).toEqual([1, 2]);
    await button("Split it").click();
    await dialog().waitFor({ state: "detached" });
    expect(desk.complaints).toEqual([]);
  });
});
