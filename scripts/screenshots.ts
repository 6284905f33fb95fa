/**
 * Makes the pictures of the README, docs/images/*.png, from the running product: starts it, walks from lead to loyalty
 * in a real browser, and takes a picture at each step. Run by hand when a page has changed: `node scripts/screenshots.ts`, or
 * `node scripts/screenshots.ts personalize` for those of personal pages alone.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import type { LiveEntry } from "../src/console/entry.ts";
import { launchWholeBrowser } from "../test/setup/browser.ts";
import { startProduct } from "../test/setup/e2e.ts";
import { eventually } from "../test/setup/eventually.ts";
import { testIssuer } from "../test/setup/identity-tokens.ts";
import { IDA, tellStory } from "../test/setup/profile-story.ts";
import { DEMO_ADMIN_TOKEN } from "./local/demo.ts";
import { walkDelivery } from "./screenshots/delivery.ts";
import { walkPersonalize } from "./screenshots/personalize.ts";

const IMAGES = fileURLToPath(new URL("../docs/images", import.meta.url));
const VIEWPORT = { width: 1280, height: 800 };

await mkdir(IMAGES, { recursive: true });
const issuer = await testIssuer();
const [product, browser] = await Promise.all([
  // An erasure that does not wait long for what is under way: its end is in a picture.
  startProduct({
    vars: { ERASURE_SETTLE_SECONDS: "1", IDENTITY_ISSUERS: JSON.stringify([issuer.settings]) },
  }),
  launchWholeBrowser(),
]);
try {
  if (process.argv[2] !== "personalize") await walk();
  await walkPersonalize(browser, product, shoot);
} finally {
  await browser.close();
  await product.close();
}

async function walk(): Promise<void> {
  const page = await (await browser.newContext({ viewport: VIEWPORT })).newPage();
  const go = (path: string) => page.goto(product.url + path);

  await go("/");
  await page.locator("#consent").waitFor();
  await shoot(page, "1-consent");
  await page.locator('#consent [data-consent="accept"]').click();
  await page.locator("#consent").waitFor({ state: "hidden" });

  for (const slug of ["forty-hours-of-blue", "snow-holes-for-beginners"]) await go(`/articles/${slug}`);
  await taken("page_view", 3);
  await go("/");
  await shoot(page, "2-winter");

  await go("/newsletter");
  await fill(page, { "E-mail": "ida.berg@example.com", "First name": "Ida" });
  await page.getByRole("button", { name: "Send me the letter" }).click();
  await page.waitForURL("**/newsletter/thanks");
  await taken("form_submit", 1);
  await go("/");
  await shoot(page, "3-lead");

  await go("/products/polar-drift-jacket");
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByRole("link", { name: "Check out" }).click();
  await fill(page, { "E-mail": "ida.berg@example.com", "First name": "Ida", "Last name": "Berg" });
  await page.getByRole("button", { name: /^Pay/ }).click();
  await page.waitForURL("**/thanks?order=*");
  const purchase = await taken("purchase", 1);
  await go("/");
  await shoot(page, "4-loyal");
  await product.settle();

  const desk = await (await browser.newContext({ viewport: VIEWPORT })).newPage();
  await desk.goto(`${product.sandboxUrl}/_sandbox`);
  await desk.getByText("ida.berg@example.com").first().waitFor();
  await shoot(desk, "5-crm");
  await desk.getByRole("tab", { name: "GA4 events" }).click();
  await desk.getByRole("cell", { name: "purchase", exact: true }).first().waitFor();
  await shoot(desk, "6-ga4");

  await desk.goto(`${product.url}/admin#token=${DEMO_ADMIN_TOKEN}`);
  await desk.locator(`.row[data-id="${purchase}"]`).waitFor();
  await shoot(desk, "7-live");
  await desk.locator(`.row[data-id="${purchase}"]`).click();
  await desk.locator("aside.trace .step").last().scrollIntoViewIfNeeded();
  await desk.evaluate(() => scrollTo(0, 0));
  await shoot(desk, "8-trace");

  await walkDelivery(desk, product, shoot);

  // A deploy of the shop that went wrong: amounts as text, and a new name for an old event.
  await page.evaluate(async () => {
    const now = new Date().toISOString();
    const events = [
      ...[1, 2, 3].map((n) => ({
        id: `broken-${n}`,
        name: "purchase",
        occurred_at: now,
        properties: { order_id: `B-${n}`, value: "129,00", currency: "EUR" },
      })),
      { id: "broken-4", name: "newsletter_joined", occurred_at: now, properties: { form_id: "footer" } },
    ];
    await fetch("/events", {
      method: "POST",
      headers: { "x-write-key": "wk_demo" },
      body: JSON.stringify({ events }),
    });
  });
  await product.settle();
  await desk.goto(`${product.url}/admin#/quarantine`);
  await desk.reload();
  await desk.getByText("purchase").first().waitFor();
  await shoot(desk, "10-quarantine");

  await desk.goto(`${product.url}/contracts`);
  await desk.getByRole("heading", { level: 1 }).waitFor();
  await shoot(desk, "11-contracts");

  await page.goto(`${product.url}/privacy`);
  await page.frameLocator("iframe.consent-page").getByRole("heading", { level: 1 }).waitFor();
  await shoot(page, "12-choices");
  await page.locator("#rights").evaluate((heading) => heading.scrollIntoView({ behavior: "instant" }));
  await shoot(page, "18-rights");
  await desk.goto(`${product.url}/admin#/consent`);
  await desk.reload();
  await desk.getByLabel("Which").fill(purchase);
  await desk.getByRole("button", { name: "Look up" }).click();
  await desk.getByText(purchase.slice(0, 8)).or(desk.locator(".ledger li").first()).first().waitFor();
  await desk.getByLabel("Which").scrollIntoViewIfNeeded();
  await shoot(desk, "13-ledger");
  await walkProfiles(desk);
  await walkRights(desk);
}

