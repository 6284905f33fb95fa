/**
 * The walk from lead to loyalty, with our own script in a real Chromium on the demo site: the tour of the README. Each
 * step is an action of a person and what may then be seen, on the page, at the vendors and in the operator's console.
 */
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EventEntry, LiveEntry, SlotEntry } from "../../src/console/entry.ts";
import { launchWholeBrowser } from "../setup/browser.ts";
import { type Product, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";

const VISITOR = { email: "ida.berg@example.com", first: "Ida", last: "Berg" };

let product: Product;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let article: string;
let purchaseId: string;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchWholeBrowser()]);
  context = await newVisitor();
  page = await context.newPage();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

const newVisitor = () => browser.newContext({ viewport: { width: 1280, height: 800 } });
const open = (path: string, on = page) => on.goto(product.url + path);
const hero = (on = page): Locator => on.locator('[data-doorstep-slot="hero"]');
const answer = (choice: "accept" | "reject", on = page) =>
  on.locator(`#consent [data-consent="${choice}"]`).click();

/** What the console's live view shows, newest first. */
async function live(): Promise<LiveEntry[]> {
  const response = await product.admin("/live?limit=500");
  return ((await response.json()) as { events: LiveEntry[] }).events;
}

/** The one event with this name, and with this text in its receipts, once ingest has folded it. */
async function folded(name: string): Promise<EventEntry[]> {
  const events = (await live()).filter((e): e is EventEntry => e.kind === "event" && e.name === name);
  return events.filter((e) => e.receipts.some((r) => r.stage === "ingest" && r.outcome === "folded"));
}

const arrives = (name: string, count: number) =>
  eventually(async () => {
    const events = await folded(name);
    expect(events).toHaveLength(count);
    return events;
  });

/** Segments that an event made its profile enter. */
const entered = (event: EventEntry | undefined) =>
  event?.receipts.flatMap((r) => (r.stage === "ingest" ? (r.entered ?? []) : [])).sort();

const contact = async () => {
  const contacts = await product.contacts();
  expect(contacts).toHaveLength(1);
  return contacts[0]?.properties;
};

/** The HTML of a page as the server sent it, and the offer that it says its hero holds. */
async function sent(path: string): Promise<{ html: string; offer: string | undefined }> {
  const response = await open(path);
  const html = (await response?.text()) ?? "";
  return { html, offer: /data-doorstep-slot="hero"[^>]*data-doorstep-offer="([^"]+)"/.exec(html)?.[1] };
}

it("who rejects all leaves nothing at any vendor, and gets neither an id nor a session cookie", async () => {
  const refusing = await newVisitor();
  const quiet = await refusing.newPage();
  await open("/articles/forty-hours-of-blue", quiet);
  await answer("reject", quiet);
  await eventually(async () => expect((await refusing.cookies()).map((c) => c.name)).toEqual(["ds_consent"]));
  await open("/articles/snow-holes-for-beginners", quiet);
  await open("/newsletter", quiet);
  await quiet.getByLabel("E-mail").fill("nobody@example.com");
  await quiet.getByLabel("First name").fill("Nobody");
  await quiet.getByRole("button", { name: "Send me the letter" }).click();
  await quiet.waitForURL("**/newsletter/thanks");
  await open("/", quiet);
  expect(await hero(quiet).getAttribute("data-doorstep-offer")).toBeNull();
  await product.settle();
  expect(await product.received()).toEqual([]);
  expect((await refusing.cookies()).map((c) => c.name)).toEqual(["ds_consent"]);
  const recorded = (await live()).filter((e) => e.kind === "event" && e.name !== "consent_update");
  expect(recorded).toEqual([]);
  await refusing.close();
});

it("an article that an editor publishes with a topic can be read at once", async () => {
  const desk = await browser.newContext();
  const editor = await desk.newPage();
  await open("/cms", editor);
  await editor.getByLabel("Title").fill("A hut above the tree line");
  await editor.getByLabel("Topic", { exact: true }).fill("winter");
  await editor.getByLabel("Story").fill("Snow to the window sills.\n\nWe dug for an hour and slept for ten.");
  await editor.getByRole("button", { name: "Publish now" }).click();
  await editor.waitForURL("**/articles/a-hut-above-the-tree-line");
  article = new URL(editor.url()).pathname;
  await desk.close();

  const { html, offer } = await sent(article);
  expect(html).toContain("Snow to the window sills.");
  expect(html).toContain('"topic":"winter"');
  expect(offer).toBeUndefined();
});

it("nothing is recorded of a visitor before the consent; what was read until then counts from the consent on", async () => {
  expect(await folded("page_view")).toEqual([]);
  await answer("accept");
  const [view] = await arrives("page_view", 1);
  expect(view).toMatchObject({ outcome: "accepted", source: "web", identity_state: "anonymous" });
  const names = (await context.cookies()).map((c) => c.name).sort();
  expect(names).toEqual(["ds_consent", "ds_id", "ds_session"]);
});

it("a slot that was looked at is an impression, and a click on a marked link is a click", async () => {
  await hero().scrollIntoViewIfNeeded();
  await arrives("content_impression", 1);
  await page.locator('[data-doorstep-click="article-forty-hours-of-blue"]').click();
  await page.waitForURL("**/articles/forty-hours-of-blue");
  await arrives("cta_click", 1);
  const views = await arrives("page_view", 2);
  expect(entered(views[0])).toEqual(["winter-fan"]);
});

it("after two pages on winter, the next page has the winter offer in its very HTML", async () => {
  const { html, offer } = await sent("/");
  expect(offer).toBe("winter-hero");
  expect(html).toContain("First tracks, warm hands");
  expect(await hero().textContent()).toContain("First tracks, warm hands");
});

