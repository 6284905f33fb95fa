/** The modules that are uploaded: what a visitor may wait for brings nothing along that only an operator or a queue needs. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { buildWorker } from "../../../scripts/build-worker.ts";

/** Modules that one loads with itself, besides the bundler's own and the platform's. */
const loadedWith = (code: string): string[] =>
  [...code.matchAll(/(?:^|[;}])(?:import|export)(?:\{[^}]*\}from)?"\.\/([^"]+)"/g)]
    .map(([, name = ""]) => name)
    .filter((name) => name !== "rolldown-runtime.mjs")
    .sort();

it("are loaded when they are needed, and not before", async () => {
  const folder = await mkdtemp(join(tmpdir(), "doorstep-build-"));
  try {
    await buildWorker(folder);
    const code = async (name: string) => readFile(join(folder, name), "utf8");
    const names = (await readdir(folder)).filter((name) => /\.m?js$/.test(name)).sort();
    expect(names).toEqual([
      "background.mjs",
      "collection.mjs",
      "consents.mjs",
      "operator.mjs",
      "pages.mjs",
      "parquet.mjs",
      "phones.mjs",
      "preview.mjs",
      "proof.mjs",
      "release.mjs",
      "rights.mjs",
      "rolldown-runtime.mjs",
      "shared.mjs",
      "signals.mjs",
      "start.mjs",
      "worker.js",
    ]);
    expect(loadedWith(await code("worker.js"))).toEqual(["start.mjs"]);
    expect(loadedWith(await code("start.mjs"))).toEqual([]);
    expect(loadedWith(await code("shared.mjs"))).toEqual(["start.mjs"]);
    for (const name of ["pages.mjs", "collection.mjs", "consents.mjs"])
      expect(loadedWith(await code(name)), name).toEqual(["shared.mjs", "start.mjs"]);
    for (const name of ["release.mjs", "proof.mjs"])
      expect(loadedWith(await code(name)), name).toEqual(["shared.mjs", "start.mjs"]);
    expect(loadedWith(await code("signals.mjs"))).toEqual(["start.mjs"]);
    expect(loadedWith(await code("phones.mjs"))).toEqual(["shared.mjs"]);
    for (const name of names.filter((one) => one !== "operator.mjs"))
      expect(loadedWith(await code(name)), name).not.toContain("operator.mjs");
    // The runtime takes each export of the entry for a handler, an object or a workflow.
    expect((await code("worker.js")).match(/as (\w+)/g)).toEqual([
      "as Destination",
      "as LiveTail",
      "as SubjectRequestFlow",
      "as Visitor",
      "as default",
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);
