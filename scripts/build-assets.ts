/**
 * Builds everything that the Worker serves as static assets into `dist/assets`. Files are written whole, by renaming,
 * since several local runs may build at once.
 */
import { randomUUID } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { browserAssets } from "./build-browser.ts";
import { bundleConsole } from "./build-console.ts";
import { adminDocument, publicDocument } from "./openapi/documents.ts";

const OUTPUT = fileURLToPath(new URL("../dist/assets", import.meta.url));

/** Builds all assets. Throws when a source does not compile or the browser script is too heavy. */
export async function buildAssets(): Promise<void> {
  const [browserFiles, consoleFiles] = await Promise.all([browserAssets(), bundleConsole()]);
  for (const [name, contents] of Object.entries(browserFiles)) await writeAsset(name, contents);
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
