/** The lake's files for the tests of compaction: landing files as they are written, and what can be read of all of it. */
import { env } from "cloudflare:workers";
import { itemIdOf } from "#forward/item-id";
import { type CompactDeps, compactLake } from "#lake/compact";
import { fromParquet, type Line } from "#lake/parquet";
import { kindOfPart } from "#lake/places";
import type { Sizes } from "#lake/plan";
import { land } from "#lake/receipts";

export const HOUR_MS = 3_600_000;
export const HOUR = Date.UTC(2026, 10, 22, 10);
/** When the hours of the tests are over. */
export const LATER = HOUR + 10 * HOUR_MS;

export const nobody = async (): Promise<ReadonlySet<string>> => new Set();

/** Compact until nothing waits. @returns how many calls it took */
export async function compactAll(given: Partial<CompactDeps> = {}): Promise<number> {
  const deps = { bucket: env.LAKE, suppressedAmong: nobody, itemIdOf, ...given };
  for (let calls = 1; calls <= 200; calls++)
    if ((await compactLake(deps, LATER)).waiting === undefined) return calls;
  throw new Error("compaction does not come to an end");
}

/** Sizes under which few lines are a large hour. */
export const TINY: Partial<Sizes> = {
  step: 12_000,
  divide: 12_000,
  part: 3_000,
  maxPart: 6_000,
  files: 20,
  parts: 8,
  call: 20_000,
};

export const landEvents = (id: string, lines: readonly unknown[], at = HOUR): Promise<void> =>
  land(env.LAKE, "events", id, at, lines);
export const landDeliveries = (id: string, lines: readonly unknown[], at = HOUR): Promise<void> =>
  land(env.LAKE, "deliveries", id, at, lines);

export async function keysUnder(prefix: string): Promise<string[]> {
  const { objects } = await env.LAKE.list({ prefix });
  return objects.map(({ key }) => key);
}

/** Lines of all parts under a prefix. */
export async function partLines(prefix = "lake/"): Promise<Line[]> {
  const lines: Line[] = [];
  for (const key of await keysUnder(prefix)) {
    const kind = kindOfPart(key);
    const object = await env.LAKE.get(key);
    if (kind && object) lines.push(...(await fromParquet(kind, await object.arrayBuffer())));
  }
  return lines;
}

export const textsOf = (lines: readonly Line[]): string[] => lines.map(({ text }) => text).sort();

/**
 * A bucket whose Worker dies before its nth operation, from 0: it and all after it fail. (To die after one is to die before
 * the next.)
 */
export function dyingBucket(bucket: R2Bucket, nth: number): R2Bucket {
  let asked = 0;
  return new Proxy(bucket, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== "function") return own;
      return async (...given: unknown[]): Promise<unknown> => {
        if (asked++ >= nth) throw new Killed();
        return Reflect.apply(own, target, given);
      };
    },
  });
}

export class Killed extends Error {}
