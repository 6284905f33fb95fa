/**
 * `npm run contracts` writes the JSON Schema of every contract into `contracts/published/<name>.<version>.json`;
 * `npm run contracts -- check` fails when one is stale. A version never changes once it is released: a changed contract
 * needs a new version. Until the first release of all (CHANGELOG.md says only "Unreleased"), `-- --rewrite` allows it.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { publishedSchemas } from "./contracts/schemas.ts";

const FOLDER = new URL("../contracts/published/", import.meta.url);
const CHANGELOG = new URL("../CHANGELOG.md", import.meta.url);

/** What has to be done about one file. */
type Difference = { file: string; kind: "missing" | "changed" };

/** Compares the contracts in code with the published files. Files of older versions stay and are not looked at. */
async function differences(schemas: ReadonlyMap<string, string>): Promise<Difference[]> {
  const present = new Set(await readdir(FOLDER).catch(() => []));
  const found: Difference[] = [];
  for (const [file, text] of schemas) {
    if (!present.has(file)) found.push({ file, kind: "missing" });
    else if ((await readFile(new URL(file, FOLDER), "utf8")) !== text) found.push({ file, kind: "changed" });
  }
  return found;
}

/** Whether a version of Doorstep has been released: a heading of the changelog that names one. */
async function hasReleases(): Promise<boolean> {
  const text = await readFile(CHANGELOG, "utf8").catch(() => "");
  return /^## .*\d+\.\d+\.\d+/m.test(text);
}

async function check(schemas: ReadonlyMap<string, string>): Promise<number> {
  const found = await differences(schemas);
  for (const { file, kind } of found)
    console.error(`contracts/published/${file} is ${kind === "missing" ? "missing" : "stale"}`);
  if (found.length > 0) console.error("Run `npm run contracts`.");
  else console.log(`${schemas.size} published contracts are up to date.`);
  return found.length > 0 ? 1 : 0;
}

async function publish(schemas: ReadonlyMap<string, string>, rewrite: boolean): Promise<number> {
  const found = await differences(schemas);
  const changed = found.filter(({ kind }) => kind === "changed");
  const released = await hasReleases();
  if (changed.length > 0 && (!rewrite || released)) {
    for (const { file } of changed) console.error(`contracts/published/${file} differs from its contract.`);
    console.error(
      released
        ? "A released version never changes: give the contract a new version."
        : "Give the contract a new version or, as nothing is released yet, run `npm run contracts -- --rewrite`.",
    );
    return 1;
  }
  await mkdir(FOLDER, { recursive: true });
  for (const { file } of found) await writeFile(new URL(file, FOLDER), schemas.get(file) ?? "");
  console.log(`${found.length} of ${schemas.size} contracts written to contracts/published/.`);
  return 0;
}

const schemas = publishedSchemas();
const given = process.argv.slice(2);
process.exitCode = given.includes("check")
  ? await check(schemas)
  : await publish(schemas, given.includes("--rewrite"));
