/** Latency at a fixed rate: a client of its own, pinned like wrk, in blocks that take turns between two servers. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Pair } from "./ratios.ts";
import type { BenchRequest } from "./requests/request.ts";
import { type Quartiles, quantile, quartiles } from "./statistics.ts";
import { CLIENT_CORE } from "./tools.ts";
import type { Server } from "./workerd.ts";

const CLIENT = fileURLToPath(new URL("./fixed-rate.ts", import.meta.url));
export const RATE_PER_SECOND = 500;

export interface Latency {
  /** Milliseconds: the quartiles of the blocks' figures. */
  p50: { ours: Quartiles; other: Quartiles };
  p99: { ours: Quartiles; other: Quartiles };
  /** Ours over the other, block by block. */
  p99Ratio: Quartiles;
}

export async function compareLatency(
  servers: Pair,
  requests: readonly BenchRequest[],
  { file, rotations, seconds }: { file: string; rotations: number; seconds: number },
): Promise<Latency> {
  await writeFile(file, JSON.stringify(requests));
  const ours: { p50: number; p99: number }[] = [];
  const other: { p50: number; p99: number }[] = [];
  for (let rotation = 0; rotation < rotations; rotation++) {
    ours.push(await block(servers.ours, file, seconds));
    other.push(await block(servers.other, file, seconds));
  }
  const of = (blocks: typeof ours, name: "p50" | "p99") => quartiles(blocks.map((b) => b[name]));
  return {
    p50: { ours: of(ours, "p50"), other: of(other, "p50") },
    p99: { ours: of(ours, "p99"), other: of(other, "p99") },
    p99Ratio: quartiles(ours.map(({ p99 }, n) => p99 / (other[n]?.p99 ?? Number.NaN))),
  };
}

async function block(server: Server, file: string, seconds: number): Promise<{ p50: number; p99: number }> {
  const { stdout } = await promisify(execFile)(
    "taskset",
    [
      "-c",
      CLIENT_CORE,
      process.execPath,
      CLIENT,
      String(server.port),
      file,
      String(RATE_PER_SECOND),
      String(seconds),
    ],
    { maxBuffer: 64_000_000 },
  );
  const { latencies, failed } = JSON.parse(stdout) as { latencies: number[]; failed: number }; // as fixed-rate.ts prints
  if (failed > 0) throw new Error(`${failed} requests at a fixed rate failed`);
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}
