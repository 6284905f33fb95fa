/** What `npm run audit:verify` is told. */
import { parseArgs } from "node:util";
import { DEMO_ADMIN_TOKEN } from "../local/demo.ts";
import { CannotCheck } from "./cannot-check.ts";

export type Options = { key: string | undefined; save: string | undefined } & (
  | { from: "url"; url: string; token: string }
  | { from: "files"; file: string; checkpoints: string; key: string }
);

export const USAGE = `npm run audit:verify -- [--url http://localhost:8787] [--token …] [--key keys.json] [--save folder]
npm run audit:verify -- --file export.ndjson --checkpoints checkpoints.json --key keys.json [--save folder]

Checks an audit log on this machine. Without --token it takes ADMIN_TOKEN of the environment;
with neither and without --url, the demo's on this machine.
--key   the public keys that you have by another way: those that come with the log are not relied upon
--save  keeps the log in a folder; a later run holds the log against what is kept there
Exit code: 0 whole, 1 broken, 2 it cannot be checked. docs/audit.md.`;

/** @throws CannotCheck where they do not go together */
export function readOptions(args: string[], environment: NodeJS.ProcessEnv): Options | "help" {
  const { values } = parse(args);
  const { url, file, checkpoints, key, save, help } = values;
  if (help) return "help";
  if (file === undefined) {
    if (checkpoints !== undefined) throw new CannotCheck("--checkpoints goes with --file.");
    const token = values.token ?? (environment.ADMIN_TOKEN || (url === undefined ? DEMO_ADMIN_TOKEN : ""));
    if (!token) throw new CannotCheck("It needs a token: --token, or ADMIN_TOKEN in the environment.");
    return { from: "url", url: readUrl(url ?? "http://localhost:8787"), token, key, save };
  }
  if (url !== undefined) throw new CannotCheck("It checks either --file or --url.");
  if (checkpoints === undefined || key === undefined)
    throw new CannotCheck(
      "--file needs --checkpoints and --key: alone, a log that was cut or rewritten is whole.",
    );
  return { from: "files", file, checkpoints, key, save };
}

function parse(args: string[]) {
  const text = { type: "string" } as const;
  const options = {
    url: text,
    token: text,
    file: text,
    checkpoints: text,
    key: text,
    save: text,
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    return parseArgs({ args, options });
  } catch (error) {
    throw new CannotCheck(error instanceof Error ? error.message : String(error));
  }
}

/** A token goes only where nobody on the way can read it. */
function readUrl(text: string): string {
  if (!URL.canParse(text)) throw new CannotCheck(`--url ${text} is no address.`);
  const { protocol, hostname } = new URL(text);
  const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  if (protocol === "https:" || (protocol === "http:" && isLocal)) return text;
  throw new CannotCheck("--url must be https: the token would be readable on its way.");
}
