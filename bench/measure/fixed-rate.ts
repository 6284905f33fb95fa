/**
 * Sends requests at a fixed rate to one or more ports of this machine and prints how long each took. wrk cannot: it sends
 * as fast as answers come, and at saturation the slowest answers say more of the machine than of the Worker. Run as a
 * program of its own, pinned, by latency.ts: `node fixed-rate.ts <port> <requests.json> <per second> <seconds>`.
 */
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import type { BenchRequest } from "./requests/request.ts";

const [port = "", file = "", rate = "", seconds = ""] = process.argv.slice(2);
const requests = JSON.parse(await readFile(file, "utf8")) as BenchRequest[]; // written by latency.ts
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const intervalMs = 1000 / Number(rate);
const total = Math.round(Number(rate) * Number(seconds));
const latencies: number[] = [];
let failed = 0;
let done = 0;
let sent = 0;
const begun = performance.now();

/** Latency from the moment the request was due, so that a stall counts for all that should have been sent during it. */
function send(n: number): void {
  const dueAt = begun + n * intervalMs;
  const { method, path, headers, body } = requests[n % requests.length] as BenchRequest; // There is one at least.
  const finish = (ok: boolean) => {
    if (ok) latencies.push(performance.now() - dueAt);
    else failed++;
    if (++done === total) end();
  };
  const outgoing = request({ host: "127.0.0.1", port, method, path, headers, agent }, (answer) => {
    answer.resume();
    answer.on("end", () => finish((answer.statusCode ?? 500) < 300));
  });
  outgoing.on("error", () => finish(false));
  outgoing.end(body);
}

/** Looks at the clock between any two turns of the event loop: a timer could be a millisecond late. */
function spin(): void {
  while (sent < total && performance.now() >= begun + sent * intervalMs) send(sent++);
  if (sent < total) setImmediate(spin);
}

function end(): void {
  agent.destroy();
  console.log(JSON.stringify({ latencies, failed }));
}

spin();
