/** The unmodified `@segment/analytics-next` as one script for a page, from the npm package as it is published. */
import { build } from "esbuild";

/** A script that puts `AnalyticsBrowser` on `window`. */
export async function segmentClient(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents:
        'import { AnalyticsBrowser } from "@segment/analytics-next"; window.AnalyticsBrowser = AnalyticsBrowser;',
      resolveDir: process.cwd(),
    },
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  const script = outputFiles[0]?.text;
  if (!script) throw new Error("esbuild made no script of analytics-next");
  return script;
}
