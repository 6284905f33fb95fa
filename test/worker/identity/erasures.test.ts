/**
 * No erased identifier reappears anywhere, in whatever order events, redeliveries, replays, merges, splits, restores and
 * erasures come; and what is nobody's who was erased comes through. The product's own code throughout: 10,000 runs on
 * SQLite in a Durable Object, half of them here and half in erasures-more.test.ts, some on the real bindings.
 */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { identityShards } from "#identity/shards";
import { explore, exploreHeld, shared } from "./erasures/explore.ts";

describe("no erased identifier reappears anywhere", () => {
  it.each(Array.from({ length: 10 }, (_, n) => n + 1))("in 500 interleavings, seed %i", exploreHeld, 120_000);
});

describe("the same with D1, KV and R2 as they are", () => {
  it.each([1, 2])(
    "in 15 interleavings, seed %i",
    async (seed) => {
      const given = await shared();
      const total = await explore(15, 2_000 + seed, 10, async () => {
        for (const { key } of (await env.LAKE.list()).objects) await env.LAKE.delete(key);
        return {
          ...given,
          identity: identityShards([env.IDENTITY_0]),
          kv: env.EDGE,
          bucket: env.LAKE,
          visitors: env.VISITOR,
        };
      });
      expect(total.erased).toBeGreaterThan(10);
      expect(total.landed).toBeGreaterThan(5);
    },
    120_000,
  );
});
