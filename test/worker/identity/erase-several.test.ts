/**
 * Erasure where identifiers lie on three databases: one entry of the log is done in all of them, whatever comes between two,
 * and one that is restored by itself learns it again. Their tables are in the SQLite of a Durable Object.
 */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { AcceptedEvent, IdentifierRef } from "#contracts/messages/event_envelope";
import { currentConsent } from "#identity/consent-store";
import {
  eraseSubjects,
  hasErasures,
  liftSuppression,
  requireErasures,
  requireSuppressed,
  suppressedAmong,
} from "#identity/erasures";
import { emptyRow } from "#identity/graph";
import { readLedgers } from "#identity/ledger";
import { forgetLeft } from "#identity/left";
import { optOutSubjects } from "#identity/opt-out";
import { readClosed } from "#identity/read";
import { type IdentityShards, identityShards } from "#identity/shards";
import { findSubjects } from "#identity/subject";
import { writeGraph } from "#identity/write";
import { ingest } from "#ingest/ingest";
import { beginTurn, lastErasure } from "#privacy/erasure-mark";
import { accepted, claim, deps, envelope, proven } from "../ingest/envelopes.ts";
import { copyTables, restoreTables } from "./erasures/database.ts";
import { heldBucket, heldKv } from "./erasures/held.ts";
import { Ring } from "./erasures/ring.ts";
import { createTables, databasesOf } from "./histories/databases.ts";

const NOW = Date.UTC(2026, 10, 22, 10);
const HOUR = 3_600_000;

interface Several {
  identity: IdentityShards;
  bucket: R2Bucket;
  /** A key of a namespace that lies on the database at a place. */
  keyOn(place: number, namespace: string): string;
  take(...events: AcceptedEvent[]): Promise<void>;
  event(...identifiers: IdentifierRef[]): AcceptedEvent;
  erase(subjects: string[], given?: { identity?: IdentityShards; whole?: string[] }): Promise<string[]>;
  /** All that names one of the keys, but tombstones. */
  traces(keys: readonly string[]): Promise<string[]>;
  marks(): Promise<string[]>;
}

let made = 0;

/** Play on three fresh databases. */
function onThree(play: (several: Several) => Promise<void>): Promise<void> {
  const object = env.DESTINATION.get(env.DESTINATION.idFromName(`several-${++made}`));
  return runInDurableObject(object, async (_instance, { storage }) => {
    createTables(storage, env.TEST_MIGRATIONS, 3);
    const identity = identityShards(databasesOf(storage, 3));
    const bucket = heldBucket().binding;
    const stores = { identity, db: identity.all[0] as D1Database, kv: heldKv().binding, lake: bucket };
    const ring = { liveTail: new Ring().namespace(), clock: () => NOW };
    await play({
      identity,
      bucket,
      keyOn: (place, namespace) => {
        for (let n = 0; ; n++) {
          const key = `${namespace}:1.k${made}x${n}`;
          if (identity.of(key) === identity.all[place]) return key;
        }
      },
      take: async (...events) => ingest([envelope(`m${++made}`, events)], await deps({ ...stores, ...ring })),
      event: (...identifiers) => accepted(`e${++made}`, "page_view", identifiers),
      async erase(subjects, given = {}) {
        const what = { request: "request-1", subjects, whole: given.whole ?? subjects, now: NOW };
        const erased = await eraseSubjects(given.identity ?? identity, bucket, what);
        return erased.subjects;
      },
      async traces(keys) {
        const rows = (await copyTables(identity)).flatMap((copy) => [...copy.values()].flat());
        return rows
          .filter((row) => row.suppressed !== 1)
          .map((row) => JSON.stringify(row))
          .filter((row) => keys.some((key) => row.includes(key)));
      },
      marks: async () =>
        (await copyTables(identity)).flatMap((copy) =>
          (copy.get("jobs") ?? [])
            .filter(({ name }) => name === "erasures")
            .map(({ state }) => String(state)),
        ),
    });
  });
}

