/**
 * Builds the browser script into `dist/assets/doorstep.js` and fails when it is too heavy for a page: 4096 bytes of
 * gzip. Run by the build, and by the end-to-end test, which serves what `bundle` returns.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const ENTRY = fileURLToPath(new URL("../src/browser/main.ts", import.meta.url));
const OUTPUT = fileURLToPath(new URL("../dist/assets/doorstep.js", import.meta.url));

/** The most that the script may weigh, in bytes of gzip. */
export const MAX_GZIP_BYTES = 4096;

/** The minified script and its sizes in bytes. Writes nothing. */
export async function bundle(): Promise<{ code: string; rawBytes: number; gzipBytes: number }> {
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2020",
    minify: true,
    legalComments: "none",
    logLevel: "warning",
  });
  const code = outputFiles[0]?.text ?? "";
  return { code, rawBytes: Buffer.byteLength(code), gzipBytes: gzipSync(code, { level: 9 }).length };
}

if (import.meta.main) {
  const { code, rawBytes, gzipBytes } = await bundle();
  await mkdir(dirname(OUTPUT), { recursive: true });
  await writeFile(OUTPUT, code);
  console.log(`doorstep.js: ${rawBytes} bytes, ${gzipBytes} bytes gzip (at most ${MAX_GZIP_BYTES})`);
  if (gzipBytes > MAX_GZIP_BYTES) {
    console.error(`doorstep.js is ${gzipBytes - MAX_GZIP_BYTES} bytes of gzip too large`);
    process.exitCode = 1;
  }
}
