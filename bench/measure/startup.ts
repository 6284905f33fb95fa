/** CPU of starting: workerd from its start to its first answer with our Worker, less the same with an empty one. */
import { ask } from "./check.ts";
import { threadsCpuMicros } from "./cpu.ts";
import type { BenchRequest } from "./requests/request.ts";
import { quantile } from "./statistics.ts";
import { type Modules, type Runtime, startWorkerd } from "./workerd.ts";

/** Medians in milliseconds. */
export interface Startup {
  /** To the answer that it is alive: where nothing is loaded yet that events or slots need. */
  alive: number;
  /** To the answer of the first event and of the first slot. */
  event: number;
  slot: number;
}

interface Given {
  ours: Modules;
  empty: Modules;
  runtime: Runtime;
  /** As one visitor sends them. */
  event: BenchRequest;
  slot: BenchRequest;
}

/** @param starts how often each is started */
export async function startupCpuMs(
  folder: string,
  { ours, empty, runtime, event, slot }: Given,
  starts: number,
): Promise<Startup> {
  const took: Record<keyof Startup, number[]> = { alive: [], event: [], slot: [] };
  for (let n = 0; n < starts; n++) {
    const least = await startOnce(`${folder}/start-empty`, empty, runtime);
    const mine = (first?: BenchRequest) => startOnce(`${folder}/start-ours`, ours, runtime, first);
    took.alive.push((await mine()) - least);
    took.event.push((await mine(event)) - least);
    took.slot.push((await mine(slot)) - least);
  }
  const median = (micros: number[]) => quantile(micros, 0.5) / 1000;
  return { alive: median(took.alive), event: median(took.event), slot: median(took.slot) };
}

async function startOnce(
  folder: string,
  modules: Modules,
  runtime: Runtime,
  first?: BenchRequest,
): Promise<number> {
  const server = await startWorkerd(folder, modules, runtime);
  if (first) {
    const { status } = await ask(server, first);
    if (status !== first.answer.status)
      throw new Error(`${first.method} ${first.path} is answered ${status}`);
  }
  const micros = threadsCpuMicros(server.pid);
  await server.stop();
  return micros;
}
