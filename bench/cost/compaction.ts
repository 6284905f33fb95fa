/**
 * What compaction costs of an hour, though less is played. The landing of some seconds would be one small hour, and would
 * flatter: a large one is divided more often. So the sizes that compaction works by are made smaller, by as much as the hour
 * is larger than what is played: then it makes as many calls, lists, divided files, parts and reads of these as for the
 * whole hour, and they are counted as what they are, once for all events of the hour. What does not shrink along is counted
 * by event, whole: reads of what landed, and CPU.
 */
import type { itemIdOf } from "#forward/item-id";
import { compactLake } from "#lake/compact";
import { digitsOfKey } from "#lake/places";
import { SIZES, type Sizes } from "#lake/plan";
import { type Counts, noCounts } from "./meter.ts";

const HOUR_SECONDS = 3_600;
/** No more: landing files, which do not shrink along, have to fit into a step. */
const MOST = 36;

/** How many times what is played an hour has. */
export const hoursShare = (events: number, eventsPerSecond: number): number =>
  Math.min(MOST, Math.max(1, (eventsPerSecond * HOUR_SECONDS) / events));

export interface Compaction {
  /** One run of the schedule. @returns whether more waits */
  run(bucket: R2Bucket, now: number): Promise<boolean>;
  /** What of all that was counted in the runs is of the events that were played. */
  share(counted: Counts): Counts;
}

/** @param times of hoursShare */
export function compactionOf(times: number, makeItemId: typeof itemIdOf): Compaction {
  const sizes: Sizes = { ...SIZES, files: Math.max(64, SIZES.files / times) };
  for (const size of ["step", "divide", "part", "maxPart", "call", "object"] as const) sizes[size] /= times;
  let landed = 0;
  // One read of D1 for each subject: rows read cost next to nothing.
  const suppressedAmong = async () => new Set<string>();
  return {
    async run(bucket, now) {
      const get = (key: string) => {
        if (key.startsWith("landing/") && digitsOfKey(key) === "") landed++;
        return bucket.get(key);
      };
      const counting = new Proxy(bucket, {
        get: (target, name) => (name === "get" ? get : (Reflect.get(target, name) as unknown)),
      });
      const deps = { bucket: counting, suppressedAmong, itemIdOf: makeItemId, sizes };
      return (await compactLake(deps, now)).waiting !== undefined;
    },
    share: (counted) => ({
      ...noCounts(),
      cpuMs: counted.cpuMs,
      requests: counted.requests / times,
      r2ClassA: counted.r2ClassA / times,
      r2ClassB: landed + (counted.r2ClassB - landed) / times,
    }),
  };
}
