/**
 * The console in Chromium, as somebody who holds a token: what they see and do, and what went wrong in their page. For the
 * end-to-end tests of the console.
 */
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import type { Role } from "../../contracts/taxonomy.ts";
import type { Product } from "./e2e.ts";

/** What an admin gives besides a role. */
export interface Grant {
  name?: string;
  personal?: boolean;
  sources?: string[];
}

export interface Desk {
  page: Page;
  main: Locator;
  /** Go to a view, such as `requests/new`. */
  go(view: string): Promise<void>;
  /** Titles of the tabs that are there. */
  tabs(): Promise<string[]>;
  /** Paths below `/admin/api` that the page has asked for. */
  asked: string[];
  /** Dialogs that opened, errors that nobody caught, and what the page's policy stopped. */
  complaints: string[];
  close(): Promise<void>;
}

/** Makes a token, as an admin with ADMIN_TOKEN does. */
export async function tokenOf(
  product: Product,
  role: Role,
  { name = `Test ${role}`, ...grant }: Grant = {},
): Promise<string> {
  const response = await product.admin("/access/tokens", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, role, ...grant, expires_in_days: 1 }),
  });
  if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
  const { token } = (await response.json()) as { token: string }; // the shape of src/console/access/routes.ts
  return token;
}

/** Opens the console in a browser of its own, and logs in by the form. */
export async function openDesk(
  browser: Browser,
  product: Product,
  token: string,
  options: BrowserContextOptions = {},
): Promise<Desk> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const complaints: string[] = [];
  const asked: string[] = [];
  await context.exposeBinding("complain", (_, what: string) => void complaints.push(what));
  await context.addInitScript(() => {
    const { complain } = window as unknown as { complain(what: string): void };
    document.addEventListener("securitypolicyviolation", (event) =>
      complain(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
    );
  });
  const page = await context.newPage();
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const [, path] = request.url().split("/admin/api/");
    if (path !== undefined) asked.push(path);
  });
  await page.goto(`${product.url}/admin`);
  await page.getByLabel("Console token").fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("navigation", { name: "Views" }).waitFor();
  return {
    page,
    main: page.locator("#view"),
    async go(view) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, `#/${view}`);
    },
    tabs: () => page.getByRole("navigation", { name: "Views" }).getByRole("link").allTextContents(),
    asked,
    complaints,
    close: () => context.close(),
  };
}
