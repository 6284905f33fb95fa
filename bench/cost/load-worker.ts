/** Loads the Worker of wrangler.toml into this process: the same source, with Cloudflare's one import replaced. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import type worker from "../../src/worker.ts";
import type { Destination, LiveTail, Visitor } from "../../src/worker.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export interface LoadedWorker {
  default: typeof worker;
  LiveTail: typeof LiveTail;
  Destination: typeof Destination;
  Visitor: typeof Visitor;
}

/** What src/ imports from `cloudflare:workers`: only the base classes of its objects and of its workflow. */
const platform: Plugin = {
  name: "cloudflare:workers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cloudflare:workers$/ }, ({ path }) => ({ path, namespace: "platform" }));
    onLoad({ filter: /.*/, namespace: "platform" }, () => ({
      contents: [
        "export class DurableObject { constructor(ctx, env) { this.ctx = ctx; this.env = env; } }",
        "export class WorkflowEntrypoint extends DurableObject {}",
      ].join("\n"),
    }));
  },
};

/** Every call loads a Worker that remembers nothing of another. */
export async function loadWorker(): Promise<LoadedWorker> {
  const { outputFiles } = await build({
    entryPoints: [here("../../src/worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node24",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    plugins: [platform],
    logLevel: "silent",
  });
  const folder = await mkdtemp(join(tmpdir(), "doorstep-cost-"));
  try {
    const file = join(folder, "worker.mjs");
    await writeFile(file, outputFiles[0]?.text ?? "");
    // What esbuild made of src/worker.ts has its exports.
    return (await import(pathToFileURL(file).href)) as LoadedWorker;
  } finally {
    await rm(folder, { recursive: true });
  }
}
