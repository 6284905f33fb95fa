/**
 * Builds the console's page into `dist/assets/admin/console.js`, `console.css` and the parts of the script that are loaded
 * when they are first needed, `parts/console-<hash>.js`. Run by the build, and by tests, which look at what `bundleConsole` returns.
 */
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const PAGE = fileURLToPath(new URL("../src/console/page/", import.meta.url));
const OUTPUT = fileURLToPath(new URL("../dist/assets/admin/", import.meta.url));

export interface ConsoleFiles {
  script: string;
  style: string;
  /** Parts of the script by their file name, which changes with what is in them. */
  parts: Record<string, string>;
}

/** The minified script and style of the console's page. Writes nothing. */
export async function bundleConsole(): Promise<ConsoleFiles> {
  const { outputFiles } = await build({
    entryPoints: { script: join(PAGE, "main.ts"), style: join(PAGE, "console.css") },
    outdir: OUTPUT,
    bundle: true,
    splitting: true,
    chunkNames: "parts/console-[hash]",
    write: false,
    format: "esm",
    target: ["es2022", "chrome120", "safari17", "firefox121"],
    minify: true,
    legalComments: "none",
    logLevel: "warning",
  });
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const { "script.js": script = "", "style.css": style = "", ...parts } = Object.fromEntries(texts);
  return { script, style, parts };
}

/** The same by their paths below the assets' folder. */
export async function consoleAssets(): Promise<Record<string, string>> {
  const { script, style, parts } = await bundleConsole();
  const named = Object.entries(parts).map(([name, text]) => [`admin/parts/${name}`, text]);
  return { "admin/console.js": script, "admin/console.css": style, ...Object.fromEntries(named) };
}
