/**
 * `npm run new:destination NAME [-- --title "Its Title"]` writes a new type of destination that works as it is, against a
 * vendor that does not exist: its folder, its lines in the registries, its test and its page. What to do then it prints.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { titleOf } from "./new-destination/names.ts";
import { writeDestination } from "./new-destination/write.ts";

const ROOT = join(import.meta.dirname, "..");
const USAGE = 'npm run new:destination NAME [-- --title "Its Title"]';

function main(): number {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { title: { type: "string" } },
  });
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) return fail(`Usage: ${USAGE}`);
  const written = writeDestination(ROOT, { name, title: values.title ?? titleOf(name) });
  if (!written.ok) return fail(`${written.fault}. Nothing was written.`);
  const { files } = written;
  const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
  if (
    !run([biome, "check", "--write", "--log-level=error", ...files]) ||
    !run([join(ROOT, "scripts/docs.ts")])
  )
    return fail("The files are written, but could not be formatted or documented: see above.");
  console.log(nextSteps(name, files));
  return 0;
}

function fail(message: string): number {
  console.error(message);
  return 1;
}

const run = (args: string[]): boolean =>
  spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" }).status === 0;

const nextSteps = (name: string, files: readonly string[]): string => `Written:
${files.map((file) => `  ${file}`).join("\n")}
  docs/destinations/${name}.md

It speaks to a vendor that does not exist. What to do, each step with its tests:
  1. about.ts: the vendor's pages that you build by, its limits and answers. Look them up; the rest follows from them.
  2. settings.ts: what an account is set up with, and the hosts that may get its credentials.
  3. map.ts and examples.ts: what each event becomes. The examples are tests, and stand in the docs.
  4. send.ts: requests, and what the answers mean for each item; index.ts: limits, and what the type needs.
  5. erase.ts: what the vendor offers for one person. Nothing: leave it out, and say so in \`erasure\`.
  6. demo/sandbox/${name}/ (if you want to see it run): the vendor's API with its refusals, and a line in sandbox.ts.
  7. npm run docs && npm run check
docs/destinations/writing.md says more.`;

process.exitCode = main();