it("the newsletter form makes a lead in the CRM, and the segment changes", async () => {
  await open("/newsletter");
  await page.getByLabel("E-mail").fill(VISITOR.email);
  await page.getByLabel("First name").fill(VISITOR.first);
  await page.getByRole("button", { name: "Send me the letter" }).click();
  await page.waitForURL("**/newsletter/thanks");
  const [form] = await arrives("form_submit", 1);
  expect(form?.identity_state).toBe("pseudonymous");
  expect(entered(form)).toEqual(["interested", "lead", "winter-lead"]);
  const lead = await eventually(contact);
  expect(lead).toMatchObject({
    email: VISITOR.email,
    firstname: VISITOR.first,
    lifecyclestage: "lead",
    doorstep_last_event: "form_submit",
    doorstep_segments: "interested",
  });
});

it("the next page shows the lead's block", async () => {
  const { html, offer } = await sent("/");
  expect(offer).toBe("lead-hero");
  expect(html).toContain("Your first order ships free");
});

it("a purchase makes the lead a customer in the CRM, and raises loyalty", async () => {
  await open("/products/polar-drift-jacket");
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.waitForURL("**/cart");
  await page.getByRole("link", { name: "Check out" }).click();
  await page.waitForURL("**/checkout");
  await page.getByLabel("E-mail").fill(VISITOR.email);
  await page.getByLabel("First name").fill(VISITOR.first);
  await page.getByLabel("Last name").fill(VISITOR.last);
  await page.getByRole("button", { name: /^Pay/ }).click();
  await page.waitForURL("**/thanks?order=*");
  const orderId = new URL(page.url()).searchParams.get("order");

  const [purchase] = await arrives("purchase", 1);
  expect(entered(purchase)).toEqual(["customer", "loyal"]);
  purchaseId = purchase?.event_id ?? "";
  await arrives("add_to_cart", 1);
  await eventually(async () =>
    expect(await contact()).toMatchObject({
      email: VISITOR.email,
      lastname: VISITOR.last,
      lifecyclestage: "customer",
      doorstep_last_event: "purchase",
      doorstep_last_order_id: orderId,
      doorstep_segments: "customer;interested",
    }),
  );
});

it("the block changes again, to that of the regulars", async () => {
  const { html, offer } = await sent("/");
  expect(offer).toBe("loyal-thanks");
  expect(html).toContain("Thank you for coming back");
});

it("GA4 has each event once, valid, and no personal data", async () => {
  await page.goto("about:blank"); // what the page still held back is sent as it goes
  await product.settle();
  const requests = await product.received("ga4");
  expect(requests.every((r) => (r as { valid?: boolean }).valid)).toBe(true);
  const text = JSON.stringify(requests).toLowerCase();
  for (const secret of [VISITOR.email, "berg"]) expect(text).not.toContain(secret);
  const names = requests.flatMap((r) => (r.body as { events: { name: string }[] }).events).map((e) => e.name);
  const once = (name: string) => names.filter((n) => n === name).length;
  expect(once("purchase")).toBe(1);
  expect(once("add_to_cart")).toBe(1);
  expect(once("generate_lead")).toBe(2); // the newsletter, and the checkout's form
  const events = (await live()).filter((e): e is EventEntry => e.kind === "event");
  const delivered = events.filter((e) =>
    e.destinations.some((d) => d.destination === "ga4" && d.status === "delivered"),
  );
  expect(names).toHaveLength(delivered.length);
});

it("the operator's page shows each decision on the way, and the trace of the purchase says why", async () => {
  const shown = (await live()).filter((e): e is SlotEntry => e.kind === "slot" && e.outcome === "offer");
  expect(new Set(shown.map((e) => e.offer))).toEqual(new Set(["winter-hero", "lead-hero", "loyal-thanks"]));
  const loyal = shown.find((e) => e.offer === "loyal-thanks");
  expect(loyal?.losers).toContainEqual({ offer: "lead-hero", reason: "outranked:loyal-thanks" });

  const desk = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const operator = await desk.newPage();
  await open("/admin#token=admin_demo", operator);
  const rows = operator.locator(".rows .row");
  for (const name of [
    "page_view",
    "content_impression",
    "cta_click",
    "form_submit",
    "add_to_cart",
    "purchase",
  ]) {
    await rows.filter({ hasText: name }).filter({ hasText: "accepted" }).first().waitFor();
  }
  for (const offer of ["winter-hero", "lead-hero", "loyal-thanks"]) {
    await rows.filter({ hasText: "slot" }).filter({ hasText: offer }).first().waitFor();
  }
  expect(operator.url()).not.toContain("admin_demo");

  await operator.locator(`.row[data-id="${purchaseId}"]`).click();
  const trace = operator.locator("aside.trace");
  const step = (title: string) =>
    trace.locator(".step").filter({ has: operator.getByRole("heading", { name: title, exact: true }) });
  await expect.poll(() => step("Door").textContent()).toContain("accepted");
  expect(await step("Door").textContent()).toContain("the visitor's own decision");
  expect(await step("Identity").textContent()).toContain("pseudonymous");
  const segments = await step("Segments").textContent();
  for (const name of ["loyal", "customer"]) expect(segments).toMatch(new RegExp(`${name}\\s*entered`));
  for (const destination of ["hubspot", "ga4"])
    expect(await step(destination).textContent()).toContain("delivered");
  await desk.close();
});

it("a withdrawal makes the page everybody's again, and takes the id and the session away", async () => {
  await open("/");
  await page.getByRole("link", { name: "Privacy choices" }).click();
  await answer("reject");
  await eventually(async () => expect((await context.cookies()).map((c) => c.name)).toEqual(["ds_consent"]));
  const { html, offer } = await sent("/");
  expect(offer).toBeUndefined();
  expect(html).not.toContain("Thank you for coming back");
});