/** A person with an identifier on each of the databases, on a browser that somebody else shares, and one who stays. */
async function personOn({ keyOn, take, event, identity }: Several) {
  const [user, email, phone] = [keyOn(0, "user_id"), keyOn(1, "email"), keyOn(2, "phone")];
  const [other, device] = [keyOn(2, "customer_id"), keyOn(1, "visitor_id")];
  await take(event(proven(user), proven(email), proven(phone)));
  await take(event({ key: device, proof: "cookie" }, claim(other), claim(email)));
  await identity
    .of(other)
    .prepare(
      "INSERT INTO identity_conflicts (a, b, kind, reason, at) VALUES (?1, ?2, 'proof', 'two_user_ids', 1)",
    )
    .bind(other, user)
    .run();
  const first = identity.all[0] as D1Database;
  await first
    .prepare(
      "INSERT INTO identity_changes (id, at, actor, action, note, links) VALUES (?2, 1, 'a', 'merge', 'n', ?1)",
    )
    .bind(JSON.stringify([{ a: user, b: other, before: null, after: "live" }]), `c${++made}`)
    .run();
  await first
    .prepare("INSERT INTO identity_moves (id, at, moves) VALUES (?2, 1, ?1)")
    .bind(
      JSON.stringify([
        { before: [email, other], after: [email] },
        { before: [other, device], after: [other] },
      ]),
      `moved${++made}`,
    )
    .run();
  return { user, email, phone, other, device, all: [user, email, phone] };
}

