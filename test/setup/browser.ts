/** The browser of end-to-end tests, which stays off the network by itself. */
import { type Browser, chromium } from "playwright-core";
import { findBrowser, findShell, noBrowserMessage } from "../../scripts/find-browser.ts";

/** Chromium's headless shell, where it is installed. Fails, rather than skips, where there is no browser. */
export const launchBrowser = (): Promise<Browser> => launch(findShell());

/** The browser as people have it, with its windows drawn to nowhere: several times the work, for what must be proved in it. */
export const launchWholeBrowser = (): Promise<Browser> => launch(findBrowser());

/** The same with its back-forward cache, which Playwright turns off and the shell has not. */
export const launchKeepingPages = (): Promise<Browser> =>
  launch(findBrowser(), ["--disable-back-forward-cache"]);

async function launch(
  executablePath: string | undefined,
  ignoreDefaultArgs: string[] = [],
): Promise<Browser> {
  if (!executablePath) throw new Error(noBrowserMessage());
  return chromium.launch({
    executablePath,
    ignoreDefaultArgs,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
