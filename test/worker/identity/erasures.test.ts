/**
 * No erased identifier reappears anywhere, in whatever order events, redeliveries, replays, merges, splits, restores and
 * erasures come; and what is nobody's who was erased comes through. The product's own code throughout: 10,000 runs on
 * SQLite in a Durable Object, some on the real bindings.
 */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditSigner } from "#privacy/audit/signer";
import { keyring } from "#privacy/keys";
import { sqlDatabase } from "../consent/interleavings/sql-database.ts";
import { heldBucket, heldKv } from "./erasures/held.ts";
import { Judge } from "./erasures/judge.ts";
import { runs } from "./erasures/steps.ts";
import { playRun, type Stores } from "./erasures/world.ts";

const SECRETS = {
  MASTER_SECRET: "test-master-secret-0123456789abcdef",
  MASTER_SECRET_VERSION: 1,
  MASTER_SECRETS_BEFORE: {},
  MASTER_SECRETS_REFUSED: [],
  TENANT: "doorstep",
};
const SEEDS = Array.from({ length: 20 }, (_, n) => n + 1);
let played = 0;

async function explore(numRuns: number, seed: number, maxSteps: number, stores: () => Promise<Stores>) {
  const total = { erased: 0, delivered: 0, landed: 0, stopped: 0 };
  await fc.assert(
    fc.asyncProperty(runs(maxSteps), async (steps) => {
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

const shared = async () => ({ keys: await keyring(SECRETS), signer: await auditSigner(SECRETS) });

describe("no erased identifier reappears anywhere", () => {
  it.each(SEEDS)(
    "in 500 interleavings, seed %i",
    async (seed) => {
      const given = await shared();
      const object = env.DESTINATION.get(env.DESTINATION.idFromName(`erasures-${seed}`));
      const total = await runInDurableObject(object, async (_instance, { storage }) => {
        for (const { queries } of env.TEST_MIGRATIONS) for (const query of queries) storage.sql.exec(query);
        const db = sqlDatabase(storage);
        return explore(500, seed, 14, async () => ({
          ...given,
          db,
          kv: heldKv().binding,
          bucket: heldBucket().binding,
        }));
      });
      // A product that drops everything has no faults of the first kind, one that erases nobody none at all.
      expect(total.erased).toBeGreaterThan(500);
      expect(total.stopped).toBeGreaterThan(200);
      expect(total.landed).toBeGreaterThan(200);
      expect(total.delivered).toBeGreaterThan(200);
    },
    120_000,
  );
});

describe("the same with D1, KV and R2 as they are", () => {
  it.each([1, 2])(
    "in 15 interleavings, seed %i",
    async (seed) => {
      const given = await shared();
      const total = await explore(15, 2_000 + seed, 10, async () => {
        for (const { key } of (await env.LAKE.list()).objects) await env.LAKE.delete(key);
        return { ...given, db: env.IDENTITY_0, kv: env.EDGE, bucket: env.LAKE };
      });
      expect(total.erased).toBeGreaterThan(10);
      expect(total.landed).toBeGreaterThan(5);
    },
    120_000,
  );
});
