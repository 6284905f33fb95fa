/**
 * `npm run release`: a release as files in Git. Pulled from a site, validated with or without it, compared, pushed, promoted
 * and rolled back. Exit code 0: done; 1: refused; 2: it could not be done. docs/releases.md.
 */
import { RUN } from "./release/commands.ts";
import { readOptions, USAGE } from "./release/options.ts";
import { siteAt } from "./release/site.ts";
import { Stop } from "./release/stop.ts";

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === "help") console.log(USAGE);
  else await RUN[options.command](options, options.site && siteAt(options.site), (line) => console.log(line));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = error instanceof Stop ? error.exitCode : 2;
}