/** A customer's profile, the graph of it, and what the shop's server contradicts itself in. */
async function walkProfiles(desk: Page): Promise<void> {
  await tellStory(product, browser, issuer, "Mallory");
  await desk.goto(`${product.url}/admin#/profiles`);
  await desk.reload();
  await desk.getByLabel("Found by").selectOption("user_id");
  await desk.getByRole("searchbox", { name: "Which" }).fill(IDA.user);
  await desk.getByRole("button", { name: "Find" }).click();
  await desk.getByText("That is all that is kept.").waitFor();
  await shoot(desk, "19-profile");
  await desk.goto(`${product.url}/admin#/conflicts`);
  await desk.locator(".conflict").first().waitFor();
  await shoot(desk, "20-conflicts");
  await desk.goto(`${product.url}/admin#/profiles`);
  await desk
    .getByRole("region", { name: "Identifiers and evidence" })
    .evaluate((part) => part.scrollIntoView({ behavior: "instant" }));
  await shoot(desk, "21-graph");
}

/** The pages of subject requests, access and the audit log, after the person of the walk has asked to be erased. */
async function walkRights(desk: Page): Promise<void> {
  for (const [name, role] of [
    ["Petra Novak, privacy", "privacy_officer"],
    ["Deploy script", "engineer"],
    ["Dashboard on the wall", "viewer"],
  ] as const)
    await make("/access/tokens", { name, role, personal: role === "privacy_officer", expires_in_days: 90 });
  const ask = (type: string, value: string, verified: boolean, note: string) =>
    make("/subject-requests", {
      type,
      regulation: "gdpr",
      identities: [{ identity_type: "email", identity_value: value }],
      verified,
      note,
    });
  await ask("access", "per.lind@example.com", false, "By letter, to be called back");
  await ask("portability", "eva.horak@example.com", true, "Came to the shop with an identity card");
  const made = await ask("erasure", "ida.berg@example.com", true, "Called from the number that we have");
  // The shape of src/subjects/admin-routes.ts.
  const { subject_request_id: id } = (await made.json()) as { subject_request_id: string };

  await desk.goto(`${product.url}/admin#/requests/${id}`);
  await desk.reload();
  await desk.getByRole("button", { name: "Download the proof" }).waitFor({ timeout: 60_000 });
  await shoot(desk, "14-erasure");
  await desk.goto(`${product.url}/admin#/requests`);
  await desk.getByRole("link", { name: "Erasure · GDPR" }).waitFor();
  await shoot(desk, "15-requests");
  await desk.goto(`${product.url}/admin#/access`);
  await desk.getByText("Dashboard on the wall").waitFor();
  await shoot(desk, "16-access");
  await desk.goto(`${product.url}/admin#/audit`);
  await desk.getByRole("button", { name: "Check the chain" }).click();
  await desk.getByText(/^Whole: /).waitFor();
  await shoot(desk, "17-audit");
}

async function make(path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  const response = await product.admin(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  // The page's own entrance animations are over by then.
  await page.waitForTimeout(500);
  const picture = await page.screenshot({ animations: "disabled", caret: "hide" });
  await writeFile(join(IMAGES, `${name}.png`), await coarser(picture));
}

/** The picture with every colour rounded to a multiple of 2: nobody sees it, and gradients take fewer bytes. */
async function coarser(picture: Buffer): Promise<Buffer> {
  const sheet = await browser.newPage({ viewport: VIEWPORT });
  await sheet.setContent('<body style="margin:0"><canvas style="display:block"></canvas>');
  await sheet.evaluate(
    async (source) => {
      const bitmap = await createImageBitmap(await (await fetch(source)).blob());
      const canvas = document.querySelector("canvas");
      const context = canvas?.getContext("2d");
      if (!canvas || !context) throw new Error("no canvas to draw on");
      Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
      context.drawImage(bitmap, 0, 0);
      const image = context.getImageData(0, 0, bitmap.width, bitmap.height);
      image.data.forEach((value, n) => {
        image.data[n] = Math.round(value / 2) * 2;
      });
      context.putImageData(image, 0, 0);
    },
    `data:image/png;base64,${picture.toString("base64")}`,
  );
  const smaller = await sheet.screenshot();
  await sheet.close();
  return smaller;
}

async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(fields))
    await page.getByLabel(label, { exact: true }).fill(value);
}

/** Waits until ingest has folded so many events of a name; the id of the newest. */
function taken(name: string, count: number): Promise<string> {
  return eventually(async () => {
    const response = await product.admin("/live?limit=500");
    const { events } = (await response.json()) as { events: LiveEntry[] };
    const found = events.filter(
      (e) => e.kind === "event" && e.name === name && e.receipts.some((r) => r.stage === "ingest"),
    );
    if (found.length < count) throw new Error(`${found.length} of ${count} ${name}`);
    return found[0]?.event_id ?? "";
  });
}
