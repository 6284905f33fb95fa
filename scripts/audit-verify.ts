/**
 * `npm run audit:verify`: checks an audit log on the auditor's machine, from a running Doorstep or from files, and says
 * in plain words what it found. Exit code 0: whole; 1: broken; 2: it cannot be checked.
 */
import { CannotCheck } from "./audit/cannot-check.ts";
import { check } from "./audit/check.ts";
import { download } from "./audit/download.ts";
import { readFiles, readKeys } from "./audit/evidence.ts";
import { type Options, readOptions, USAGE } from "./audit/options.ts";
import { report } from "./audit/report.ts";
import { keeper, readSaved } from "./audit/saved.ts";

/** @returns the exit code */
async function run(options: Options): Promise<number> {
  const { save } = options;
  const evidence =
    options.from === "url"
      ? await download(options.url, options.token)
      : await readFiles(options.file, options.checkpoints, options.key);
  const pinned = options.key === undefined ? [] : await readKeys(options.key);
  const saved = save === undefined ? undefined : await readSaved(save);
  const kept = save === undefined ? undefined : await keeper(save);
  const finding = await check(evidence, pinned, saved, async (page) => kept?.take(page));
  for (const line of report(finding, evidence)) console.log(line);
  const isWhole = finding.problems.length === 0;
  if (kept && finding.goesOn) {
    await kept.keep(evidence.checkpoints, finding.keys);
    console.log(`${saved ? "It goes on from what was kept. " : ""}Kept in ${save}.`);
  } else if (kept)
    console.log(`Not kept: ${save} is as it was, and what was read now is beside it, export.ndjson.part.`);
  return isWhole ? 0 : 1;
}

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === "help") console.log(USAGE);
  else process.exitCode = await run(options);
} catch (error) {
  // Whatever else goes wrong, a connection that breaks or a folder that cannot be written, says nothing against the log.
  const why = error instanceof CannotCheck ? error.message : error instanceof Error ? error.stack : error;
  console.error(`It cannot be checked. ${why}`);
  process.exitCode = 2;
}
