/** How much memory a Worker's process needs on top while slow readers read a page of 10 MB through it. */
import { readFileSync } from "node:fs";
import { request as ask } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchRequest } from "./requests/request.ts";
import type { Server } from "./workerd.ts";

const READERS = 4;
/** After each piece that arrives, so that whoever does not wait for the reader has to keep the page. */
const PAUSE_MS = 5;
const SAMPLE_MS = 20;

/** MB at the highest, over what it had before; after a first page that does not count. */
export async function growthWhileReading(server: Server, request: BenchRequest): Promise<number> {
  await readSlowly(server, request);
  const before = residentMb(server.pid);
  let highest = before;
  let isReading = true;
  const watch = async () => {
    while (isReading) {
      highest = Math.max(highest, residentMb(server.pid));
      await sleep(SAMPLE_MS);
    }
  };
  const watching = watch();
  await Promise.all(Array.from({ length: READERS }, () => readSlowly(server, request)));
  isReading = false;
  await watching;
  return highest - before;
}

function readSlowly({ port }: Server, { headers }: BenchRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = ask({ host: "127.0.0.1", port, path: "/large", headers }, (answer) => {
      answer.on("data", () => {
        answer.pause();
        setTimeout(() => answer.resume(), PAUSE_MS);
      });
      answer.on("end", resolve);
      answer.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** VmRSS of proc(5). */
function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}
