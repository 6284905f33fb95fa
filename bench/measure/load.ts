/** One block of load on one server: how many requests it served, and what CPU it used for them. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { treeCpuMicros } from "./cpu.ts";
import { REQUESTS_PER_VISITOR } from "./requests/sender.ts";
import { CLIENT_CORE } from "./tools.ts";
import type { Server } from "./workerd.ts";

const SCRIPT = fileURLToPath(new URL("./wrk.lua", import.meta.url));
const CONNECTIONS = 16;

export interface Block {
  /** CPU µs of the server's processes per request. */
  cpuMicros: number;
  perSecond: number;
  requests: number;
}

/** Load a server for some seconds with a file of requests. Throws where any request failed. */
export async function loadBlock(server: Server, requests: string, seconds: number): Promise<Block> {
  const before = treeCpuMicros(server.pid);
  const { stdout } = await promisify(execFile)("taskset", [
    // A thread for each connection: an answer's cookie goes with the next request of the same visitor.
    ...["-c", CLIENT_CORE, "wrk", `-t${CONNECTIONS}`, `-c${CONNECTIONS}`, `-d${seconds}s`, "-s", SCRIPT],
    ...[`http://127.0.0.1:${server.port}/`, "--", requests, `${REQUESTS_PER_VISITOR}`, `${CONNECTIONS}`],
  ]);
  const cpu = treeCpuMicros(server.pid) - before;
  // The last line is what wrk.lua writes.
  const said = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as {
    requests: number;
    micros: number;
    failed: number;
  };
  if (said.failed > 0 || said.requests === 0)
    throw new Error(`${said.failed} of ${said.requests} requests failed: ${stdout}`);
  return {
    cpuMicros: cpu / said.requests,
    perSecond: (said.requests * 1_000_000) / said.micros,
    requests: said.requests,
  };
}