describe("an erasure over three databases", () => {
  it("takes a person's identifiers and what others have of them, in each, and leaves what is others'", () =>
    onThree(async (several) => {
      const { identity, erase, traces, marks } = several;
      const { user, all, other, device } = await personOn(several);
      const found = await findSubjects(identity, [user], "person", false);
      expect(found.whole).toEqual([...all].sort());
      expect(found.subjects).toEqual([...all, `${device}|${other}`].sort());
      const erased = await erase(found.subjects, { whole: found.whole });
      expect(erased).toEqual(found.subjects);
      expect(await suppressedAmong(identity, erased)).toEqual(new Set(erased));
      expect(await traces(erased)).toEqual([]);
      expect(await traces([other, device])).not.toEqual([]);
      expect(new Set(await marks()).size).toBe(1);
      expect(await traces(["two_user_ids"])).toEqual([]);
      expect(await traces(["moved"])).toHaveLength(1);
    }));

  it("leaves those who stay in the profile one profile", () =>
    onThree(async ({ identity, keyOn, take, event, erase }) => {
      const [a, b, c] = [keyOn(0, "email"), keyOn(1, "phone"), keyOn(2, "user_id")];
      await take(event(proven(c), proven(a), proven(b)));
      await erase([a], { whole: [] });
      const { rows } = await readClosed(identity, [a, b, c]);
      expect([a, b, c].map((key) => rows.get(key)?.members)).toEqual([null, [b, c], [b, c]]);
    }));

  it("takes along who joined between the search and the erasure, wherever they lie", () =>
    onThree(async ({ identity, keyOn, take, event, erase }) => {
      const [email, user, device] = [keyOn(0, "email"), keyOn(1, "user_id"), keyOn(2, "visitor_id")];
      const found = await findSubjects(identity, [email], "person");
      await take(event(proven(email), proven(user)), event({ key: device, proof: "cookie" }, claim(email)));
      const erased = await erase(found.subjects);
      expect(erased).toEqual([email, user, `${device}|${email}`].sort());
      expect(await suppressedAmong(identity, erased)).toEqual(new Set(erased));
    }));

  it.each(["before", "after"] as const)(
    "that crashes %s any call of a database is ended by whoever reads next, and nothing is folded until then",
    (when) =>
      onThree(async (several) => {
        const { identity, bucket, erase, traces, marks, take, event } = several;
        let crashes = 0;
        let uneven = 0;
        for (let nth = 1, broke = true; broke; nth++) {
          const { all, other, device } = await personOn(several);
          const failed = { calls: 0 };
          const crashing = identityShards(identity.all.map((db) => crashingAt(db, failed, nth, when)));
          broke = await erase(all, { identity: crashing }).then(
            () => false,
            () => true,
          );
          crashes += Number(broke);
          uneven += Number(new Set(await marks()).size > 1);
          // Another isolate, which knows of nothing.
          const fresh = identityShards(identity.all);
          await take(event(...all.map(proven)), event(proven(other), proven(device)));
          await requireErasures(fresh, bucket, NOW);
          expect(new Set(await marks()).size, `call ${nth}`).toBe(1);
          if (broke && (await suppressedAmong(fresh, all)).size === 0) await erase(all);
          expect((await suppressedAmong(fresh, all)).size, `call ${nth}`).toBe(3);
          expect(await traces(all), `call ${nth}`).toEqual([]);
          expect(await traces([other]), `call ${nth}`).not.toEqual([]);
        }
        expect(crashes).toBeGreaterThan(8);
        expect(uneven).toBeGreaterThan(2);
      }),
  );

  it("that is being done lets nobody write what they read before it, in any of them", () =>
    onThree(async ({ identity, keyOn, take, event, marks }) => {
      const [user, email, phone] = [keyOn(0, "user_id"), keyOn(1, "email"), keyOn(2, "phone")];
      await take(event(proven(user), proven(email)));
      const graph = await readClosed(identity, [user, email, phone]);
      for (const db of identity.all) await beginTurn(db, graph.erasures + 1);
      const lost = await writeGraph(identity, {
        rows: [...graph.rows.values(), emptyRow(phone)],
        links: [{ a: user, b: phone, kind: "proof", eventId: "e", source: "web", at: 1, state: "live" }],
        dead: [],
        subjectKeys: [],
        decisions: [],
        conflicts: [],
        moves: { id: "b", moves: [] },
        erasures: graph.erasures,
        now: NOW,
      });
      expect(lost.sort()).toEqual([user, email, phone].sort());
      expect((await readClosed(identity, [user, email, phone])).erasures).toBeLessThan(0);
      expect(await marks()).toEqual(["-1", "-1", "-1"]);
    }));

  it("that has begun in one of them lets nothing new into the others that would join who is erased there", () =>
    onThree(async ({ identity, keyOn, take, event, traces }) => {
      const [email, user] = [keyOn(0, "email"), keyOn(1, "user_id")];
      await take(event(proven(email)));
      const graph = await readClosed(identity, [email, user]);
      await beginTurn(identity.of(email), graph.erasures + 1);
      const lost = await writeGraph(identity, {
        rows: [...graph.rows.values(), emptyRow(user)],
        links: [{ a: user, b: email, kind: "proof", eventId: "e", source: "web", at: 1, state: "live" }],
        dead: [],
        subjectKeys: [],
        decisions: [],
        conflicts: [],
        moves: { id: "b", moves: [] },
        erasures: graph.erasures,
        now: NOW,
      });
      expect(lost.sort()).toEqual([email, user].sort());
      expect((await traces([user])).filter((row) => !row.includes('"node"'))).toEqual([]);
    }));

  it("is followed by a look for what a crash between two databases had left of them", () =>
    onThree(async ({ identity, bucket, keyOn, erase, traces }) => {
      const [email, stays] = [keyOn(0, "email"), keyOn(2, "user_id")];
      const db = identity.of(stays);
      const write = () =>
        db.batch([
          db
            .prepare(
              "INSERT INTO links (node, other, kind, strength, event_id, source, at, state) VALUES (?1, ?2, 'proof', 90, 'e', 'web', 1, 'live')",
            )
            .bind(stays, email),
          db
            .prepare("INSERT INTO identifiers (key, members, version, seen_at) VALUES (?1, ?2, 1, 1)")
            .bind(stays, JSON.stringify([email, stays])),
        ]);
      await write();
      const erased = await erase([email]);
      expect(await traces([email])).not.toEqual([]);
      expect(await forgetLeft(identity, bucket, { subjects: erased, now: NOW })).toEqual({
        cursor: undefined,
        rows: 2,
      });
      expect(await traces([email])).toEqual([]);
      expect(await traces([stays])).toHaveLength(1);
    }));

  it("is undone in no database for somebody who is let back in", () =>
    onThree(async ({ identity, bucket, keyOn, take, event, erase, marks, traces }) => {
      const [email, user] = [keyOn(0, "email"), keyOn(1, "user_id")];
      await erase([email, user]);
      const lift = { request: "lift", subjects: [email, user], now: NOW };
      expect((await liftSuppression(identity, bucket, lift)).sort()).toEqual([email, user].sort());
      expect(await marks()).toEqual(["2", "2", "2"]);
      await take(event(proven(user), proven(email)));
      await forgetLeft(identity, bucket, { subjects: [email, user], now: NOW });
      expect(await traces([email])).toHaveLength(4);
    }));
});

