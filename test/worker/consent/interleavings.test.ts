/**
 * No event is delivered for a purpose that was not granted at both collection and delivery, in whatever order grants,
 * withdrawals, lapses, events, redeliveries, replays and merges come; and what nothing forbids is delivered.
 *
 * The product's own code throughout: 10,000 runs on SQLite in a Durable Object, some hundred on the real bindings.
 */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityShards } from "#identity/shards";
import { keyring } from "#privacy/keys";
import { CASES } from "./interleavings/cases.ts";
import { sqlDatabase } from "./interleavings/sql-database.ts";
import { runs } from "./interleavings/steps.ts";
import { heldStores, playRun, type Stores } from "./interleavings/world.ts";

const MASTER_SECRET = "test-master-secret-0123456789abcdef";
/** Twenty times 500: of the timers that deliveries set, an object may have ten thousand at once. */
const SEEDS = Array.from({ length: 20 }, (_, n) => n + 1);
let played = 0;

/** Play random runs until one ends with a fault; it is then made as short as it gets. */
async function explore(
  numRuns: number,
  seed: number,
  maxSteps: number,
  stores: () => Stores,
): Promise<{ delivered: number; held: number; due: number }> {
  const total = { delivered: 0, held: 0, due: 0 };
  await fc.assert(
    fc.asyncProperty(runs(maxSteps), async (run) => {
      if (played % 50 === 0) await scheduler.wait(0); // the runtime lets go of what is done with
      const { faults, counts } = await playRun(run, `r${++played}`, stores());
      expect(faults).toEqual([]);
      for (const name of ["delivered", "held", "due"] as const) total[name] += counts[name];
    }),
    { numRuns, seed },
  );
  return total;
}

describe("no event is delivered for a purpose that was not granted at both collection and delivery", () => {
  it.each(SEEDS)(
    "in 500 interleavings, seed %i",
    async (seed) => {
      const keys = await keyring(MASTER_SECRET);
      const object = env.DESTINATION.get(env.DESTINATION.idFromName(`interleavings-${seed}`));
      const total = await runInDurableObject(object, async (_instance, { storage }) => {
        for (const { queries } of env.TEST_MIGRATIONS) for (const query of queries) storage.sql.exec(query);
        const db = sqlDatabase(storage);
        return explore(500, seed, 12, () => heldStores(db, keys));
      });
      // A product that delivers nothing, or everything, has no faults of one kind.
      expect(total.delivered).toBeGreaterThan(500);
      expect(total.held).toBeGreaterThan(500);
      expect(total.due).toBeGreaterThan(250);
    },
    60_000,
  );
});

describe("the same with D1, KV and R2 as they are", () => {
  it.each([1, 2, 3, 4])(
    "in 50 interleavings, seed %i",
    async (seed) => {
      const keys = await keyring(MASTER_SECRET);
      const db = env.IDENTITY_0;
      const stores = { identity: identityShards([db]), db, kv: env.EDGE, bucket: env.LAKE, keys };
      const total = await explore(50, 1_000 + seed, 8, () => stores);
      expect(total.delivered).toBeGreaterThan(20);
    },
    60_000,
  );
});

describe("case by case", () => {
  it.each(CASES)("%s", async (_title, run) => {
    const keys = await keyring(MASTER_SECRET);
    const { faults } = await playRun(run, `c${++played}`, heldStores(env.IDENTITY_0, keys));
    expect(faults).toEqual([]);
  });
});
