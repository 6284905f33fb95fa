/**
 * `npm run bench`: our built Worker beside the least that a Hono Worker does, each in a plain workerd of its own with
 * bindings that answer at once; then latency, the simulated whole, sizes and start-up. Some five minutes; `--quick`, one.
 * Only this machine is spoken to. Needs two cores, wrk and taskset.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle as bundleBrowser, MAX_GZIP_BYTES } from "../scripts/build-browser.ts";
import { buildWorkers } from "./measure/build.ts";
import { compareLatency, RATE_PER_SECOND } from "./measure/latency.ts";
import { compareLoad } from "./measure/ratios.ts";
import { describeComparison, describeFigure, describeLatency } from "./measure/report.ts";
import { eventRequests, REQUESTS_PER_VISITOR, slotRequests, writeRequests } from "./measure/requests.ts";
import { startupCpuMs } from "./measure/startup.ts";
import { missingTools } from "./measure/tools.ts";
import { benchFixtures, WRITE_KEY } from "./measure/visitors.ts";
import { measureWhole } from "./measure/whole.ts";
import { checkAnswers, startWorkerd } from "./measure/workerd.ts";

const WORKER_GZIP_KIB = 400;
const STARTUP_CPU_MS = 50;

const quick = process.argv.includes("--quick");
const plan = quick
  ? { rotations: 3, seconds: 2, latencySeconds: 3, latencyRotations: 2, starts: 3, wholeSeconds: 3 }
  : { rotations: 10, seconds: 3, latencySeconds: 5, latencyRotations: 5, starts: 9, wholeSeconds: 6 };

async function main(): Promise<void> {
  const missing = missingTools();
  if (missing.length > 0) throw new Error(missing.join("\n"));
  const folder = await mkdtemp(join(tmpdir(), "doorstep-bench-"));
  try {
    await measure(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string): Promise<void> {
  const now = Date.now();
  const fixtures = await benchFixtures(now);
  const built = await buildWorkers(folder, fixtures);
  const one = await eventRequests(1, now);
  const pairs = [
    {
      name: "POST /events, one event of 1 kB, beside parsing it and answering 202",
      target: 0.6,
      requests: one,
    },
    { name: "POST /events, five events of 1 kB", target: 0.4, requests: await eventRequests(5, now) },
    {
      name: "GET /slots/hero, beside reading one KV value and answering it",
      target: 0.6,
      requests: await slotRequests(now),
    },
  ];
  console.log(
    `Medians (and quartiles) of ${plan.rotations} rotations of ${plan.seconds} s; servers on core 0, wrk on core 1, 16 connections;\n` +
      `${REQUESTS_PER_VISITOR} requests of each visitor in a row, of more visitors than an isolate remembers.\n`,
  );

  const servers = {
    ours: await startWorkerd(join(folder, "ours"), built.ours, built.runtime),
    bare: await startWorkerd(join(folder, "bare"), built.bare, built.runtime),
  };
  try {
    for (const [n, { name, target, requests }] of pairs.entries()) {
      for (const server of Object.values(servers)) await checkAnswers(server, requests);
      const file = join(folder, `requests-${n}`);
      await writeRequests(file, requests);
      console.log(describeComparison(name, target, await compareLoad(servers, file, plan)));
    }
    const latency = await compareLatency(servers, one, {
      file: join(folder, "latency.json"),
      rotations: plan.latencyRotations,
      seconds: plan.latencySeconds,
    });
    console.log(describeLatency(`POST /events, one event, at ${RATE_PER_SECOND} requests/s`, latency));
  } finally {
    for (const server of Object.values(servers)) await server.stop();
  }

  const startup = await startupCpuMs(folder, built, plan.starts);
  const kib = built.workerGzipBytes / 1024;
  const { gzipBytes } = await bundleBrowser();
  console.log("Sizes and start");
  console.log(
    describeFigure(
      "Worker, gzip",
      `${kib.toFixed(0)} KiB`,
      `≤ ${WORKER_GZIP_KIB} KiB`,
      kib <= WORKER_GZIP_KIB,
    ),
  );
  console.log(
    describeFigure(
      "browser script, gzip",
      `${gzipBytes} B`,
      `≤ ${MAX_GZIP_BYTES} B`,
      gzipBytes <= MAX_GZIP_BYTES,
    ),
  );
  console.log(
    describeFigure(
      "start-up CPU over an empty Worker",
      `${startup.toFixed(0)} ms`,
      `< ${STARTUP_CPU_MS} ms`,
      startup < STARTUP_CPU_MS,
    ),
  );

  const whole = await measureWhole(folder, fixtures.VARS.MASTER_SECRET ?? "", WRITE_KEY, plan.wholeSeconds);
  const { requests, accepted, consumed, seconds, cpuMicrosPerEvent, drained } = whole;
  console.log(
    "\nThe whole, on Miniflare's simulators (an absolute: the simulators cost more than the Worker)",
  );
  console.log(
    `  ${requests} requests, ${accepted} events accepted, ${consumed} in the lake, queues ${drained ? "empty" : "NOT EMPTY"} after ${seconds.toFixed(1)} s`,
  );
  console.log(
    `  ${Math.round(accepted / seconds)} events/s from the door to lake and vendors; ${Math.round(cpuMicrosPerEvent)} CPU µs per event, simulators and sandbox included`,
  );
  if (consumed !== accepted || !drained) throw new Error("not every accepted event was consumed");
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
