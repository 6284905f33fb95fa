/**
 * The whole product on this machine with Miniflare's real simulators: events from the door to the lake, at a bounded
 * rate. It measures the simulators more than the Worker, so it is an absolute, not a ratio.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startDemo } from "../../demo/server.ts";
import { demoVars, publishDemoRelease, waitUntilReady } from "../../scripts/local/demo.ts";
import { startLocal } from "../../scripts/local.ts";
import { treeCpuMicros } from "./cpu.ts";
import { eventRequest } from "./requests/native.ts";
import { ofEach } from "./requests/sender.ts";
import { benchVisitors } from "./visitors.ts";

/** Well below where Miniflare's queues break: 10,000 timers at once. */
const REQUESTS_PER_SECOND = 40;
const EVENTS_PER_REQUEST = 5;

interface Whole {
  requests: number;
  accepted: number;
  /** Events in the lake, each counted once. */
  consumed: number;
  /** From the first request to the last event's landing and delivery. */
  seconds: number;
  /** Of everything on this machine: Miniflare, its simulators, our Worker, the vendors' sandbox. */
  cpuMicrosPerEvent: number;
  drained: boolean;
}

/** Prints. @throws Error where an accepted event is not in the lake, or a queue is not empty */
export async function reportWhole(
  folder: string,
  masterSecret: string,
  writeKey: string,
  seconds: number,
): Promise<void> {
  const whole = await measureWhole(folder, masterSecret, writeKey, seconds);
  const { requests, accepted, consumed, cpuMicrosPerEvent, drained } = whole;
  console.log(
    [
      "The whole, on Miniflare's simulators (an absolute: the simulators cost more than the Worker)",
      `  ${requests} requests, ${accepted} events accepted, ${consumed} in the lake, queues ${drained ? "empty" : "NOT EMPTY"} after ${whole.seconds.toFixed(1)} s`,
      `  ${Math.round(accepted / whole.seconds)} events/s from the door to lake and vendors; ${Math.round(cpuMicrosPerEvent)} CPU µs per event, simulators and sandbox included`,
    ].join("\n"),
  );
  if (consumed !== accepted || !drained) throw new Error("not every accepted event was consumed");
}

async function measureWhole(
  folder: string,
  masterSecret: string,
  writeKey: string,
  seconds: number,
): Promise<Whole> {
  const demo = await startDemo({ port: 0 });
  const origin = "http://shop.example.com";
  const vars = demoVars(masterSecret, [origin]);
  // The benched visitors' cookies are signed with the bench's secret, and their events carry its key.
  const sources = JSON.stringify([{ id: "web", writeKey, origins: [origin] }]);
  const local = await startLocal({
    port: 0,
    stateDir: join(folder, "state"),
    vars: { ...vars, SOURCES: sources, TRACE_SLOTS: "0.01" },
    quiet: true,
  });
  try {
    await waitUntilReady(local.url);
    await publishDemoRelease(local.url, demo.url);
    const now = Date.now();
    const requests = ofEach(await benchVisitors(now), (visitor) =>
      eventRequest(visitor, EVENTS_PER_REQUEST, now),
    );
    const cpuBefore = treeCpuMicros(process.pid);
    const begun = performance.now();
    const total = Math.min(requests.length, seconds * REQUESTS_PER_SECOND);
    let accepted = 0;
    const answers: Promise<void>[] = [];
    for (let n = 0; n < total; n++) {
      const request = requests[n];
      if (!request) break;
      const { host: _host, ...headers } = request.headers;
      const init = { method: request.method, headers, body: request.body };
      answers.push(
        fetch(`${local.url}${request.path}`, init).then(async (response) => {
          if (!response.ok) throw new Error(`the whole answers ${response.status}: ${await response.text()}`);
          const answer = (await response.json()) as { accepted: number }; // the native protocol's answer
          accepted += answer.accepted;
        }),
      );
      await sleep(Math.max(0, begun + ((n + 1) * 1000) / REQUESTS_PER_SECOND - performance.now()));
    }
    await Promise.all(answers);
    const { drained } = await local.drain({ timeoutMs: 60_000 });
    const elapsed = (performance.now() - begun) / 1000;
    const cpu = treeCpuMicros(process.pid) - cpuBefore;
    const consumed = await eventsInLake(local);
    return {
      requests: total,
      accepted,
      consumed,
      seconds: elapsed,
      cpuMicrosPerEvent: cpu / Math.max(1, accepted),
      drained,
    };
  } finally {
    await local.close();
    await demo.close();
  }
}

async function eventsInLake({ mf }: Awaited<ReturnType<typeof startLocal>>): Promise<number> {
  const lake = await mf.getR2Bucket("LAKE");
  const ids = new Set<string>();
  const { objects } = await lake.list({ prefix: "landing/events/" });
  for (const { key } of objects) {
    const text = (await (await lake.get(key))?.text()) ?? "";
    for (const line of text.split("\n").filter(Boolean)) {
      const { type, id } = JSON.parse(line) as { type?: string; id?: string }; // written by src/ingest/record.ts
      if (type === "event" && id !== undefined) ids.add(id);
    }
  }
  return ids.size;
}
