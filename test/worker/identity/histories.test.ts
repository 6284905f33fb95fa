/**
 * Whatever is delivered in whatever batches and order, how often, by how many consumers at once and wherever these are
 * killed: the same profiles, facts and golden records, over 1, 3 and 16 databases.
 */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IdentifierRef } from "#contracts/messages/event_envelope";
import { ingest } from "#ingest/ingest";
import { keyring } from "#privacy/keys";
import { CASES } from "./histories/cases.ts";
import { operatorOf, someChange, textOf } from "./histories/change.ts";
import { faultsOf, storedOf } from "./histories/compare.ts";
import { drawing, Stage } from "./histories/consumers.ts";
import { createTables, databasesOf } from "./histories/databases.ts";
import { histories } from "./histories/history.ts";
import { truthOf } from "./histories/oracle.ts";
import { createWorld, deliver, deliverKilled, envelopesOf, NOW, type World } from "./histories/play.ts";
import { RELEASES } from "./histories/release.ts";

const MASTER_SECRET = "test-master-secret-0123456789abcdef";
const SHARDS = [1, 3, 16];
/** Per number of shards. More of them: `VITE_HISTORIES=20000` (of the environment workerd sees what begins like this). */
const RUNS = Number(process.env.VITE_HISTORIES ?? 700);

let played = 0;

/** Something with the databases of so many shards, in one object. */
async function withWorld<T>(shards: number, run: (world: World) => Promise<T>): Promise<T> {
  const keys = await keyring(MASTER_SECRET);
  const object = env.DESTINATION.get(env.DESTINATION.idFromName(`histories-${shards}-${++played}`));
  return runInDurableObject(object, async (_instance, { storage }) => {
    createTables(storage, env.TEST_MIGRATIONS, shards);
    return run(createWorld(databasesOf(storage, shards), keys));
  });
}

describe("random histories, in random batches that are repeated, interleaved and broken off,", () => {
  it.each(SHARDS)(
    "give the same profiles and golden records over %i shards",
    async (shards) => {
      const total = await withWorld(shards, async (world) => {
        const total = { killed: 0, together: 0, repeated: 0 };
        await fc.assert(
          fc.asyncProperty(histories, async (history) => {
            if (played % 50 === 0) await scheduler.wait(0); // the runtime lets go of what is done with
            const name = `h${++played}x`;
            const document = RELEASES[played % RELEASES.length] ?? RELEASES[0];
            const { envelopes, traits } = await envelopesOf(history, name, world.keys);
            const course = await deliver(envelopes, world, history, document);
            const truth = truthOf(envelopes, document, ({ id }) => traits.get(id), NOW);
            const stored = await storedOf(world.shards, truth.keys);
            expect(await faultsOf(stored, truth, document, world.keys)).toEqual([]);
            for (const name of ["killed", "together", "repeated"] as const) total[name] += course[name];
          }),
          { numRuns: RUNS, seed: shards },
        );
        return total;
      });
      // Where nothing goes wrong on the way there is nothing to prove.
      expect(total.killed).toBeGreaterThan(RUNS / 2);
      expect(total.together).toBeGreaterThan(RUNS / 2);
      expect(total.repeated).toBeGreaterThan(RUNS / 2);
    },
    600_000,
  );
});

describe("a consumer that is killed at each of its calls in turn", () => {
  it.each(SHARDS.flatMap((shards) => CASES.map(([title, batches]) => ({ title, batches, shards }))))(
    "leaves nothing undone and nothing done twice: $title, over $shards shards",
    async ({ batches, shards }) => {
      const document = RELEASES[0];
      await withWorld(shards, async (world) => {
        let kills = 0;
        for (const batch of batches.keys()) {
          for (let call = 1; ; call++) {
            const sent = { envelopes: batches.flat(), seed: 0 };
            const { envelopes, traits } = await envelopesOf(sent, `k${++played}x`, world.keys);
            const left = [...envelopes];
            const delivered = batches.map((some) => left.splice(0, some.length));
            const wasKilled = await deliverKilled(delivered, world, { batch, call }, document);
            const truth = truthOf(envelopes, document, ({ id }) => traits.get(id), NOW);
            const stored = await storedOf(world.shards, truth.keys);
            expect(await faultsOf(stored, truth, document, world.keys)).toEqual([]);
            if (!wasKilled) break;
            kills++;
          }
        }
        expect(kills).toBeGreaterThan(6);
      });
    },
  );
});

