/**
 * What a batch costs, also where somebody means harm: rounds per database, and rows that are read, do not grow with what
 * others have piled up; and what a browser only says gets nobody into a profile.
 */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { EventEnvelope, IdentifierRef } from "#contracts/messages/event_envelope";
import { partition } from "#identity/partition";
import { readClosed } from "#identity/read";
import { ingest } from "#ingest/ingest";
import { type Keyring, keyring } from "#privacy/keys";
import { storedOf } from "./histories/compare.ts";
import { counted, nothing, type Rounds } from "./histories/counted.ts";
import { createTables, databasesOf } from "./histories/databases.ts";
import { createWorld, envelopesOf, type World } from "./histories/play.ts";
import { RELEASES } from "./histories/release.ts";

const release = { version: 1, document: RELEASES[0] };
let keys: Keyring;
let objects = 0;

beforeAll(async () => {
  keys = await keyring("test-master-secret-0123456789abcdef");
});

interface Desk extends World {
  rounds: Rounds[];
  /** Ingest events of as many envelopes as there are lists. @returns the rounds that it took */
  send(...envelopes: IdentifierRef[][][]): Promise<Rounds[]>;
  rowsRead(): number;
}

async function atDesk<T>(shards: number, run: (desk: Desk) => Promise<T>): Promise<T> {
  const object = env.DESTINATION.get(env.DESTINATION.idFromName(`hostile-${++objects}`));
  return runInDurableObject(object, async (_instance, { storage }) => {
    createTables(storage, env.TEST_MIGRATIONS, shards);
    const all = databasesOf(storage, shards).map(counted);
    const world = createWorld(
      all.map(({ db }) => db),
      keys,
    );
    const rounds = all.map((one) => one.rounds);
    let sent = 0;
    const send: Desk["send"] = async (...lists) => {
      const envelopes: EventEnvelope[] = [];
      for (const events of lists) {
        const one = {
          source: "web",
          at: sent % 60,
          events: events.map((identifiers) => ({ identifiers, skew: 0, value: 1, traits: undefined })),
          again: undefined,
        };
        envelopes.push(...(await envelopesOf({ envelopes: [one], seed: 0 }, `s${++sent}x`, keys)).envelopes);
      }
      for (const each of rounds) nothing(each);
      const deps = world.consumers[0]?.deps;
      if (!deps) throw new Error("there is no consumer");
      await ingest(envelopes, { ...deps, release });
      return rounds.map((each) => ({ ...each }));
    };
    return run({ ...world, rounds, send, rowsRead: () => rounds.reduce((sum, { rows }) => sum + rows, 0) });
  });
}

const cookie = (key: string, ...claims: string[]): IdentifierRef[] => [
  { key: `visitor_id:1.${key}`, proof: "cookie" },
  ...claims.map((claim): IdentifierRef => ({ key: claim, proof: "claim" })),
];
const proved = (...named: string[]) => named.map((key): IdentifierRef => ({ key, proof: "source" }));
const range = (count: number) => Array.from({ length: count }, (_, n) => n);
const inEnvelopes = (events: IdentifierRef[][], size: number) =>
  range(Math.ceil(events.length / size)).map((n) => events.slice(n * size, (n + 1) * size));

describe("a batch of 100 events", () => {
  it.each([1, 3, 16])(
    "costs at most two rounds of reading and two of writing per database, of %i",
    async (shards) => {
      await atDesk(shards, async ({ send }) => {
        // Twenty visitors of whom some log in, sending 100 events in 20 requests.
        const visitor = (n: number) =>
          cookie(`v${n}`, `anonymous_id:1.a${n}`, ...(n % 3 === 0 ? [`user_id:1.u${n}`] : []));
        const known = (n: number): IdentifierRef[] =>
          n % 4 === 0 ? [...visitor(n), { key: `email:1.m${n}`, proof: "token" }] : visitor(n);
        const batch = (from: number, who: typeof known) =>
          range(20).map((n) => range(5).map(() => who(from + n)));
        await send(...batch(100, visitor));
        const batches = {
          ofNewVisitors: await send(...batch(0, known)),
          ofThemAgain: await send(...batch(0, known)),
          ofSomeWhoLogIn: await send(...batch(100, known)),
          ofBoth: await send(...batch(90, known)),
        };
        for (const rounds of Object.values(batches)) {
          for (const { reads, writes, rereads } of rounds) {
            expect(reads).toBeLessThanOrEqual(2);
            expect(writes).toBeLessThanOrEqual(shards === 1 ? 1 : 2);
            expect(rereads).toBeLessThanOrEqual(1);
          }
          expect(rounds.reduce((sum, { others }) => sum + others, 0)).toBe(0);
        }
        // A batch that joins nothing new writes its facts, and no link.
        for (const { writes } of batches.ofThemAgain) expect(writes).toBeLessThanOrEqual(1);
      });
    },
  );
});

