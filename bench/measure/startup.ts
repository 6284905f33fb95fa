/** CPU of starting: workerd from its start to its first answer with our Worker, less the same with an empty one. */
import { threadsCpuMicros } from "./cpu.ts";
import { quantile } from "./statistics.ts";
import { type Modules, type Runtime, startWorkerd } from "./workerd.ts";

/** Milliseconds, the median of the starts. */
export async function startupCpuMs(
  folder: string,
  { ours, empty, runtime }: { ours: Modules; empty: Modules; runtime: Runtime },
  starts: number,
): Promise<number> {
  const differences: number[] = [];
  for (let n = 0; n < starts; n++) {
    const mine = await startOnce(`${folder}/start-ours`, ours, runtime);
    differences.push(mine - (await startOnce(`${folder}/start-empty`, empty, runtime)));
  }
  return quantile(differences, 0.5) / 1000;
}

async function startOnce(folder: string, modules: Modules, runtime: Runtime): Promise<number> {
  const server = await startWorkerd(folder, modules, runtime);
  const micros = threadsCpuMicros(server.pid);
  await server.stop();
  return micros;
}
