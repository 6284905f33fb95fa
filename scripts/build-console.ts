/**
 * Builds the console's page into `dist/assets/admin/console.js` and `console.css`. Run by the build, and by tests, which
 * serve what `bundleConsole` returns.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const PAGE = fileURLToPath(new URL("../src/console/page/", import.meta.url));
const OUTPUT = fileURLToPath(new URL("../dist/assets/admin/", import.meta.url));

/** The minified script and style of the console's page. Writes nothing. */
export async function bundleConsole(): Promise<{ script: string; style: string }> {
  const { outputFiles } = await build({
    entryPoints: { script: join(PAGE, "main.ts"), style: join(PAGE, "console.css") },
    outdir: OUTPUT,
    bundle: true,
    write: false,
    format: "esm",
    target: ["es2022", "chrome120", "safari17", "firefox121"],
    minify: true,
    legalComments: "none",
    logLevel: "warning",
  });
  const textOf = (suffix: string) => outputFiles.find((file) => file.path.endsWith(suffix))?.text ?? "";
  return { script: textOf(".js"), style: textOf(".css") };
}

if (import.meta.main) {
  const { script, style } = await bundleConsole();
  await mkdir(OUTPUT, { recursive: true });
  await writeFile(join(OUTPUT, "console.js"), script);
  await writeFile(join(OUTPUT, "console.css"), style);
  console.log(
    `console.js: ${Buffer.byteLength(script)} bytes, console.css: ${Buffer.byteLength(style)} bytes`,
  );
}