/** What so many visitors leave who claim both values, written as ingest writes it. */
async function claimedBy(count: number, { shards }: Desk): Promise<void> {
  const [db] = shards.all;
  const [user, email] = ["user_id:1.everyone", "email:1.everyone"];
  const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)";
  const link = `SELECT ?2, 'visitor_id:1.m' || i || '|' || ?3, 'claim', 10, 'e' || i, 'web', i, 'pending' FROM n`;
  await db?.batch([
    db
      .prepare(
        `INSERT INTO identifiers (key, version, seen_at) ${numbers} SELECT 'visitor_id:1.m' || i || '|' || ?2, 1, i FROM n`,
      )
      .bind(count, user),
    db
      .prepare(
        `INSERT INTO links (node, other, kind, strength, event_id, source, at, state) ${numbers} ${link}`,
      )
      .bind(count, email, user),
  ]);
  const stored = await db
    ?.prepare("SELECT COUNT(*) AS n FROM links WHERE node = ?1")
    .bind(email)
    .first<{ n: number }>();
  expect(stored?.n).toBeGreaterThan(count);
}

describe("one value on very many visitors", () => {
  it("that they claim costs a batch nothing more", async () => {
    await atDesk(1, async (desk) => {
      const rowsOf = async (n: number) => {
        await desk.send([cookie(`late${n}`, "email:1.everyone", "user_id:1.everyone")]);
        return desk.rowsRead();
      };
      const before = await rowsOf(1);
      const claims = range(2_000).map((n) => cookie(`c${n}`, "email:1.everyone", "user_id:1.everyone"));
      for (const some of inEnvelopes(claims, 500)) await desk.send(some);
      expect(await rowsOf(2)).toBe(before);
      await claimedBy(100_000, desk);
      expect(await rowsOf(3)).toBe(before);
      const { rows } = await readClosed(desk.shards, ["email:1.everyone"]);
      expect([...rows.values()].flatMap(({ members }) => members ?? [])).toEqual([]);
    });
  });

  it("that a server proves is set aside, and what comes after is neither read nor kept", async () => {
    await atDesk(3, async (desk) => {
      const named = range(3_000).map((n) => proved(`email:1.everyone`, `crm_id:1.c${n}`));
      for (const some of inEnvelopes(named.slice(0, 200), 10)) await desk.send(some);
      await desk.send([proved("email:1.everyone", "crm_id:1.x1")]);
      const read = desk.rowsRead();
      for (const some of inEnvelopes(named.slice(200), 400)) await desk.send(some);
      await desk.send([proved("email:1.everyone", "crm_id:1.x2")]);
      expect(desk.rowsRead()).toBeLessThanOrEqual(read);
      const keys = ["email:1.everyone", ...range(3_000).map((n) => `crm_id:1.c${n}`)];
      const stored = await storedOf(desk.shards, keys);
      for (const { members } of stored.rows.values()) expect(members).toBeNull();
      expect(stored.ends.size).toBeLessThan(2 * 120);
    });
  });

  it("does not join two people through a device of everybody's", async () => {
    await atDesk(1, async (desk) => {
      await desk.send(range(40).map((n) => proved(`user_id:1.k${n}`, "device_id:1.kiosk")));
      const stored = await storedOf(desk.shards, [
        "device_id:1.kiosk",
        ...range(40).map((n) => `user_id:1.k${n}`),
      ]);
      for (const { members } of stored.rows.values()) expect(members).toBeNull();
    });
  });
});

describe("a browser that makes up thousands of anonymous ids", () => {
  it("has none in the end, and its own events go on", async () => {
    await atDesk(1, async (desk) => {
      const ids = range(3_000).map((n) => cookie("busy", `anonymous_id:1.made${n}`));
      for (const some of inEnvelopes(ids, 250)) await desk.send(some);
      await desk.send([cookie("busy", "anonymous_id:1.one-more")]);
      // Its own links up to one more than there may be, in each of two rounds.
      expect(desk.rowsRead()).toBeLessThan(1_100);
      const stored = await storedOf(desk.shards, ["visitor_id:1.busy"]);
      expect(stored.rows.get("visitor_id:1.busy")).toMatchObject({ members: null });
    });
  });
});

