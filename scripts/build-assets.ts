/**
 * Builds everything that the Worker serves as static assets into `dist/assets`. Files are written whole, by renaming,
 * since several local runs may build at once.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DestinationType } from "#forward/destinations/contract";
import { formOf } from "#forward/destinations/form";
import { FORMS } from "#forward/destinations/forms";
import { DESTINATION_TYPES } from "#forward/destinations/registry";
import { browserAssets } from "./build-browser.ts";
import { consoleAssets } from "./build-console.ts";
import { dictionaryAssets } from "./dictionary/assets.ts";
import { adminDocument, publicDocument } from "./openapi/documents.ts";

const OUTPUT = fileURLToPath(new URL("../dist/assets", import.meta.url));

/** Builds all assets. Throws when a source does not compile or the browser script is too heavy. */
export async function buildAssets(): Promise<void> {
  const [browserFiles, consoleFiles] = await Promise.all([browserAssets(), consoleAssets()]);
  await dropParts(new Set(Object.keys(consoleFiles)));
  const texts = { ...browserFiles, ...consoleFiles, ...(await dictionaryAssets()) };
  for (const [name, contents] of Object.entries(texts)) await writeAsset(name, contents);
  await writeAsset(FORMS, JSON.stringify(forms()));
  await writeAsset("openapi.json", JSON.stringify(publicDocument()));
  await writeAsset("admin/openapi.json", JSON.stringify(adminDocument()));
}

/** The fields of each type's settings, which the console shows. */
const forms = () =>
  Object.fromEntries(
    Object.entries<DestinationType>(DESTINATION_TYPES).map(([name, type]) => [name, formOf(type)]),
  );

/** Parts of the console's script that an earlier build has left, and that nothing loads any more. */
async function dropParts(kept: ReadonlySet<string>): Promise<void> {
  const folder = join(OUTPUT, "admin", "parts");
  const names = await readdir(folder).catch(() => []); // the first build finds no folder
  for (const name of names) if (!kept.has(`admin/parts/${name}`)) await rm(join(folder, name));
}

async function writeAsset(name: string, contents: string): Promise<void> {
  const target = join(OUTPUT, name);
  await mkdir(dirname(target), { recursive: true });
  const temporary = join(OUTPUT, "..", `asset.${randomUUID()}.tmp`); // outside, or a deployment might find it
  await writeFile(temporary, contents);
  await rename(temporary, target);
}

if (import.meta.main) await buildAssets();
