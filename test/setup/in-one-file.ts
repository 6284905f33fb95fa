/**
 * Tests that compute for a minute, each with all of the product that it calls in one file: in vitest's own way, with a module for
 * each source and a getter for each import, they take a fifth longer. Named by vitest.config.mts.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Plugin } from "vitest/config";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** @param paths of the files, from the root of the repository; what several of them import, each has for itself */
export const inOneFile = (paths: readonly string[]): Plugin => ({
  name: "doorstep:in-one-file",
  enforce: "pre",
  async load(id) {
    const [path = ""] = id.split("?");
    if (!paths.includes(path.slice(ROOT.length)) || !path.startsWith(ROOT)) return undefined;
    const { outputFiles } = await build({
      entryPoints: [path],
      bundle: true,
      write: false,
      format: "esm",
      target: "esnext",
      external: ["vitest", "cloudflare:*"],
      logLevel: "warning",
    });
    return outputFiles[0]?.text;
  },
});
