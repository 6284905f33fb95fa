/**
 * Builds the browser script into `dist/assets`: `doorstep.js`, which every page loads and which fails to build when it
 * is heavier than 4096 bytes of gzip; `doorstep-more.js`, which it loads when it is needed; and their types. Run by
 * itself it prints the sizes; scripts/build-assets.ts and the tests take what the functions return.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify as terser } from "terser";
import { declarations } from "./browser/declarations.ts";

const SOURCES = new URL("../src/browser/", import.meta.url);
const OUTPUT = fileURLToPath(new URL("../dist/assets", import.meta.url));

/** The most that the script may weigh, in bytes of gzip. */
export const MAX_GZIP_BYTES = 4096;
/** And that of cached pages. */
const MAX_SLOTS_GZIP_BYTES = 3072;

/** A minified script and its sizes in bytes. */
export interface Bundle {
  code: string;
  rawBytes: number;
  gzipBytes: number;
}

/** The script of every page. Writes nothing. */
export const bundle = (): Promise<Bundle> => minify("main.ts", "iife");

/** The second file, a module that the script imports. Writes nothing. */
export const bundleMore = (): Promise<Bundle> => minify("more/main.ts", "esm");

/** What pages in a preview load (src/slots/preview). Writes nothing. */
export const bundlePreview = (): Promise<Bundle> => minify("preview/main.ts", "iife");

/** What cached pages load (src/browser/slots-element). Writes nothing. */
export const bundleSlots = (): Promise<Bundle> => minify("slots-element/main.ts", "iife");

/**
 * All that is served of it, by name of file. Writes nothing.
 * @throws when the script is too heavy
 */
export async function browserAssets(): Promise<Record<string, string>> {
  const [core, more, slots, preview, types, slotsTypes] = await Promise.all([
    bundle(),
    bundleMore(),
    bundleSlots(),
    bundlePreview(),
    declarations(),
    readFile(new URL("slots-element/types.ts", SOURCES), "utf8"),
  ]);
  if (core.gzipBytes > MAX_GZIP_BYTES)
    throw new Error(`doorstep.js is ${core.gzipBytes} bytes of gzip; it may have ${MAX_GZIP_BYTES}`);
  if (slots.gzipBytes > MAX_SLOTS_GZIP_BYTES)
    throw new Error(
      `doorstep-slots.js is ${slots.gzipBytes} bytes of gzip; it may have ${MAX_SLOTS_GZIP_BYTES}`,
    );
  return {
    "doorstep.js": core.code,
    "doorstep-more.js": more.code,
    "doorstep-slots.js": slots.code,
    "doorstep-preview.js": preview.code,
    "doorstep.d.ts": types,
    "doorstep-slots.d.ts": slotsTypes,
  };
}

async function minify(entry: string, format: "iife" | "esm"): Promise<Bundle> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, SOURCES))],
    bundle: true,
    write: false,
    format,
    target: "es2020",
    minify: true,
    legalComments: "none",
    logLevel: "warning",
  });
  // A second minifier on top: one that also packs statements and drops what esbuild keeps, for some 3 % of gzip.
  const { code = "" } = await terser(outputFiles[0]?.text ?? "", {
    ecma: 2020,
    module: format === "esm",
    toplevel: true,
    compress: { passes: 3, ecma: 2020, inline: 1 },
  });
  return { code, rawBytes: Buffer.byteLength(code), gzipBytes: gzipSync(code, { level: 9 }).length };
}

if (import.meta.main) {
  const sizes = { "doorstep.js": await bundle(), "doorstep-more.js": await bundleMore() };
  for (const [name, { rawBytes, gzipBytes }] of Object.entries(sizes))
    console.log(
      `${name}: ${rawBytes} bytes, ${gzipBytes} bytes gzip${name === "doorstep.js" ? ` (at most ${MAX_GZIP_BYTES})` : ""}`,
    );
  await mkdir(OUTPUT, { recursive: true });
  for (const [name, contents] of Object.entries(await browserAssets()))
    await writeFile(join(OUTPUT, name), contents);
}
