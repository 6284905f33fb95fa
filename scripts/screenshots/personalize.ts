/**
 * Pictures of personal pages, 25 onwards: a marketer's way through the console, from who is there to a new offer that is
 * published to few, then to all, and taken back. docs/personalize.md goes the same way.
 */
import type { Browser, Locator, Page } from "playwright-core";
import { playTraffic } from "../../demo/traffic.ts";
import type { Product } from "../../test/setup/e2e.ts";
import { eventually } from "../../test/setup/eventually.ts";

const VISITORS = 120;
const VIEWPORT = { width: 1280, height: 800 };
const OFFER = `<div class="offer offer--winter">
  <p class="offer__kicker">For climbers</p>
  <h2 class="offer__title">Rope care, on Saturday</h2>
  <p class="offer__text">Bring yours: we look at it together.</p>
  <a class="offer__cta" href="/topics/climbing" data-doorstep-click="rope-care">Keep me a place</a>
</div>`;

/** @param shoot takes a picture under a name */
export async function walkPersonalize(
  browser: Browser,
  product: Product,
  shoot: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  const traffic = { origin: product.url, visitors: VISITORS, concurrency: 4, seconds: 240 };
  const played = await playTraffic(traffic);
  if (played.visitors < VISITORS) throw new Error(`${played.visitors} of ${VISITORS} visitors`);
  await product.settle();
  await product.local.tick(); // Carts that were left, and the count of everybody.

  const desk = await (await browser.newContext({ viewport: VIEWPORT })).newPage();
  const token = await tokenOf(product, "Nina Horvat, marketing");
  await desk.goto(`${product.url}/admin#token=${token}`);
  await desk.getByRole("link", { name: "Segments", exact: true }).waitFor();
  const go = async (view: string) => {
    await desk.goto(`${product.url}/admin#/${view}`);
    await desk.reload();
  };
  const site = await (await browser.newContext({ viewport: VIEWPORT })).newPage();
  await site.goto(`${product.url}/try`);
  await site.locator('#consent [data-consent="accept"]').click();
  await site.locator("#consent").waitFor({ state: "hidden" });
  await shoot(site, "25-try");
  for (const path of ["sailing", "climbing", "climbing"]) {
    await site.goto(`${product.url}/topics/${path}`);
    await site.waitForTimeout(500);
  }
  await site.goto(`${product.url}/try/ranking`);
  await site.locator("[data-doorstep-offer]").waitFor();
  await shoot(site, "26-ranking");

  await go("segments");
  await desk.getByText(/people, counted on/).waitFor();
  await shoot(desk, "27-segments");
  await segment(desk, go, shoot);
  await offer(desk, go, shoot);
  await preview(desk, go, shoot);
  await publish(desk, go, shoot);
  await numbers(desk, go, shoot);
}

type Go = (view: string) => Promise<void>;
type Shoot = (page: Page, name: string) => Promise<void>;

/** A new segment; its size while it is built. */
async function segment(desk: Page, go: Go, shoot: Shoot): Promise<void> {
  await go("segments/new");
  await desk.getByLabel("Name", { exact: true }).fill("climber");
  await desk.getByLabel("Description").fill("Reads mostly about climbing, three pages or more");
  const rule = async (place: number, attribute: string, comparison: string, value: string) => {
    await desk.getByRole("button", { name: "Add a rule" }).first().click();
    await desk.getByLabel("Attribute").nth(place).selectOption({ label: attribute });
    await desk.getByLabel("Comparison").nth(place).selectOption({ label: comparison });
    await desk.getByLabel("Value").nth(place).fill(value);
  };
  await rule(0, "top topic", "is", "climbing");
  await rule(1, "articles read 30d", "is at least", "3");
  await desk
    .getByText(/^\d+ of \d+ people$|Everybody was looked at/)
    .first()
    .waitFor();
  await desk.waitForTimeout(1_500);
  await shoot(desk, "28-segment");
  await desk.getByRole("button", { name: "Save", exact: true }).click();
  await desk.getByText(/^Saved in the draft/).waitFor();
}

