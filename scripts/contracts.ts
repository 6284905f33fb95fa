/**
 * `npm run contracts` writes the JSON Schema of every contract into `contracts/published/<name>.<version>.json`;
 * `npm run contracts -- check` fails when one is missing or stale, or when a new version breaks its predecessor without a
 * major version, and names the field. A version never changes once it is released: a changed contract needs a new one.
 * Until the first release of all (CHANGELOG.md says only "Unreleased"), `-- --rewrite` makes the files what the code says.
 * Both look after contracts/definitions/shape.ts, too.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { type Files, isClean, type Review, review } from "./contracts/review.ts";
import { publishedSchemas } from "./contracts/schemas.ts";
import { shapeModule } from "./contracts/shape.ts";

const FOLDER = new URL("../contracts/published/", import.meta.url);
const SHAPE = new URL("../contracts/definitions/shape.ts", import.meta.url);
const CHANGELOG = new URL("../CHANGELOG.md", import.meta.url);

async function readPublished(): Promise<Files> {
  await mkdir(FOLDER, { recursive: true });
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".json")).sort();
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, FOLDER), "utf8")));
  return new Map(names.map((name, place) => [name, texts[place] ?? ""]));
}

/** Whether a version of Doorstep has been released: a heading of the changelog that names one. */
const hasReleases = async (): Promise<boolean> =>
  /^## .*\d+\.\d+\.\d+/m.test(await readFile(CHANGELOG, "utf8"));

/** Everything that is wrong, one line each, fields below the file that they are in. */
function describe({ missing, changed, misnumbered, gone }: Review): string[] {
  const fields = (changes: Review["changed"][number]["changes"]) =>
    changes.map(
      ({ field, what, breaking }) => `  ${field || "(all)"} ${what}${breaking ? " [breaking]" : ""}`,
    );
  return [
    ...missing.map((file) => `contracts/published/${file} is missing`),
    ...changed.flatMap(({ file, changes }) => [
      `contracts/published/${file} is stale: its contract says otherwise`,
      ...fields(changes),
    ]),
    ...misnumbered.flatMap(({ file, predecessor, needs, changes }) => [
      `${file} differs from ${predecessor} by more than its number says: it needs a new ${needs} version`,
      ...fields(changes),
    ]),
    ...gone.map((file) => `contracts/published/${file} has no contract: its senders would be refused`),
  ];
}

const code = publishedSchemas();
const given = process.argv.slice(2);
const found = review(code, await readPublished());
process.exitCode = given.includes("check") ? await check() : await publish(given.includes("--rewrite"));

async function check(): Promise<number> {
  if ((await readFile(SHAPE, "utf8")) !== (await shapeModule())) {
    console.error("contracts/definitions/shape.ts is stale: run `npm run contracts`.");
    return 1;
  }
  if (isClean(found)) {
    console.log(`${code.size} published contracts are up to date.`);
    return 0;
  }
  for (const line of describe(found)) console.error(line);
  console.error(
    "Give a changed contract a new version, then run `npm run contracts`. See docs/contracts.md.",
  );
  return 1;
}

async function publish(rewrite: boolean): Promise<number> {
  await writeFile(SHAPE, await shapeModule());
  const released = await hasReleases();
  const mayRewrite = rewrite && !released;
  const { missing, changed, misnumbered, gone } = found;
  const refused: Review = mayRewrite
    ? { missing: [], changed: [], misnumbered, gone: [] }
    : { missing: [], changed, misnumbered, gone };
  if (!isClean(refused)) {
    for (const line of describe(refused)) console.error(line);
    console.error(
      released
        ? "A released version never changes: give the contract a new version."
        : "Give the contract a new version or, as nothing is released yet, run `npm run contracts -- --rewrite`.",
    );
    return 1;
  }
  const files = [...missing, ...changed.map(({ file }) => file)];
  for (const file of files) await writeFile(new URL(file, FOLDER), code.get(file) ?? "");
  for (const file of gone) await rm(new URL(file, FOLDER));
  console.log(`${files.length} of ${code.size} contracts written to contracts/published/.`);
  return 0;
}
