/** Runs Workers, each in a workerd of its own, pinned to the servers' core. Nothing of Miniflare is in between. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../scripts/local/ports.ts";
import { SERVER_CORE, workerdBinary } from "./tools.ts";

export interface Modules {
  /** File name → text; the first is the entry. */
  [name: string]: string;
}

export interface Runtime {
  compatibilityDate: string;
  compatibilityFlags: readonly string[];
}

export interface Server {
  port: number;
  /** Where its entrypoint `taken` says what it took in, if it was asked for. */
  takenPort?: number;
  pid: number;
  /** Rejects where workerd has ended by itself, with what it said. */
  stop(): Promise<void>;
}

/** A request's `cf` comes in this header, as JSON: plain workerd has no edge before it that would know the country. */
export const CF_HEADER = "bench-cf";

export interface Start {
  /** It has an entrypoint `taken`: that gets a socket of its own, so that the measured path has no branch for it. */
  tells?: boolean;
  /** Where it runs. What is measured runs on the servers' core, what it asks does not. */
  core?: string;
  /** Where it listens; any free port otherwise. */
  port?: number;
  /** The engine's flags: for what it can tell of itself. Nothing that is timed has any. */
  v8Flags?: readonly string[];
  /** Is told of everything that it writes. */
  onOutput?: (text: string) => void;
}

/** Start a Worker and wait for its first answer to `GET /health`. It may reach this machine. */
export async function startWorkerd(
  folder: string,
  modules: Modules,
  runtime: Runtime,
  { tells = false, core = SERVER_CORE, port: wanted, v8Flags = [], onOutput }: Start = {},
): Promise<Server> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(modules)) await writeFile(join(folder, name), text);
  const port = wanted ?? (await freePort());
  const takenPort = tells ? await freePort() : undefined;
  const config = join(folder, "config.capnp");
  await writeFile(config, configOf(Object.keys(modules), { port, takenPort, v8Flags }, runtime));

  // taskset becomes workerd by exec: its pid is workerd's. What wrangler.toml's flags ask for is experimental only here.
  const child = spawn("taskset", ["-c", core, workerdBinary(), "serve", "--experimental", config], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (onOutput ? onOutput(chunk.toString("latin1")) : said.push(chunk)));
  const log = () => Buffer.concat(said).toString().slice(-2000);

  try {
    await firstAnswer(port, child);
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`workerd did not come up (${String(error)}): ${log()}`);
  }
  return {
    port,
    ...(takenPort !== undefined && { takenPort }),
    pid: child.pid ?? 0, // It has answered, so it was spawned.
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`workerd ended early: ${log()}`);
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

async function firstAnswer(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error("it has ended");
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    if (answer) {
      await answer.arrayBuffer();
      if (answer.ok) return;
      throw new Error(`it answers ${answer.status}`);
    }
    if (Date.now() > deadline) throw new Error("no answer in 20 s");
    await sleep(5);
  }
}

function configOf(
  names: readonly string[],
  { port, takenPort, v8Flags }: { port: number; takenPort: number | undefined; v8Flags: readonly string[] },
  { compatibilityDate, compatibilityFlags }: Runtime,
): string {
  const modules = names.map((name) => `(name = "${name}", esModule = embed "${name}")`).join(", ");
  const flags = compatibilityFlags.map((flag) => `"${flag}"`).join(", ");
  const sockets = [
    `(name = "http", address = "127.0.0.1:${port}", http = (cfBlobHeader = "${CF_HEADER}"), service = "main")`,
    ...(takenPort === undefined
      ? []
      : [
          `(name = "taken", address = "127.0.0.1:${takenPort}", service = (name = "main", entrypoint = "taken"))`,
        ]),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [${sockets.join(", ")}],
  v8Flags = [${v8Flags.map((flag) => `"${flag}"`).join(", ")}],
);
const main :Workerd.Worker = (
  modules = [${modules}],
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = [${flags}],
);
`;
}