describe("one of three databases that is restored from an older copy", () => {
  it.each([0, 1, 2])(
    "has erased again what was erased since, and nothing else changes: database %i",
    (only) =>
      onThree(async (several) => {
        const { identity, bucket, erase, traces, marks } = several;
        const { all, other, device } = await personOn(several);
        const older = await copyTables(identity);
        const erased = await erase(all);
        const before = await copyTables(identity);
        await restoreTables(identity, older, only);
        expect(await traces(erased)).not.toEqual([]);
        // So long after it that nobody takes it for an entry that is just being done.
        expect(await requireErasures(identity, bucket, NOW + HOUR)).toBeGreaterThan(0);
        expect(await traces(erased)).toEqual([]);
        expect(await suppressedAmong(identity, erased)).toEqual(new Set(erased));
        expect(await traces([other, device])).not.toEqual([]);
        expect(new Set(await marks()).size).toBe(1);
        const after = await copyTables(identity);
        for (const place of [0, 1, 2]) if (place !== only) expect(after[place]).toEqual(before[place]);
      }),
  );

  it("is noticed by who asks for those alone who lie there", () =>
    onThree(async ({ identity, bucket, keyOn, erase }) => {
      const email = keyOn(1, "email");
      const older = await copyTables(identity);
      await erase([email]);
      expect(hasErasures(identity, await lastErasure(identity), NOW)).toBe(true);
      await restoreTables(identity, older, 1);
      expect(hasErasures(identity, await lastErasure(identity), NOW)).toBe(false);
      expect(await suppressedAmong(identity, [email])).toEqual(new Set());
      expect(await requireSuppressed(identity, bucket, [email], NOW)).toEqual(new Set([email]));
    }));
});

describe("an opt-out over three databases", () => {
  it("is noted with each identifier and in the ledger beside it, and of nobody who was erased", () =>
    onThree(async ({ identity, keyOn, erase, traces }) => {
      const subjects = [keyOn(0, "email"), keyOn(1, "visitor_id"), keyOn(2, "user_id")];
      const erased = keyOn(2, "phone");
      await erase([erased]);
      const decision = {
        givenAt: NOW,
        id: "request:r",
        regime: "ccpa",
        source: "subject_request",
        evidence: "none",
      };
      expect(await optOutSubjects(identity, [...subjects, erased], decision)).toBe(3);
      expect(await optOutSubjects(identity, [...subjects, erased], decision)).toBe(0);
      const ledger = await readLedgers(identity, subjects, 10);
      expect(ledger.map(({ subject }) => subject).sort()).toEqual([...subjects].sort());
      expect(await traces([erased])).toEqual([]);
      for (const [key, current] of await currentConsent(identity, subjects))
        expect(current, key).toMatchObject([{ optOutAt: NOW }]);
    }));
});

/** A database of several, whose calls are counted together: from the nth on there is nobody to make any. */
function crashingAt(
  db: D1Database,
  failed: { calls: number },
  nth: number,
  when: "before" | "after",
): D1Database {
  return new Proxy(db, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      if (name !== "batch") return value.bind(target) as unknown;
      return async (statements: D1PreparedStatement[]) => {
        const left = nth - ++failed.calls;
        if (left < 0 || (left === 0 && when === "before")) throw new Error("crashed");
        const results = await target.batch(statements);
        if (left === 0) throw new Error("crashed");
        return results;
      };
    },
  });
}
