/** The profile page in a real Chromium: found, read, walked by the keyboard, on a phone, and with values that would be markup. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser } from "../setup/browser.ts";
import { type Desk, openDesk, tokenOf } from "../setup/console-desk.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { testIssuer } from "../setup/identity-tokens.ts";
import { HOSTILE, IDA, tellStory } from "../setup/profile-story.ts";

let product: Product;
let browser: Browser;
let officer = "";
let purchase = "";

beforeAll(async () => {
  const issuer = await testIssuer();
  const vars = { IDENTITY_ISSUERS: JSON.stringify([issuer.settings]) };
  [product, browser] = await Promise.all([startProduct({ vars }), launchBrowser()]);
  ({ purchase } = await tellStory(product, browser, issuer));
  officer = await tokenOf(product, "privacy_officer", { personal: true });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

const part = ({ main }: Desk, name: string) => main.getByRole("region", { name, exact: true });

async function search(desk: Desk, namespace: string, value: string): Promise<void> {
  await desk.page.getByLabel("Found by").selectOption(namespace);
  await desk.page.getByRole("searchbox", { name: "Which" }).fill(value);
  await desk.page.keyboard.press("Enter");
}

it("an address leads to whoever it is known of and to those who claim it; the profile says whence each thing is known", async () => {
  const desk = await openDesk(browser, product, officer);
  await desk.go("profiles");
  await search(desk, "email", ` ${IDA.email.toUpperCase()}`);
  const list = desk.main.getByRole("table", { name: "Profiles" }).getByRole("row");
  await list.nth(2).waitFor();
  expect(await list.nth(1).textContent()).toContain("known");
  expect(await list.nth(2).textContent()).toContain("claims it");

  await list.nth(1).getByRole("button", { name: "Open" }).click();
  const short = part(desk, "In short");
  await short.getByText("Ida Marie Berg").waitFor();
  expect(await short.textContent()).toContain("It is authenticated, by its user id, email and phone");
  expect(await part(desk, "Golden record").textContent()).toMatch(/first nameIda Marieverifiedfrom web/);
  const loyal = part(desk, "Segments, and why").getByRole("listitem").filter({ hasText: "loyal" }).first();
  expect(await loyal.textContent()).toContain("Holds: purchases_30d is 1 · wanted: at least 1");
  expect(await part(desk, "At the edge").textContent()).toContain("winter-fan");
  expect(await part(desk, "Merges and splits").textContent()).toContain("Merged");
  const timeline = part(desk, "Timeline");
  await timeline.getByText("That is all that is kept.").waitFor();
  expect(await timeline.getByRole("heading", { level: 3 }).allTextContents()).toEqual(
    expect.arrayContaining(["purchase", "identify", "page_view", "consent_update"]),
  );
  expect(await timeline.textContent()).not.toContain("form_submit");
  for (const control of ["Merge…", "Split…"])
    expect(await short.getByRole("button", { name: control }).count()).toBe(1);
  expect(desk.complaints).toEqual([]);
  await desk.close();
});

it("the drawing can be walked by the keyboard, and says in words what each line is; a conflict leads to the other profile", async () => {
  const desk = await openDesk(browser, product, officer);
  await desk.go(`profiles/${purchase}`);
  const evidence = part(desk, "Identifiers and evidence");
  const conflict = evidence.getByRole("img", { name: "two values of user id" });
  await conflict.waitFor();
  await evidence.getByRole("group", { name: "Drawing, which scrolls" }).focus();
  const said = evidence.getByRole("status");
  const heard: string[] = [];
  for (let step = 0; step < 12; step++) {
    await desk.page.keyboard.press("Tab");
    heard.push((await said.textContent()) ?? "");
  }
  expect(heard.some((text) => text.includes("which are two people"))).toBe(true);
  expect(heard.some((text) => text.includes("Our own signed cookie"))).toBe(true);
  const row = evidence.getByRole("table", { name: "Links" }).getByRole("row").filter({ hasText: "conflict" });
  await row.getByRole("link", { name: "The other profile" }).press("Enter");
  await part(desk, "In short").getByText("Per", { exact: true }).waitFor();
  expect(desk.complaints).toEqual([]);
  await desk.close();
});

it("what a stranger says is text wherever it stands, and nothing of it is in the profile of whom they claim to be", async () => {
  const desk = await openDesk(browser, product, officer, { viewport: { width: 390, height: 844 } });
  await desk.go("profiles");
  await search(desk, "email", IDA.email);
  await desk.main.getByRole("button", { name: "Open" }).nth(1).click();
  const short = part(desk, "In short");
  await short.getByText(HOSTILE.name).waitFor();
  expect(await short.textContent()).toContain("It is pseudonymous");
  await part(desk, "Timeline").getByText("That is all that is kept.").waitFor();
  for (const fold of await desk.main.getByText("What it said").all()) await fold.click();
  await desk.main.getByText(HOSTILE.topic).first().waitFor();
  expect(await desk.main.locator("img, script").count()).toBe(0);
  expect(desk.complaints).toEqual([]);
  // On a phone nothing sticks out of the page: what is wide scrolls by itself.
  expect(await desk.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);

  await search(desk, "user_id", HOSTILE.name);
  await desk.main.getByText(`Nobody is known by user id “${HOSTILE.name}”`).waitFor();
  await search(desk, "email", "no address");
  await desk.main.getByRole("alert").waitFor();
  await search(desk, "key", "<b>");
  await desk.main.getByRole("alert").getByText("Send one of").waitFor();
  await desk.close();
});

it("the trace of an event leads to its profile; who may not see persons is told so, and is shown no link", async () => {
  const desk = await openDesk(browser, product, officer);
  await desk.go(`live/${purchase}`);
  await desk.main.getByRole("link", { name: "Open the profile" }).first().click();
  await part(desk, "In short").getByText("Ida Marie Berg").waitFor();
  expect(await desk.page.evaluate(() => location.hash)).toBe("#/profiles");
  await desk.close();

  const viewer = await openDesk(browser, product, await tokenOf(product, "viewer"));
  await viewer.go(`live/${purchase}`);
  await viewer.main.getByRole("heading", { name: "Identity" }).waitFor();
  expect(await viewer.main.getByRole("link", { name: "Open the profile" }).count()).toBe(0);
  await viewer.go("profiles");
  await viewer.main.getByText("You may not see this: Profiles").waitFor();
  expect(viewer.asked.filter((path) => path.startsWith("profiles"))).toEqual([]);
  await viewer.close();
});
