/**
 * The Worker for a local run, wrapped by queue-watch.ts, so that scripts/local.ts can tell when the queues have nothing left to
 * do: of its sources in some 100 ms, with lines of them in errors; or as it is deployed.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { SHAPE_MODULE, shapeModule } from "../contracts/shape.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCE = join(ROOT, "src/worker.ts");
/** Where scripts/build-worker.ts puts what is uploaded. */
const BUILT = join(ROOT, "dist/worker");
const WATCH = fileURLToPath(new URL("./queue-watch.ts", import.meta.url));

/** As Miniflare takes it; the first module is the entry. */
export interface LocalModules {
  modules: { type: "ESModule"; path: string; contents: string }[];
  modulesRoot: string;
}

/** One module of the sources. Throws esbuild's error, which names file and line. */
export async function bundleSources(): Promise<LocalModules> {
  return modulesOf(ROOT, { "local-entry.js": await watched(SOURCE) });
}

/** The modules that are uploaded. Throws where they have not been built. */
export async function builtModules(): Promise<LocalModules> {
  const names = (await readdir(BUILT)).filter((name) => /\.m?js$/.test(name));
  const texts = await Promise.all(
    names.map(async (name) => [name, await readFile(join(BUILT, name), "utf8")]),
  );
  const entry = await watched("./worker.js", ["./worker.js"]);
  return modulesOf(BUILT, { "local-entry.js": entry, ...Object.fromEntries(texts) });
}

const modulesOf = (modulesRoot: string, texts: Record<string, string>): LocalModules => ({
  modules: Object.entries(texts).map(([name, contents]) => ({
    type: "ESModule",
    path: join(modulesRoot, name),
    contents,
  })),
  modulesRoot,
});

/** A change of the schemas counts from the next start on. */
const shapeOfNow: Plugin = {
  name: "shape",
  setup(build) {
    build.onLoad({ filter: SHAPE_MODULE }, async () => ({ contents: await shapeModule(), loader: "ts" }));
  },
};

/** An entry that is the Worker and tells of its queues, with the settings that wrangler uses to deploy. */
async function watched(worker: string, external: readonly string[] = []): Promise<string> {
  const path = (file: string) => JSON.stringify(file);
  const { outputFiles } = await build({
    stdin: {
      contents: [
        `import worker from ${path(worker)};`,
        `import { watchQueues } from ${path(WATCH)};`,
        `export * from ${path(worker)};`,
        "export default watchQueues(worker);",
      ].join("\n"),
      resolveDir: ROOT,
      sourcefile: "local-entry.ts",
      loader: "ts",
    },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    external: ["cloudflare:*", "node:*", ...external],
    define: { "process.env.NODE_ENV": '"production"' },
    keepNames: true,
    sourcemap: "inline",
    sourcesContent: false,
    plugins: [shapeOfNow],
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
