/**
 * Ratios of two servers under full load: in short blocks that take turns, so that whatever slows the machine down slows
 * both; the figure is the median of the rotations' ratios.
 */
import { type Block, loadBlock } from "./load.ts";
import { type Quartiles, quartiles } from "./statistics.ts";
import type { Server } from "./workerd.ts";

export interface Comparison {
  /** CPU µs per request. */
  cpu: { ours: Quartiles; bare: Quartiles };
  perSecond: { ours: Quartiles; bare: Quartiles };
  /** The bare Worker's CPU per request over ours: 1 is as cheap, 0.5 is twice the cost. */
  cpuRatio: Quartiles;
  /** Our requests a second over the bare Worker's. */
  rateRatio: Quartiles;
}

/** Compare on one file of requests, after a block each that does not count. */
export async function compareLoad(
  servers: { ours: Server; bare: Server },
  requests: string,
  { rotations, seconds }: { rotations: number; seconds: number },
): Promise<Comparison> {
  const ours: Block[] = [];
  const bare: Block[] = [];
  for (const server of [servers.ours, servers.bare]) await loadBlock(server, requests, seconds);
  for (let rotation = 0; rotation < rotations; rotation++) {
    ours.push(await loadBlock(servers.ours, requests, seconds));
    bare.push(await loadBlock(servers.bare, requests, seconds));
  }
  const of = (blocks: readonly Block[], name: keyof Block) => quartiles(blocks.map((block) => block[name]));
  const pairs = ours.flatMap((block, n) => (bare[n] ? [{ block, baseline: bare[n] }] : []));
  return {
    cpu: { ours: of(ours, "cpuMicros"), bare: of(bare, "cpuMicros") },
    perSecond: { ours: of(ours, "perSecond"), bare: of(bare, "perSecond") },
    cpuRatio: quartiles(pairs.map(({ block, baseline }) => baseline.cpuMicros / block.cpuMicros)),
    rateRatio: quartiles(pairs.map(({ block, baseline }) => block.perSecond / baseline.perSecond)),
  };
}
