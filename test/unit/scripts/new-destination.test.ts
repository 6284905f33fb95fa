/**
 * `npm run new:destination`: what it writes into a copy of the repository compiles, is formatted and passes every test that
 * all destinations pass; and what it refuses leaves nothing behind.
 */
import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pageOf } from "../../../scripts/docs/destinations/page.ts";
import { constantOf, nameFault, titleFault, titleOf } from "../../../scripts/new-destination/names.ts";
import { REGISTRIES, registered } from "../../../scripts/new-destination/registries.ts";
import { acmeToolAbout } from "../../../scripts/new-destination/template/about.ts";
import { acmeToolExamples } from "../../../scripts/new-destination/template/examples.ts";
import { acmeTool } from "../../../scripts/new-destination/template/index.ts";
import "../../../scripts/new-destination/template/type.test.ts";
import { writeDestination } from "../../../scripts/new-destination/write.ts";

const ROOT = join(import.meta.dirname, "../../..");
const FORWARD = "test/unit/forward";
const COPIED = [
  ...["src", "contracts", "scripts", "docs", "demo", "test/setup", "test/vectors", FORWARD],
  ...["test/unit/consent", "package.json", "biome.json", ".gitignore", "tsconfig.json", "tsconfig.node.json"],
];
/** Tests that hold for every type. */
const GENERIC = ["examples", "form", "check", "erasure", "destination-docs"];

let copy = "";
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "new-destination-"));
  mkdirSync(join(copy, "test/unit"), { recursive: true });
  for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
});
afterAll(() => rmSync(copy, { recursive: true }));

/** Run a program of the copy's. What it printed; throws with all of it where it fails. */
async function run(...args: string[]): Promise<string> {
  try {
    const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" };
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: copy, env });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = Object(error);
    throw new Error(`${args.join(" ")}\n${stdout}\n${stderr}`);
  }
}

const allFiles = () =>
  ["src/forward/destinations", FORWARD, "docs/destinations"].map((folder) =>
    readdirSync(join(copy, folder), { recursive: true }).sort(),
  );
const read = (file: string) => readFileSync(join(copy, file), "utf8");

describe("what is refused, and leaves nothing behind", () => {
  it.each([
    ["hubspot", "there is src/forward/destinations/hubspot already"],
    ["http", "there is src/forward/destinations/http.ts already"],
    ["delete", '"delete" means something'],
    ["vendor", '"vendor" means something'],
    ["Acme", "a name has"],
    ["a", "a name has"],
    ["../acme", "a name has"],
    ["acme-tool", "a name has"],
    ["acme__tool", "a name has"],
    ["2fast", "a name has"],
    ["a".repeat(41), "a name has"],
  ])("the name %s", (name, fault) => {
    const before = allFiles();
    const written = writeDestination(copy, { name, title: "Title" });
    expect(written).toEqual({ ok: false, fault: expect.stringContaining(fault) });
    expect(allFiles()).toEqual(before);
  });

  it.each(['A "tool"', "`tool`", "<b>", "", " x", "a\nb", "*/", "x".repeat(61)])("the title %j", (title) => {
    expect(titleFault(title)).toBeTypeOf("string");
    expect(writeDestination(copy, { name: "acme", title })).toMatchObject({ ok: false });
  });

  it("a registry that it does not know its way in", () => {
    const [registry] = REGISTRIES;
    expect(() => registered("export const X = {};\n", registry, "acme")).toThrow(/no imports or no entries/);
    expect(() => registered('import a from "./a.ts";\nconst X = {\n  acme,\n};\n', registry, "acme")).toThrow(
      /already/,
    );
  });
});

it("names are made of the name", () => {
  expect(
    ["ga4", "google_ads", "x_2_y"].map((name) => [constantOf(name), titleOf(name), nameFault(name)]),
  ).toEqual([
    ["ga4", "Ga4", undefined],
    ["googleAds", "Google Ads", undefined],
    ["x2Y", "X 2 Y", undefined],
  ]);
});

it("the template itself is a destination whose page can be made", async () => {
  for (const { event, traits = {}, settings, expect: expected } of acmeToolExamples)
    expect(acmeTool.map(event, traits, acmeTool.settings.parse(settings))).toEqual(expected);
  // Methods: what holds any type holds this one, as the registry does.
  const page = await pageOf({ type: acmeTool, about: acmeToolAbout, examples: acmeToolExamples });
  expect(page).toContain("# Acme Tool\n");
});

it("what is written compiles, is formatted and documented, and passes what all destinations pass", async () => {
  const said = await run("scripts/new-destination.ts", "fjell_mail", "--title", "Fjell Mail & More");
  expect(said).toContain("docs/destinations/fjell_mail.md");
  const folder = "src/forward/destinations";
  expect(readdirSync(join(copy, folder, "fjell_mail")).sort()).toEqual(
    ["about", "erase", "examples", "index", "map", "send", "settings"].map((name) => `${name}.ts`),
  );
  expect(read(`${folder}/registry.ts`)).toMatch(/ {2}fjell_mail: fjellMail,\n {2}ga4,/);
  expect(read("docs/destinations/README.md")).toContain("[Fjell Mail & More](fjell_mail.md)");
  const test = `${FORWARD}/fjell_mail.test.ts`;
  const files = [test, ...REGISTRIES.map(({ file }) => `${folder}/${file}`)];
  for (const file of [...files, `${folder}/fjell_mail/about.ts`, "docs/destinations/fjell_mail.md"])
    expect(read(file)).not.toMatch(/acme/i);

  writeFileSync(
    join(copy, "tsconfig.these.json"),
    JSON.stringify({ extends: "./tsconfig.node.json", include: [], files }),
  );
  writeFileSync(
    join(copy, "these.config.mjs"),
    `export default { test: { include: ["${FORWARD}/*.test.ts"], isolate: false, maxWorkers: 1 } };`,
  );
  const tests = [test, ...GENERIC.map((name) => `${FORWARD}/${name}.test.ts`)];
  const [, , report] = await Promise.all([
    run("node_modules/typescript/bin/tsc", "-p", "tsconfig.these.json"),
    run("node_modules/@biomejs/biome/bin/biome", "check", ...files, `${folder}/fjell_mail`),
    run("node_modules/vitest/vitest.mjs", "run", "--config", "these.config.mjs", ...tests),
  ]);
  expect(report).toMatch(new RegExp(`Test Files +${tests.length} passed`));
}, 60_000);

it("says how it is called where it is called otherwise", async () => {
  await expect(run("scripts/new-destination.ts")).rejects.toThrow(/Usage: npm run new:destination NAME/);
  await expect(run("scripts/new-destination.ts", "hubspot")).rejects.toThrow(/already\. Nothing was written/);
});