/** A new offer with its content. */
async function offer(desk: Page, go: Go, shoot: Shoot): Promise<void> {
  await desk.waitForTimeout(1_000);
  await go("offers/new/hero");
  await desk.getByLabel("Name", { exact: true }).fill("rope-care");
  await desk.getByLabel("In words").fill("The workshop on Saturday, for climbers");
  await desk
    .getByRole("combobox", { name: "What it shows" })
    .selectOption({ label: "New content, written here" });
  await desk.getByLabel("HTML", { exact: true }).fill(OFFER);
  await desk
    .getByRole("combobox", { name: "To whom" })
    .selectOption({ label: "Those in one of these segments" });
  await desk.getByRole("checkbox", { name: /^climber/ }).check();
  await desk.getByLabel("Priority", { exact: true }).fill("50");
  await toTop(desk.getByRole("region", { name: "What it shows" }));
  await shoot(desk, "29-offer");
  await desk.getByRole("button", { name: "Save to the draft" }).click();
  await desk.waitForURL(/#\/offers(?!\/new)/);
}

/** The page as somebody in the segment sees it, by the draft. */
async function preview(desk: Page, go: Go, shoot: Shoot): Promise<void> {
  await go("offers/preview/rope-care");
  await desk.getByRole("button", { name: "Make the link" }).click();
  await desk.locator('input[aria-label="The link"]').waitFor();
  await toTop(desk.getByRole("heading", { name: "As whom" }));
  await shoot(desk, "30-preview-link");
  const url = await desk.locator('input[aria-label="The link"]').inputValue();
  const looker = await (await desk.context().browser()?.newContext({ viewport: VIEWPORT }))?.newPage();
  if (!looker) throw new Error("no browser");
  await looker.goto(url);
  await looker.locator('[data-doorstep-offer="rope-care"]').waitFor();
  const bar = looker.getByRole("region", { name: "Preview" });
  await bar.getByText(/^Slots/).click();
  await shoot(looker, "31-preview");
  await looker.context().close();
}

/** To a tenth of the visitors, then to all, and back. */
async function publish(desk: Page, go: Go, shoot: Shoot): Promise<void> {
  await go("release");
  await desk.goto(`${desk.url()}/draft/changes`);
  await desk.getByText("Nothing is wrong with it.").waitFor();
  await desk.getByLabel("Note", { exact: true }).fill("Rope care for climbers");
  await desk
    .getByRole("combobox", { name: "To whom" })
    .selectOption({ label: "To a share of visitors first" });
  await shoot(desk, "32-publish");
  await desk.getByRole("button", { name: "Publish", exact: true }).click();
  await desk.getByRole("button", { name: "Change the share" }).waitFor();
  await shoot(desk, "33-canary");
  const dialog = desk.getByRole("dialog");
  await desk.getByRole("button", { name: "Promote", exact: true }).click();
  await dialog.getByRole("button", { name: "Promote", exact: true }).click();
  await desk.getByText("for everybody.").waitFor();
  await desk.getByRole("button", { name: "Roll back to it" }).first().click();
  await dialog.getByRole("button", { name: "Roll back", exact: true }).waitFor();
  await shoot(desk, "38-rollback");
  await dialog.getByRole("button", { name: "Roll back", exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
}

/** How offers perform, content of the CMS, an import, and why somebody saw what they saw. */
async function numbers(desk: Page, go: Go, shoot: Shoot): Promise<void> {
  await go("offers/performance");
  await desk.getByRole("table").first().waitFor();
  await desk.waitForTimeout(500);
  await shoot(desk, "34-performance");
  await go("segments/lists");
  await desk.getByText("Import…").click();
  // Not Ida, who was erased before: nothing of her is kept, so she would not be on it.
  await desk
    .getByLabel("Who", { exact: true })
    .fill("email\neva.horak@example.com\nper.lind@example.com\nnobody");
  await desk.getByRole("button", { name: "Import", exact: true }).click();
  await eventually(async () => {
    const said = await desk.getByRole("region", { name: "List vip" }).textContent();
    if (!/2 identifiers added/.test(said ?? "")) throw new Error(said ?? "");
  });
  await shoot(desk, "35-list");
  await go("offers/content");
  await toTop(desk.getByRole("heading", { name: "From CMSs" }));
  await shoot(desk, "36-cms");
  await go("live");
  await desk.getByRole("button", { name: /^Slots/ }).click();
  await desk.locator(".row").filter({ hasText: "hero" }).first().click();
  await desk.locator("aside.trace .step").last().waitFor();
  await shoot(desk, "37-why");
}

/** Below the bar, which stays. */
async function toTop(element: Locator): Promise<void> {
  await element.waitFor();
  await element.evaluate((one) =>
    scrollTo({ top: one.getBoundingClientRect().top + scrollY - 110, behavior: "instant" }),
  );
}

/** Somebody of the marketing team, as the console knows them. */
async function tokenOf(product: Product, name: string): Promise<string> {
  const made = await product.admin("/access/tokens", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, role: "marketer", expires_in_days: 1 }),
  });
  if (!made.ok) throw new Error(`${made.status} ${await made.text()}`);
  return ((await made.json()) as { token: string }).token; // the shape of src/console/access/tokens-routes.ts
}
