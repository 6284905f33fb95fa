/**
 * Ratios of two servers under full load: in short blocks that take turns, so that whatever slows the machine down slows
 * both; the figure is the median of the rotations' ratios.
 */
import { takenBy } from "./check.ts";
import { type Block, loadBlock } from "./load.ts";
import { type Quartiles, quartiles } from "./statistics.ts";
import type { Server } from "./workerd.ts";

/** Two servers of which the second is what the first is measured by. */
export interface Pair {
  ours: Server;
  other: Server;
}

export interface Comparison {
  /** CPU µs per request. */
  cpu: { ours: Quartiles; other: Quartiles };
  perSecond: { ours: Quartiles; other: Quartiles };
  /** The other Worker's CPU per request over ours: 1 is as cheap, 0.5 is twice the cost. */
  cpuRatio: Quartiles;
  /** Our requests a second over the other Worker's. */
  rateRatio: Quartiles;
}

export interface Rotations {
  rotations: number;
  /** Of each block. */
  seconds: number;
  /**
   * Of the block before that does not count. At full load the engine compiles our Worker's code for some ten seconds, in
   * which a request costs up to a third more; an isolate then runs for hours.
   */
  warmSeconds: number;
}

/**
 * Compare on one file of requests.
 * @param collects each request brings something that the servers count, if they can
 * @throws Error where a server has taken in less than it said yes to
 */
export async function compareLoad(
  servers: Pair,
  requests: string,
  { rotations, seconds, warmSeconds }: Rotations,
  collects: boolean,
): Promise<Comparison> {
  const ours: Block[] = [];
  const other: Block[] = [];
  for (const server of [servers.ours, servers.other]) await loadBlock(server, requests, warmSeconds);
  const counted = collects ? Object.values(servers).filter(({ takenPort }) => takenPort !== undefined) : [];
  const before = await Promise.all(counted.map(takenBy));
  for (let rotation = 0; rotation < rotations; rotation++) {
    ours.push(await loadBlock(servers.ours, requests, seconds));
    other.push(await loadBlock(servers.other, requests, seconds));
  }
  for (const [n, server] of counted.entries()) {
    const taken = (await takenBy(server)).count - (before[n]?.count ?? 0);
    const answered = (server === servers.ours ? ours : other).reduce((sum, block) => sum + block.requests, 0);
    if (taken < answered)
      throw new Error(`of ${answered} requests that were answered under load, ${taken} were taken in`);
  }
  const of = (blocks: readonly Block[], name: keyof Block) => quartiles(blocks.map((block) => block[name]));
  const pairs = ours.flatMap((block, n) => (other[n] ? [{ block, baseline: other[n] }] : []));
  return {
    cpu: { ours: of(ours, "cpuMicros"), other: of(other, "cpuMicros") },
    perSecond: { ours: of(ours, "perSecond"), other: of(other, "perSecond") },
    cpuRatio: quartiles(pairs.map(({ block, baseline }) => baseline.cpuMicros / block.cpuMicros)),
    rateRatio: quartiles(pairs.map(({ block, baseline }) => block.perSecond / baseline.perSecond)),
  };
}
