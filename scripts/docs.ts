/**
 * `npm run docs` rewrites the parts of docs/ that are made from code, contracts and the demo's release; `npm run docs --
 * check` fails where one is out of date, and names the file. Such a part stands between `<!-- generated: name -->` and
 * `<!-- /generated -->`; its text is made by the block of that name in docs/blocks.ts.
 */
import { readFile, writeFile } from "node:fs/promises";
import { BLOCKS } from "./docs/blocks.ts";
import { renderInto } from "./docs/markers.ts";

const ROOT = new URL("../", import.meta.url);

/** Every file with generated parts: as it is, and as it should be. */
async function documents(): Promise<{ file: string; is: string; shouldBe: string }[]> {
  const files = [...new Set(Object.values(BLOCKS).map(({ file }) => file))];
  return Promise.all(
    files.map(async (file) => {
      const is = await readFile(new URL(file, ROOT), "utf8");
      return { file, is, shouldBe: renderInto(is, file, BLOCKS) };
    }),
  );
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
