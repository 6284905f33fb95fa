/**
 * `npm run docs` rewrites what of docs/ is made from code, contracts and the demo's release; `npm run docs -- check` fails
 * where something is out of date, and names the file. A part of a file stands between `<!-- generated: name -->` and
 * `<!-- /generated -->`, and is made by the block of that name in docs/blocks.ts; whole files are made by docs/pages.ts.
 */
import { readFile, writeFile } from "node:fs/promises";
import { BLOCKS } from "./docs/blocks.ts";
import { renderInto } from "./docs/markers.ts";
import { PAGES } from "./docs/pages.ts";

const ROOT = new URL("../", import.meta.url);

/** Every generated file: as it is (undefined: there is none yet), and as it should be. */
async function documents(): Promise<{ file: string; is: string | undefined; shouldBe: string }[]> {
  const files = [...new Set(Object.values(BLOCKS).map(({ file }) => file))];
  const parts = files.map(async (file) => {
    const is = await readFile(new URL(file, ROOT), "utf8");
    return { file, is, shouldBe: renderInto(is, file, BLOCKS) };
  });
  const pages = Object.entries(PAGES).map(async ([file, render]) => ({
    file,
    is: await readFile(new URL(file, ROOT), "utf8").catch(undefinedWhereMissing),
    shouldBe: await render(),
  }));
  return Promise.all([...parts, ...pages]);
}

function undefinedWhereMissing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}

const stale = (await documents()).filter(({ is, shouldBe }) => is !== shouldBe);
if (process.argv.slice(2).includes("check")) {
  for (const { file } of stale) console.error(`${file} is out of date: run \`npm run docs\`.`);
  if (stale.length === 0) console.log("The generated parts of docs/ are up to date.");
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const { file, shouldBe } of stale) await writeFile(new URL(file, ROOT), shouldBe);
  console.log(stale.length === 0 ? "Nothing to do." : `Written: ${stale.map(({ file }) => file).join(", ")}`);
}
