/**
 * What a page loads: our script beside those of the clients whose protocols we speak, all weighed alike: gzip at its
 * strongest, of the minified file. Where a vendor publishes that file it is weighed as it is; where npm has only
 * modules, they are bundled and minified as a site would.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { bundle, bundleMore } from "../../scripts/build-browser.ts";

export interface ScriptSize {
  name: string;
  rawBytes: number;
  gzipBytes: number;
  /** Package with its version and file, and what was done to it. */
  measured: string;
}

interface ClientScript {
  name: string;
  package: string;
  /** The published file, or the module that is bundled. */
  file: string;
  how: "as published" | "minified by esbuild";
  remark: string;
}

const CLIENTS: readonly ClientScript[] = [
  {
    name: "Segment",
    package: "@segment/analytics-next",
    file: "dist/umd/standalone.js",
    how: "as published",
    remark: "what its snippet loads; more files come with some settings",
  },
  {
    name: "Snowplow",
    package: "@snowplow/browser-tracker",
    file: "dist/index.umd.min.js",
    how: "as published",
    remark: "without plugins",
  },
  {
    name: "RudderStack, its core",
    package: "@rudderstack/analytics-js",
    file: "dist/npm/modern/esm/index.mjs",
    how: "minified by esbuild",
    remark: "its plugins are further files",
  },
  {
    name: "RudderStack, all in one",
    package: "@rudderstack/analytics-js",
    file: "dist/npm/modern/bundled/esm/index.mjs",
    how: "minified by esbuild",
    remark: "",
  },
  {
    name: "Jitsu",
    package: "@jitsu/js",
    file: "dist/web/p.js.txt",
    how: "as published",
    remark: "what its snippet loads",
  },
];

/** Ours first, then the others'. */
export async function scriptSizes(): Promise<ScriptSize[]> {
  const [core, more] = await Promise.all([bundle(), bundleMore()]);
  return [
    { name: "doorstep.js", ...core, measured: "every page" },
    { name: "doorstep-more.js", ...more, measured: "loaded on use" },
    ...(await Promise.all(CLIENTS.map(sizeOf))),
  ];
}

async function sizeOf({ name, package: from, file, how, remark }: ClientScript): Promise<ScriptSize> {
  const folder = packageFolder(from);
  const { version } = JSON.parse(await readFile(`${folder}/package.json`, "utf8")) as { version: string };
  const code =
    how === "as published" ? await readFile(`${folder}/${file}`) : await minified(`${folder}/${file}`);
  return {
    name,
    rawBytes: code.length,
    gzipBytes: gzipSync(code, { level: 9 }).length,
    measured: [`${from}@${version} ${file}`, how, remark].filter(Boolean).join(", "),
  };
}

/** Not by resolving a file of it, which its `exports` may forbid. */
function packageFolder(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  return entry.slice(0, entry.lastIndexOf(`/node_modules/${name}/`) + `/node_modules/${name}`.length);
}

async function minified(entry: string): Promise<Buffer> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2020",
    legalComments: "none",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "silent",
  });
  return Buffer.from(outputFiles[0]?.contents ?? "");
}
