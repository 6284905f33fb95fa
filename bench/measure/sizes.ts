/** Sizes and start-up, each beside its target, and the scripts of other clients beside ours. Called by bench/run.ts. */
import { MAX_GZIP_BYTES } from "../../scripts/build-browser.ts";
import type { Built } from "./build.ts";
import { describeFigure, describeScripts } from "./report.ts";
import { eventRequest, slotRequest } from "./requests/native.ts";
import { scriptSizes } from "./scripts.ts";
import { startupCpuMs } from "./startup.ts";
import { benchVisitor } from "./visitors.ts";

const WORKER_GZIP_KIB = 400;
const STARTUP_CPU_MS = 50;

/** Prints. @param starts how often each is started */
export async function reportSizes(folder: string, built: Built, now: number, starts: number): Promise<void> {
  const visitor = await benchVisitor(0, now);
  const asked = { event: eventRequest(visitor, 1, now), slot: slotRequest(visitor) };
  const startup = await startupCpuMs(folder, { ...built, ...asked }, starts);
  const kib = built.workerGzipBytes / 1024;
  const scripts = await scriptSizes();
  const [{ gzipBytes } = { gzipBytes: Number.NaN }] = scripts;
  const figures: [name: string, figure: string, target: string, isMet: boolean][] = [
    ["Worker, gzip", `${kib.toFixed(0)} KiB`, `≤ ${WORKER_GZIP_KIB} KiB`, kib <= WORKER_GZIP_KIB],
    ["browser script, gzip", `${gzipBytes} B`, `≤ ${MAX_GZIP_BYTES} B`, gzipBytes <= MAX_GZIP_BYTES],
    [
      "start-up CPU over an empty Worker",
      `${startup.alive.toFixed(0)} ms`,
      `< ${STARTUP_CPU_MS} ms`,
      startup.alive < STARTUP_CPU_MS,
    ],
  ];
  console.log("Sizes and start");
  for (const figure of figures) console.log(describeFigure(...figure));
  console.log(
    `  to the answer of the first event ${startup.event.toFixed(0)} ms, of the first slot ${startup.slot.toFixed(0)} ms`,
  );
  console.log(`\nScripts of a page, gzip\n${describeScripts(scripts)}\n`);
}
