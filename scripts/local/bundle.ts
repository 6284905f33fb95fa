/**
 * Bundles the Worker for a local run in some 100 ms, with the settings that wrangler uses to deploy it. The Worker is
 * wrapped by queue-watch.ts, so that scripts/local.ts can tell when the queues have nothing left to do.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const WATCH = fileURLToPath(new URL("./queue-watch.ts", import.meta.url));

/** The Worker as one ES module. `entry` is an absolute path. Throws esbuild's error, which names file and line. */
export async function bundleWorker(entry: string): Promise<string> {
  const path = (file: string) => JSON.stringify(file);
  const { outputFiles } = await build({
    stdin: {
      contents: [
        `import worker from ${path(entry)};`,
        `import { watchQueues } from ${path(WATCH)};`,
        `export * from ${path(entry)};`,
        "export default watchQueues(worker);",
      ].join("\n"),
      resolveDir: fileURLToPath(new URL("../..", import.meta.url)),
      sourcefile: "local-entry.ts",
      loader: "ts",
    },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    external: ["cloudflare:*", "node:*"],
    loader: { ".html": "text", ".txt": "text", ".sql": "text" },
    define: { "process.env.NODE_ENV": '"production"' },
    keepNames: true,
    sourcemap: "inline",
    sourcesContent: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