describe("a merge or a split by hand, and its undoing, killed at some of their calls,", () => {
  it.each(SHARDS)(
    "leave everything as it was, byte for byte, and as if they had never been for what comes between, over %i shards",
    async (shards) => {
      const done = { merge: 0, split: 0 };
      await withWorld(shards, async (world) => {
        await fc.assert(
          fc.asyncProperty(histories, async (history) => {
            const name = `c${++played}x`;
            const document = RELEASES[0];
            const draw = drawing(history.seed);
            const { envelopes, traits } = await envelopesOf(history, name, world.keys);
            const truth = truthOf(envelopes, document, ({ id }) => traits.get(id), NOW);
            const half = Math.ceil(envelopes.length / 2);
            await deliver(envelopes.slice(0, half), world, history, document);
            const before = await storedOf(world.shards, truth.keys);
            const asked = someChange(before, draw);
            if (!asked) return;
            const operator = operatorOf(world, history.seed, document);
            const keys =
              asked.action === "merge" ? asked.keys : asked.action === "split" ? asked.groups.flat() : [];
            const isDone = await operator.make(`${name}first`, asked, keys);
            if (isDone) await operator.undo(`${name}first`);
            expect(textOf(await storedOf(world.shards, truth.keys))).toBe(textOf(before));
            if (!isDone || !(await operator.make(`${name}second`, asked, keys))) return;
            await deliver(envelopes.slice(half), world, history, document);
            await operator.undo(`${name}second`);
            const stored = await storedOf(world.shards, truth.keys);
            const faults = await faultsOf(stored, truth, document, world.keys);
            expect(faults.filter((fault) => !fault.startsWith("conflicts"))).toEqual([]);
            if (asked.action === "merge" || asked.action === "split") done[asked.action]++;
          }),
          { numRuns: Math.ceil(RUNS / 7), seed: shards },
        );
      });
      expect(done.merge).toBeGreaterThan(RUNS / 40);
      expect(done.split).toBeGreaterThan(RUNS / 80);
    },
    600_000,
  );
});

describe("what a batch has read in its first round", () => {
  it("may be old in its second: it writes nothing of a profile of which another has written meanwhile", async () => {
    await withWorld(1, async (world) => {
      const claims = (key: string): IdentifierRef[] => [
        { key, proof: "cookie" },
        { key: "anonymous_id:1.#x", proof: "claim" },
      ];
      const sent = [
        ["visitor_id:1.#a", 2],
        ["visitor_id:1.#b", 3],
        ["visitor_id:1.#b", 1],
      ] as const;
      const one = { skew: 0, value: 1, traits: undefined };
      const history = sent.map(([key, at]) => ({
        source: "web",
        at,
        events: [{ ...one, identifiers: claims(key) }],
        again: undefined,
      }));
      const { envelopes } = await envelopesOf({ envelopes: history, seed: 0 }, "between", world.keys);
      const [first, second] = world.consumers;
      const release = { version: 1, document: RELEASES[0] };
      if (!first || !second) throw new Error("there are two consumers");
      const [before, again, earlier] = envelopes.map((envelope) => [envelope]);
      await ingest(before ?? [], { ...first.deps, release });
      await ingest(again ?? [], { ...first.deps, release });
      first.consumer.stage = new Between(2, () => ingest(earlier ?? [], { ...second.deps, release }));
      await ingest(again ?? [], { ...first.deps, release });
      const truth = truthOf(envelopes, RELEASES[0], () => undefined, NOW);
      const stored = await storedOf(world.shards, truth.keys);
      expect(await faultsOf(stored, truth, RELEASES[0], world.keys)).toEqual([]);
      expect(stored.rows.get("anonymous_id:1.betweenx")?.members).toContain("visitor_id:1.betweenb");
    });
  });
});

/** Lets something happen before one of a consumer's calls. */
class Between extends Stage {
  #left: number;
  readonly #meanwhile: () => Promise<void>;

  constructor(call: number, meanwhile: () => Promise<void>) {
    super(drawing(0));
    this.#left = call;
    this.#meanwhile = meanwhile;
  }

  override async wait(): Promise<void> {
    if (--this.#left === 0) await this.#meanwhile();
  }
}