describe("a chain of thousands of aliases", () => {
  const key = (n: number) => `${n % 2 === 0 ? "email" : "phone"}:1.${String(n).padStart(5, "0")}`;
  const link = (n: number) => proved(key(n), key(n + 1));

  it("costs no more than its neighbourhood, and reading far away changes no profile", async () => {
    await atDesk(3, async (desk) => {
      const length = 3_000;
      for (const some of inEnvelopes(range(length).map(link), 500)) await desk.send(some);
      const all = range(length + 1).map(key);
      const before = await storedOf(desk.shards, all);
      const parts = partition(all, [...before.ends.values()]);
      for (const [own, { members }] of before.rows)
        expect(members ?? [own]).toEqual(parts.members.get(parts.rootOf.get(own) ?? own));
      for (const n of [1_500, 10, 2_990, 777]) {
        const rounds = await desk.send([link(n)]);
        expect(desk.rowsRead()).toBeLessThan(1_500);
        expect(Math.max(...rounds.map(({ reads }) => reads))).toBeLessThanOrEqual(8);
      }
      const after = await storedOf(desk.shards, all);
      const members = (stored: typeof before) => [...stored.rows].map(([own, row]) => [own, row.members]);
      expect(members(after)).toEqual(members(before));
    });
  });
});

describe("what a browser only says", () => {
  it("of an address that is another's reads nothing of theirs, joins nobody, and is no conflict to settle", async () => {
    await atDesk(3, async (desk) => {
      await desk.send([proved("user_id:1.ida", "email:1.ida", "phone:1.ida")]);
      const victim = ["email:1.ida", "phone:1.ida", "user_id:1.ida"];
      const before = await storedOf(desk.shards, victim);
      for (const n of range(30))
        await desk.send([
          cookie(`bad${n}`, "email:1.ida", "user_id:1.ida", "phone:1.ida", "anonymous_id:1.bad"),
        ]);
      const after = await storedOf(desk.shards, victim);
      expect([...after.rows]).toEqual([...before.rows]);
      expect([...after.conflicts]).toEqual([]);
      const { rows } = await readClosed(desk.shards, ["visitor_id:1.bad0"]);
      expect([...rows.keys()].filter((own) => victim.includes(own))).toEqual([]);
    });
  });

  it("of its own clock changes no profile: links are dated by when the door had them", async () => {
    await atDesk(1, async (desk) => {
      const skewed = async (name: string, skews: number[]) => {
        const sent = [proved(`user_id:1.#a`, `email:1.#e`), proved(`user_id:1.#b`, `email:1.#e`)];
        const envelopes = sent.map((identifiers, n) => ({
          source: "web",
          at: n,
          events: [{ identifiers, skew: skews[n] ?? 0, value: 1, traits: undefined }],
          again: undefined,
        }));
        const made = await envelopesOf({ envelopes, seed: 0 }, name, keys);
        const deps = desk.consumers[0]?.deps;
        if (deps) await ingest(made.envelopes, { ...deps, release });
        const { rows } = await storedOf(desk.shards, [`email:1.${name}e`]);
        return rows.get(`email:1.${name}e`)?.members?.map((own) => own.replace(name, ""));
      };
      const year = 365 * 86_400_000;
      expect(await skewed("n", [0, 0])).toEqual(["email:1.e", "user_id:1.a"]);
      expect(await skewed("y", [5 * year, -5 * year])).toEqual(["email:1.e", "user_id:1.a"]);
    });
  });
});

describe("a profile that has as many identifiers as it may have", () => {
  it("takes no more in, says so in the queue of conflicts, and is the same for whoever comes next", async () => {
    await atDesk(3, async (desk) => {
      const browsers = range(80).map((n) => `visitor_id:1.b${String(n).padStart(2, "0")}`);
      for (const key of browsers) await desk.send([proved("user_id:1.many", key)]);
      const all = ["user_id:1.many", ...browsers];
      const stored = await storedOf(desk.shards, all);
      const members = stored.rows.get("user_id:1.many")?.members ?? [];
      expect(members).toHaveLength(50);
      const graph = await readClosed(desk.shards, ["user_id:1.many"]);
      const parts = partition(all, graph.links);
      for (const [own, row] of stored.rows)
        expect(row.members ?? [own]).toEqual(parts.members.get(parts.rootOf.get(own) ?? own));
      expect(stored.conflicts.size).toBeGreaterThan(0);
    });
  });
});

describe("more identifiers in one batch than are followed", () => {
  it("keep nobody's events of the same batch from coming in", async () => {
    await atDesk(1, async (desk) => {
      await desk.send([proved("user_id:1.ida", "email:1.ida")]);
      const claims = range(20_000).map((n) => `email:1.${n}`);
      await desk.send([cookie("bad", ...claims)], [proved("user_id:1.ida", "phone:1.ida")]);
      const { rows } = await storedOf(desk.shards, ["phone:1.ida"]);
      expect(rows.get("phone:1.ida")?.members).toEqual(["email:1.ida", "phone:1.ida", "user_id:1.ida"]);
    });
  });
});
