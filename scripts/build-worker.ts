/**
 * Builds what `wrangler deploy` uploads, into dist/worker: src/worker.ts with all that is needed when the Worker starts, and
 * beside it modules for what is loaded later. wrangler.toml runs it (`[build]`). wrangler's own bundler makes one file, in
 * which all that `import()` loads and all that it shares with the rest is parsed twice before the first answer.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type InputOptions, type OutputOptions, type PluginContext, rolldown } from "rolldown";
import { SHAPE_MODULE, shapeModule } from "./contracts/shape.ts";
import { leftOut } from "./left-out.ts";

const ROOT = dirname(fileURLToPath(new URL(".", import.meta.url)));
const OUTPUT = join(ROOT, "dist/worker");

/** A module of its own: whatever the entry exports besides, for the other modules, the runtime would take for an entrypoint. */
const ENTRY = "doorstep:worker";
const ENTRY_TEXT = ["export *", "export { default }"]
  .map((what) => `${what} from ${JSON.stringify(join(ROOT, "src/worker.ts"))};`)
  .join("\n");

const PAGES = /\/src\/pages\.ts$/;
const COLLECTION = /\/src\/collection\.ts$/;
const CONSENTS = /\/src\/consents\.ts$/;
const RELEASE = /\/contracts\/definitions\/release\.ts$/;
/** What is loaded for visitors, each without the others: what two of them need is in a module that either loads. */
const VISITED = [PAGES, COLLECTION, CONSENTS, RELEASE];
const SHARED = "shared";

/**
 * The modules that are uploaded, and what each is loaded for. A source is in the first whose roots reach it, so that what
 * a visitor may wait for brings nothing along that only an operator needs.
 */
const MODULES: readonly (readonly [name: string, ...roots: RegExp[]])[] = [
  ["start", /\/src\/worker\.ts$/],
  [SHARED, ...VISITED],
  ["pages", PAGES],
  ["collection", COLLECTION],
  ["consents", CONSENTS],
  ["release", RELEASE],
  ["proof", /\/src\/door\/proof\/check\.ts$/],
  ["signals", /\/src\/consent\/signals\/(tcf|gpp)\.ts$/],
  ["phones", /\/src\/identity\/normalise\/phone-number\.ts$/],
  ["preview", /\/src\/slots\/(preview\/(visitor|bar|context)|decide\/details)\.ts$/],
  ["parquet", /\/node_modules\/hyparquet(-writer)?\//],
  ["background", /\/src\/(background|subjects\/work-off)\.ts$/],
  ["rights", /\/src\/(rights|content)\.ts$/],
  ["operator", /./],
];

/** Packages of which what is not called may be left out: to load them does nothing but declare. */
const DECLARE_ONLY =
  /\/node_modules\/(@iabgpp\/cmpapi|@iabtechlabtcf\/core|hono|hyparquet|hyparquet-writer|jose|libphonenumber-js|zod)\//;

export interface WorkerBuild {
  /** Off, to read what was built. */
  minify?: boolean;
  /** Import → what is built in its place. */
  alias?: Record<string, string>;
}

/** Builds the Worker. Throws rolldown's error, which names file and line. */
export async function buildWorker(
  outdir = OUTPUT,
  { minify = true, alias = {} }: WorkerBuild = {},
): Promise<void> {
  const sources = new Set<string>();
  const input = inputOf(ENTRY, alias);
  const bundle = await rolldown({
    ...input,
    plugins: [
      input.plugins,
      {
        name: "sources",
        resolveId: (id) => (id === ENTRY ? id : null),
        load: (id) => (id === ENTRY ? ENTRY_TEXT : SHAPE_MODULE.test(id) ? shapeModule() : null),
        moduleParsed({ id }) {
          if (id !== ENTRY) sources.add(id);
        },
      },
    ],
  });
  try {
    const { output } = await bundle.generate(outputOf(sources, minify));
    await mkdir(outdir, { recursive: true });
    for (const file of output)
      await writeWhole(join(outdir, file.fileName), file.type === "chunk" ? file.code : file.source);
    const names = new Set(output.map(({ fileName }) => fileName));
    // wrangler would upload what is left of an earlier build
    for (const name of await readdir(outdir)) if (!names.has(name)) await rm(join(outdir, name));
  } finally {
    await bundle.close();
  }
}

/** How rolldown reads a source and all that it imports, but for the Worker's own plugins. */
export const inputOf = (input: string, alias: Record<string, string> = {}): InputOptions => ({
  input,
  cwd: ROOT,
  platform: "neutral",
  external: [/^cloudflare:/, /^node:/],
  resolve: {
    alias,
    conditionNames: ["workerd", "worker", "browser", "import"],
    mainFields: ["browser", "module", "main"],
  },
  transform: { target: "es2024", define: { "process.env.NODE_ENV": '"production"' } },
  // A constant of another module is written where it is used: shorter than its import.
  optimization: { inlineConst: { mode: "all", pass: 3 } },
  treeshake: { moduleSideEffects: (id) => !DECLARE_ONLY.test(id) },
  plugins: [leftOut()],
  logLevel: "silent", // that the operator's modules import what others load later is meant
});

/** By renaming: another build may run at once. */
async function writeWhole(file: string, contents: string | Uint8Array): Promise<void> {
  const temporary = join(ROOT, "dist", `worker.${randomUUID()}.tmp`);
  await writeFile(temporary, contents);
  await rename(temporary, file);
}

function outputOf(sources: ReadonlySet<string>, minify: boolean): OutputOptions {
  let modules: ReadonlyMap<string, string> | undefined;
  return {
    format: "esm",
    minify: minify && { compress: { target: "es2024" }, mangle: { toplevel: true } },
    sourcemap: "hidden",
    comments: !minify,
    entryFileNames: "worker.js",
    chunkFileNames: "[name].mjs", // a rule for .js would hold for the packages of the tests too
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        {
          debugName: "module",
          name(id, context) {
            modules ??= placed(sources, context);
            return modules.get(id) ?? null;
          },
        },
      ],
    },
  };
}

/** Source → the module that it is in. */
function placed(
  sources: ReadonlySet<string>,
  context: Pick<PluginContext, "getModuleInfo">,
): ReadonlyMap<string, string> {
  const modules = new Map<string, string>();
  for (const [name, ...roots] of MODULES) {
    const times = new Map<string, number>();
    for (const root of roots)
      for (const id of reachedFrom(root, sources, context)) times.set(id, (times.get(id) ?? 0) + 1);
    const least = name === SHARED ? 2 : 1;
    for (const [id, count] of times) if (count >= least && !modules.has(id)) modules.set(id, name);
  }
  return modules;
}

/** The sources that match, and all that they import. */
function reachedFrom(
  root: RegExp,
  sources: ReadonlySet<string>,
  context: Pick<PluginContext, "getModuleInfo">,
): ReadonlySet<string> {
  const reached = new Set([...sources].filter((id) => root.test(id)));
  for (const id of reached)
    for (const one of context.getModuleInfo(id)?.importedIds ?? []) if (sources.has(one)) reached.add(one);
  return reached;
}

if (import.meta.main) await buildWorker();
