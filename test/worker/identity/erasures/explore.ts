/** Random runs in which persons are erased, for the tests that share their 10,000 between them. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect } from "vitest";
import { identityShards } from "#identity/shards";
import { auditSigner } from "#privacy/audit/signer";
import { keyring } from "#privacy/keys";
import { createTables, databasesOf } from "../histories/databases.ts";
import { heldBucket, heldKv, heldVisitors } from "./held.ts";
import { Judge } from "./judge.ts";
import { runs } from "./steps.ts";
import { playRun, type Stores } from "./world.ts";

const SECRETS = {
  MASTER_SECRET: "test-master-secret-0123456789abcdef",
  MASTER_SECRET_VERSION: 1,
  MASTER_SECRETS_BEFORE: {},
  MASTER_SECRETS_REFUSED: [],
  TENANT: "doorstep",
};
let played = 0;

/** Play random runs until one ends with a fault; it is then made as short as it gets. */
export async function explore(
  numRuns: number,
  seed: number,
  maxSteps: number,
  stores: () => Promise<Stores>,
) {
  const total = { erased: 0, delivered: 0, landed: 0, stopped: 0 };
  await fc.assert(
    fc.asyncProperty(runs(maxSteps), async (steps) => {
      // With all stores in memory nothing is waited for, and the runtime would not let go of what is done with.
      if (played % 50 === 0) await scheduler.wait(0);
      const judge = new Judge();
      await playRun(steps, `run${++played}x`, await stores(), judge);
      expect(judge.faults).toEqual([]);
      for (const name of ["erased", "delivered", "landed", "stopped"] as const)
        total[name] += judge.counts[name];
    }),
    { numRuns, seed },
  );
  return total;
}

export const shared = async () => ({ keys: await keyring(SECRETS), signer: await auditSigner(SECRETS) });

/** 500 runs on SQLite in a Durable Object: with every fifth seed identifiers lie on three databases. */
export async function exploreHeld(seed: number): Promise<void> {
  const given = await shared();
  const object = env.DESTINATION.get(env.DESTINATION.idFromName(`erasures-${seed}`));
  const total = await runInDurableObject(object, async (_instance, { storage }) => {
    const databases = seed % 5 === 0 ? 3 : 1;
    createTables(storage, env.TEST_MIGRATIONS, databases);
    const all = databasesOf(storage, databases);
    return explore(500, seed, 14, async () => ({
      ...given,
      identity: identityShards(all),
      kv: heldKv().binding,
      bucket: heldBucket().binding,
      visitors: heldVisitors(),
    }));
  });
  // A product that drops everything has no faults of the first kind, one that erases nobody none at all.
  expect(total.erased).toBeGreaterThan(500);
  expect(total.stopped).toBeGreaterThan(200);
  expect(total.landed).toBeGreaterThan(200);
  expect(total.delivered).toBeGreaterThan(200);
}
