/** What `npm run release` is told. */
import { parseArgs } from "node:util";
import { DEMO_ADMIN_TOKEN } from "../local/demo.ts";
import { Stop } from "./stop.ts";

export const COMMANDS = ["pull", "validate", "diff", "push", "promote", "rollback", "status"] as const;
export type Command = (typeof COMMANDS)[number];

export interface Options {
  command: Command;
  /** Further words: of `rollback`, the version. */
  words: string[];
  folder: string;
  /** Undefined: not told, and only `validate` goes without. */
  site: { url: string; token: string } | undefined;
  note: string;
  share: number | undefined;
  at: string | undefined;
  force: boolean;
  dryRun: boolean;
  offline: boolean;
  prefer: "mine" | "theirs" | undefined;
}

export const USAGE = `npm run release -- <command> [options]

pull                writes the stable release into the folder, merged with what you changed there
validate            checks the folder; with a site also there, where secrets and queues are known
diff [from] [to]    what the folder changes against the stable release, or what differs between two:
                    a version, stable, candidate, or draft:<name>
push                publishes the folder; refused if others have published since your last pull
promote             gives a canary to everybody; with --share 0.5 to more of them
rollback [version]  ends a canary; without one, goes back to the version before, or to this one
status              what holds, what waits, and whether the folder is up to date

--url      of the site, with its base path (DOORSTEP_URL); http only on this machine
--token    of a marketer or an engineer (DOORSTEP_TOKEN)
--folder   where the files are: release
--note     what changes, and why, for the history
--share    0 to 1: push to a share of visitors, a canary
--at       push for a time to come, such as 2026-12-24T06:00:00+01:00
--force    push over what others have published, or schedule whatever they will
--dry-run  push and pull: say what would be done
--mine, --theirs  pull: whose holds where both changed a definition
--offline  validate: do not ask the site

Exit code: 0 done, 1 refused (the release is wrong, or others have moved on), 2 it could not be done. docs/releases.md.`;

/** @throws Stop where they do not go together */
export function readOptions(args: string[], environment: NodeJS.ProcessEnv): Options | "help" {
  const { values, positionals } = parse(args);
  const [command, ...words] = positionals;
  if (values.help || command === undefined || command === "help") return "help";
  if (!COMMANDS.includes(command as Command))
    throw new Stop(2, `There is no command ${JSON.stringify(command)}. It is one of ${COMMANDS.join(", ")}.`);
  const most = command === "diff" ? 2 : command === "rollback" ? 1 : 0;
  if (words.length > most) throw new Stop(2, `${command} takes no ${JSON.stringify(words[most])}.`);
  if (values.mine && values.theirs) throw new Stop(2, "Either --mine or --theirs.");
  const share = values.share === undefined ? undefined : readShare(values.share);
  if (share !== undefined && values.at !== undefined)
    throw new Stop(2, "Either --share or --at: a canary begins at once.");
  return {
    command: command as Command,
    words,
    folder: values.folder ?? "release",
    site: readSite(values.url ?? environment.DOORSTEP_URL, values.token ?? environment.DOORSTEP_TOKEN),
    note: values.note ?? "",
    share,
    at: values.at === undefined ? undefined : readTime(values.at),
    force: values.force ?? false,
    dryRun: values["dry-run"] ?? false,
    offline: values.offline ?? false,
    prefer: values.mine ? "mine" : values.theirs ? "theirs" : undefined,
  };
}

function parse(args: string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    url: text,
    token: text,
    folder: text,
    note: text,
    share: text,
    at: text,
    force: flag,
    "dry-run": flag,
    offline: flag,
    mine: flag,
    theirs: flag,
    help: { ...flag, short: "h" },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Stop(2, error instanceof Error ? error.message : String(error));
  }
}

function readShare(text: string): number {
  const share = Number(text);
  if (text.trim() !== "" && share >= 0 && share <= 1) return share;
  throw new Stop(2, `--share ${text} is no number from 0 to 1.`);
}

function readTime(text: string): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)))
    return new Date(text).toISOString();
  throw new Stop(2, `--at ${text} is no time with a zone, such as 2026-12-24T06:00:00+01:00.`);
}

/** A token goes only where nobody on the way can read it. */
function readSite(url: string | undefined, token: string | undefined): Options["site"] {
  if (url === undefined || url === "") return undefined;
  if (!URL.canParse(url)) throw new Stop(2, `${url} is no address.`);
  const { protocol, hostname } = new URL(url);
  const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && isLocal))
    throw new Stop(2, "The address must be https: the token would be readable on its way.");
  const known = token || (isLocal ? DEMO_ADMIN_TOKEN : "");
  if (!known) throw new Stop(2, "It needs a token: --token, or DOORSTEP_TOKEN in the environment.");
  return { url: url.replace(/\/+$/, ""), token: known };
}
