/**
 * Finds the Chrome, Edge or Chromium that the browser tests drive. `npm test` runs this first, so that they are never
 * skipped silently: on Debian and Ubuntu it installs Chromium where it may, elsewhere it says what to install. Beside it may
 * lie Chromium's headless shell: the same engine without windows, for a quarter of the CPU a page.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const COMMANDS = [
  "google-chrome",
  "google-chrome-stable",
  "chromium",
  "chromium-browser",
  "microsoft-edge",
  "microsoft-edge-stable",
];

const SHELL = "chromium-headless-shell";
/** Where Debian's package puts the browser. */
const DEBIANS = "/usr/bin/chromium";

/** Paths under each of these bases, by platform. */
const PLACES: Partial<Record<NodeJS.Platform, { bases: string[]; paths: string[] }>> = {
  linux: {
    bases: ["/"],
    paths: ["usr/bin/chromium", "opt/google/chrome/chrome", "snap/bin/chromium", "usr/lib/chromium/chromium"],
  },
  darwin: {
    bases: ["/Applications", join(process.env.HOME ?? "", "Applications")],
    paths: [
      "Google Chrome.app/Contents/MacOS/Google Chrome",
      "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
      "Chromium.app/Contents/MacOS/Chromium",
    ],
  },
  win32: {
    bases: [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], process.env.LOCALAPPDATA].filter(
      (base) => base !== undefined,
    ),
    paths: [
      "Google\\Chrome\\Application\\chrome.exe",
      "Microsoft\\Edge\\Application\\msedge.exe",
      "Chromium\\Application\\chrome.exe",
    ],
  },
};

/** The browser's executable, or undefined. `CHROME_PATH` goes before everything else. */
export function findBrowser(): string | undefined {
  const chosen = process.env.CHROME_PATH;
  if (chosen) return isExecutable(chosen) ? chosen : undefined;
  const { bases = [], paths = [] } = PLACES[process.platform] ?? {};
  const usual = bases.flatMap((base) => paths.map((path) => join(base, path)));
  return [...onPath(COMMANDS), ...usual].find(isExecutable);
}

/** Chromium's headless shell, or what `findBrowser` finds. */
export function findShell(): string | undefined {
  if (process.env.CHROME_PATH) return findBrowser();
  return [...onPath([SHELL]), join("/usr/bin", SHELL)].find(isExecutable) ?? findBrowser();
}

/**
 * As `findBrowser`, but installs Debian's Chromium, and its shell, if there is none and this user may install packages. On
 * a machine of tests alone (`CI`) the shell comes to a Chromium that is there; without it they only take longer.
 */
export function ensureBrowser(): string | undefined {
  const found = findBrowser();
  const isWithoutShell = process.env.CI !== undefined && found === DEBIANS && findShell() === found;
  if ((found && !isWithoutShell) || process.env.CHROME_PATH) return found;
  if (process.platform !== "linux" || !existsSync("/usr/bin/apt-get")) return found;
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  if (sudo.length > 0 && spawnSync("sudo", ["-n", "true"]).status !== 0) return found;
  const wanted = found ? [SHELL] : ["chromium", SHELL];
  console.error(`Installing Debian's ${wanted.join(" and ")} for the browser tests.`);
  const apt = (...args: string[]) => {
    const [command = "apt-get", ...rest] = [
      ...sudo,
      "env",
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      ...args,
    ];
    return spawnSync(command, rest, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  };
  // The shell is not in every release of Debian and Ubuntu.
  if (apt("update") && !apt("install", "-y", ...wanted) && !found) apt("install", "-y", "chromium");
  return findBrowser();
}

/** One line that says what to do. */
export function noBrowserMessage(): string {
  return process.env.CHROME_PATH
    ? `CHROME_PATH is ${process.env.CHROME_PATH}, which is not an executable file.`
    : "The browser tests need Chrome, Edge or Chromium: install one, or set CHROME_PATH to its executable.";
}

function onPath(names: string[]): string[] {
  return (process.env.PATH ?? "").split(delimiter).flatMap((dir) => names.map((name) => join(dir, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const browser = ensureBrowser();
  if (browser) {
    const shell = findShell();
    console.log(`Browser for the tests: ${browser}${shell === browser ? "" : `, most of them in ${shell}`}`);
  } else {
    console.error(noBrowserMessage());
    process.exitCode = 1;
  }
}
