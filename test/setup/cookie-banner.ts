/**
 * The unmodified vanilla-cookieconsent from npm as the site's banner: its published script and style, with a
 * configuration as its documentation has it. Called by test/e2e/consent-banner.test.ts.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { BrowserContext, Page } from "playwright-core";

const require = createRequire(import.meta.url);
const FILES = [
  require.resolve("vanilla-cookieconsent"),
  require.resolve("vanilla-cookieconsent/dist/cookieconsent.css"),
];

/** What the page's own script does with the visitor's decisions. */
export type Wiring = "none" | "doorstep";

/** Puts the banner into every page of a browser; the demo's own stays away. */
export async function addBanner(context: BrowserContext, wiring: Wiring): Promise<void> {
  const [script, style] = await Promise.all(FILES.map((file) => readFile(file, "utf8")));
  await context.route("**/assets/site.js", (route) => route.abort());
  await context.addInitScript({ content: script ?? "" });
  await context.addInitScript(startBanner, { style: style ?? "", wiring });
}

interface Consent {
  run(config: object): Promise<void>;
  showPreferences(): void;
}

/** Runs in the page. */
function startBanner({ style, wiring }: { style: string; wiring: Wiring }): void {
  const page = window as unknown as {
    CookieConsent: Consent;
    doorstep: { consent: { set(choices: Record<string, boolean>, more: object): Promise<unknown> } };
  };
  // The consent page's frame is not the site's.
  if (window !== window.top) return;
  const names = ["analytics", "marketing", "personalization"];
  const tell = ({ cookie }: { cookie: { categories: string[]; revision: number } }) => {
    const choices = Object.fromEntries(names.map((name) => [name, cookie.categories.includes(name)]));
    void page.doorstep.consent.set(choices, { evidence: { banner: `cookieconsent r${cookie.revision}` } });
  };
  addEventListener("DOMContentLoaded", () => {
    const sheet = document.createElement("style");
    sheet.textContent = style;
    document.head.appendChild(sheet);
    void page.CookieConsent.run({
      // It stays away from robots, and takes an automated browser for one.
      hideFromBots: false,
      revision: 4,
      ...(wiring === "doorstep" && { onFirstConsent: tell, onChange: tell }),
      categories: {
        necessary: { enabled: true, readOnly: true },
        analytics: {},
        marketing: {},
        personalization: {},
      },
      language: {
        default: "en",
        translations: {
          en: {
            consentModal: {
              title: "Cookies",
              description: "May we?",
              acceptAllBtn: "Accept all",
              acceptNecessaryBtn: "Reject all",
              showPreferencesBtn: "Choose",
            },
            preferencesModal: {
              title: "Preferences",
              acceptAllBtn: "Accept all of them",
              acceptNecessaryBtn: "Reject all of them",
              savePreferencesBtn: "Save my choice",
              sections: names.map((linkedCategory) => ({ title: linkedCategory, linkedCategory })),
            },
          },
        },
      },
    });
  });
}

/** Opens the preferences, sets its switches, and saves. */
export async function choosePreferences(page: Page, accepted: readonly string[]): Promise<void> {
  await page.evaluate(() =>
    (window as unknown as { CookieConsent: Consent }).CookieConsent.showPreferences(),
  );
  const dialog = page.locator("#cc-main .pm");
  await dialog.waitFor();
  for (const name of ["analytics", "marketing", "personalization"]) {
    const box = dialog.locator(`input.section__toggle[value="${name}"]`);
    // While the dialog still slides in, a click meets what was there before.
    for (let tries = 0; (await box.isChecked()) !== accepted.includes(name) && tries < 50; tries++) {
      await dialog.evaluate((shown) =>
        Promise.allSettled(shown.getAnimations({ subtree: true }).map(({ finished }) => finished)),
      );
      await box.click({ force: true });
    }
  }
  await dialog.getByRole("button", { name: "Save my choice" }).click();
  await dialog.waitFor({ state: "hidden" });
}
