/**
 * What is measured: our Worker as `wrangler deploy` would upload it, the bare Worker, the one with walkerOS and the empty
 * one, each as modules for a plain workerd.
 */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { unstable_readConfig } from "wrangler";
import { buildAssets } from "../../scripts/build-assets.ts";
import { buildWorker, type WorkerBuild } from "../../scripts/build-worker.ts";
import type { Modules, Runtime } from "./workerd.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CONFIG = join(ROOT, "wrangler.toml");

/** Texts that go into the bundles; see bench/workers/fixtures.d.ts. */
export interface Fixtures {
  RELEASE: string;
  SNAPSHOT: string;
  VARS: Record<string, string>;
}

export interface Built {
  ours: Modules;
  bare: Modules;
  walker: Modules;
  empty: Modules;
  runtime: Runtime;
  /** Of all modules that are uploaded, as `wrangler deploy` says it. */
  workerGzipBytes: number;
}

/** Our Worker as modules: the entry with its stand-ins, and what wrangler would upload. */
export interface BuiltWorker {
  modules: Modules;
  runtime: Runtime;
  /** Of all modules that are uploaded, as `wrangler deploy` says it. */
  gzipBytes: number;
}

/** Build all four. Throws with wrangler's or esbuild's own words. */
export async function buildWorkers(folder: string, fixtures: Fixtures): Promise<Built> {
  await buildAssets(); // wrangler wants the folder to be there
  const { modules, runtime, gzipBytes } = await buildOurs(join(folder, "deploy"), fixtures);
  const bundle = (entry: string) => bundleWorker(entry, fixtures);
  const [bare, walker, empty] = await Promise.all(["bare.ts", "walker.ts", "empty.ts"].map(bundle));
  return {
    ours: modules,
    bare: { "entry.js": bare ?? "" },
    walker: { "entry.js": walker ?? "" },
    empty: { "entry.js": empty ?? "" },
    runtime,
    workerGzipBytes: gzipBytes,
  };
}

/** @param differently from what is uploaded: with stand-ins for sources, or not minified for a profiler */
export async function buildOurs(
  outdir: string,
  fixtures: Fixtures,
  differently?: WorkerBuild,
): Promise<BuiltWorker> {
  await (differently ? buildWorker(outdir, differently) : buildByWrangler(outdir));
  const uploaded: Modules = {};
  for (const name of (await readdir(outdir)).filter((one) => /\.m?js$/.test(one)))
    uploaded[name] = await readFile(join(outdir, name), "utf8");
  const modules = await withFixtures(uploaded, fixtures);
  const gzipBytes = gzipSync(Object.values(uploaded).join("")).length;
  return { modules, runtime: runtimeOf(), gzipBytes };
}

async function buildByWrangler(outdir: string): Promise<void> {
  const wrangler = join(
    dirname(fileURLToPath(import.meta.resolve("wrangler/package.json"))),
    "bin/wrangler.js",
  );
  await promisify(execFile)(
    process.execPath,
    [wrangler, "deploy", "--dry-run", "--outdir", outdir, "--config", CONFIG],
    {
      cwd: ROOT,
      env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" },
    },
  );
}

/** The same Worker, with other texts in its bindings. */
export async function withFixtures(modules: Modules, fixtures: Fixtures): Promise<Modules> {
  // The entry is the first.
  return { "entry.js": await bundleWorker("ours.ts", fixtures), ...without(modules, "entry.js") };
}

const without = (modules: Modules, name: string): Modules =>
  Object.fromEntries(Object.entries(modules).filter(([one]) => one !== name));

/** What our Worker runs on, and so all that it is compared with. */
export function runtimeOf(): Runtime {
  const { compatibility_date, compatibility_flags } = unstable_readConfig({ config: CONFIG });
  return { compatibilityDate: compatibility_date ?? "", compatibilityFlags: compatibility_flags };
}

/** One of bench/workers as a module. @param entry name of its file */
export async function bundleWorker(entry: string, fixtures: Partial<Fixtures> = {}): Promise<string> {
  const plugin: Plugin = {
    name: "bench",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /src\/worker\.ts$/ }, () => ({ path: "./worker.js", external: true }));
      // walkerOS's own sender, which the bench replaces, would need them; so the runtime is the same for all.
      onResolve({ filter: /^(https?|crypto)$/ }, ({ path }) => ({ path, namespace: "unused" }));
      onLoad({ filter: /.*/, namespace: "unused" }, () => ({ contents: "module.exports = {};" }));
      onResolve({ filter: /^bench:fixtures$/ }, ({ path }) => ({ path, namespace: "fixtures" }));
      onLoad({ filter: /.*/, namespace: "fixtures" }, () => ({
        contents: Object.entries(fixtures)
          .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
          .join("\n"),
      }));
    },
  };
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, "bench/workers", entry)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    plugins: [plugin],
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
