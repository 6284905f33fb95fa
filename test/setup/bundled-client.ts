/** An unmodified browser client as one script for a page, from the npm package as it is published. */
import { build } from "esbuild";

/** @param contents a module that imports from npm and puts what the test needs on `window` */
export async function bundledClient(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  const script = outputFiles[0]?.text;
  if (!script) throw new Error(`esbuild made no script of ${contents}`);
  return script;
}
