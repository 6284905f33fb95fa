/**
 * Builds everything that the Worker serves as static assets into `dist/assets`. Files are written whole, by renaming,
 * since several local runs may build at once.
 */
import { randomUUID } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle as bundleBrowser, MAX_GZIP_BYTES } from "./build-browser.ts";
import { bundleConsole } from "./build-console.ts";
import { adminDocument, publicDocument } from "./openapi/documents.ts";

const OUTPUT = fileURLToPath(new URL("../dist/assets", import.meta.url));

/** Builds all assets. Throws when a source does not compile or the browser script is too heavy. */
export async function buildAssets(): Promise<void> {
  const [{ code, gzipBytes }, consoleFiles] = await Promise.all([bundleBrowser(), bundleConsole()]);
  if (gzipBytes > MAX_GZIP_BYTES) {
    throw new Error(`doorstep.js is ${gzipBytes} bytes of gzip; it may have ${MAX_GZIP_BYTES}`);
  }
  await writeAsset("doorstep.js", code);
  await writeAsset("admin/console.js", consoleFiles.script);
  await writeAsset("admin/console.css", consoleFiles.style);
  await writeAsset("openapi.json", JSON.stringify(publicDocument()));
  await writeAsset("admin/openapi.json", JSON.stringify(adminDocument()));
}

async function writeAsset(name: string, contents: string): Promise<void> {
  const target = join(OUTPUT, name);
  await mkdir(dirname(target), { recursive: true });
  const temporary = join(OUTPUT, "..", `asset.${randomUUID()}.tmp`); // outside, or a deployment might find it
  await writeFile(temporary, contents);
  await rename(temporary, target);
}

if (import.meta.main) await buildAssets();
