/** Merging, splitting and undoing by hand on real D1 and KV: exact, audited, and finished where a crash came between. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { unpackPurposes } from "#consent/cookie";
import { appendConsent } from "#consent/store";
import { changeDeps } from "#console/identity/deps";
import type { ChangeShown, ConflictShown, PreviewShown } from "#console/identity/view";
import type { AcceptedEvent, IdentifierRef } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { finishChanges, makeChange, undoChange } from "#identity/changes/apply";
import { type Asked, keysOf } from "#identity/changes/asked";
import { readChange } from "#identity/changes/store";
import { bindConsent } from "#identity/consent-store";
import { eraseSubjects, requireErasures } from "#identity/erasures";
import { readClosed } from "#identity/read";
import { identityShards } from "#identity/shards";
import { type IngestDeps, ingest } from "#ingest/ingest";
import { listAudit } from "#privacy/audit/store";
import { sealIngress } from "#privacy/ingress";
import { keyring } from "#privacy/keys";
import { auditTarget } from "#privacy/lookup";
import type { EdgeSnapshot } from "#segments/snapshot";
import { readAtEdge } from "#segments/store";
import { accepted, claim, deps, envelope, IDENTITY, proven, sent, visitor } from "../ingest/envelopes.ts";
import { publishRelease, request } from "../product.ts";
import { emptyStores } from "../setup.ts";
import { createTables, databasesOf } from "./histories/databases.ts";

const db = env.IDENTITY_0;

beforeEach(async () => {
  await emptyStores();
  sent.length = 0;
  await requireErasures(IDENTITY, env.LAKE, Date.now());
  await publishRelease();
});

let made = 0;
async function bought(...identifiers: IdentifierRef[]): Promise<AcceptedEvent> {
  const id = `e${++made}`;
  const { ingress } = await keyring("test-master-secret-0123456789abcdef");
  const sealed = await sealIngress(
    ingress,
    JSON.stringify({ first_name: `Name ${made}` }),
    ["event", id],
    Date.now(),
  );
  return accepted(id, "purchase", identifiers, { order_id: id, value: 1, currency: "EUR" }, { sealed });
}
const take = async (...events: (AcceptedEvent | Promise<AcceptedEvent>)[]): Promise<void> =>
  ingest([envelope(`m${++made}`, await Promise.all(events))], await deps());

const ANN = "customer_id:1.ann";
const BEN = "customer_id:1.ben";
const MAIL = "email:1.m";
const PHONE = "visitor_id:1.phone";
const DESK = "visitor_id:1.desk";

/** Two customers, each with a browser, and a claim made in one of them. */
async function twoPeople(where: Partial<IngestDeps> = {}): Promise<void> {
  const take = async (...events: (AcceptedEvent | Promise<AcceptedEvent>)[]) =>
    ingest([envelope(`m${++made}`, await Promise.all(events))], await deps(where));
  await take(bought(proven(ANN), proven(PHONE)), bought(proven(BEN), proven(DESK)));
  await take(bought(visitor("phone"), claim(MAIL)));
  await take(accepted(`v${++made}`, "page_view", [visitor("desk")], { content: { topic: "winter" } }));
}

/** All that a change may not lose: every column but the counters that only grow, and the history of segments, which does. */
async function state(): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {};
  for (const table of ["identifiers", "links", "consents", "subject_keys"]) {
    const { results } = await db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2, 3`).all();
    all[table] = results.map(({ version: _version, due_at: _dueAt, snapshot, facts, ...row }) => ({
      ...row,
      ...(typeof facts === "string" && { facts: withoutHistory(facts) }),
      ...(typeof snapshot === "string" && { snapshot: bare(JSON.parse(snapshot) as EdgeSnapshot) }),
    }));
  }
  return all;
}

const withoutHistory = (stored: string): string => {
  const { "~": _history, ...facts } = JSON.parse(stored) as Record<string, unknown>;
  return JSON.stringify(facts);
};

/** What a browser is shown by. A snapshot may also be fresher than it was. */
const bare = ({ segments, state, granted }: EdgeSnapshot) => ({ segments, state, granted });

const admin = async <T>(path: string, body?: unknown): Promise<{ status: number; body: T }> => {
  const response = await request(`/admin/api/identity/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: "Bearer admin_test", "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
};
const change = (body: unknown) => admin<{ id: string; code: string; after: string[] }>("changes", body);
const undo = (id: string) => admin<{ code: string }>(`changes/${id}/undo`, {});

const membersOf = async (key: string): Promise<string[]> => {
  const row = await db
    .prepare("SELECT members FROM identifiers WHERE key = ?")
    .bind(key)
    .first<{ members: string | null }>();
  return row?.members ? (JSON.parse(row.members) as string[]) : [key];
};
const segmentsAtEdge = async (key: string) => (await readAtEdge(env.EDGE, key)).snapshot?.segments;

describe("a change by hand", () => {
  it("merges two customers, and undone leaves everything byte for byte as it was", async () => {
    await twoPeople();
    const before = await state();
    expect(JSON.stringify(before.identifiers)).toContain("first_name");
    const merged = await change({ action: "merge", keys: [PHONE, DESK], note: "she has two accounts" });
    expect(merged.status).toBe(201);
    const all = [ANN, BEN, DESK, PHONE, `${PHONE}|${MAIL}`];
    for (const key of all) expect(await membersOf(key)).toEqual(all);
    // What the one browser likes and what the other bought are one person's now, at once.
    expect(await segmentsAtEdge(PHONE)).toEqual(["loyal", "winter-fan"]);
    expect((await undo(merged.body.id)).status).toBe(200);
    expect(await state()).toEqual(before);
    expect(await segmentsAtEdge(PHONE)).toEqual(["loyal"]);
    expect((await undo(merged.body.id)).body.code).toBe("already_undone");
  });

  it("splits a profile, gives each side its own facts, and undone leaves everything as it was", async () => {
    await take(bought(proven(ANN), proven(PHONE), proven(MAIL)), bought(proven(MAIL), proven(DESK)));
    const before = await state();
    expect(await membersOf(ANN)).toHaveLength(4);
    const done = await change({ action: "split", groups: [[ANN], [MAIL, DESK]], note: "" });
    expect(done.status).toBe(201);
    expect(await membersOf(ANN)).toEqual([ANN, PHONE]);
    expect(await membersOf(DESK)).toEqual([MAIL, DESK]);
    // The same evidence comes again, and does not weld them.
    await take(bought(proven(ANN), proven(MAIL)));
    expect(await membersOf(DESK)).toEqual([MAIL, DESK]);
    const factsOf = (rows: unknown[], key: string) =>
      (rows as { key: string; facts: string }[]).find((r) => r.key === key)?.facts;
    expect(factsOf((await state()).identifiers ?? [], MAIL)).toBe(factsOf(before.identifiers ?? [], MAIL));
    expect((await undo(done.body.id)).status).toBe(200);
    expect(await membersOf(ANN)).toEqual([ANN, MAIL, DESK, PHONE]);
    expect((await state()).links).toEqual(before.links);
  });

  it("undone leaves nobody with what the other granted while they were one, and with what they denied", async () => {
    await twoPeople();
    const decide = async (subject: string, receipt: string, granted: Purpose[], givenAt: number) => {
      const said = { granted, givenAt, regime: "gdpr", expiresAt: 0 };
      await appendConsent(db, { ...said, subject, id: receipt, source: "choice", evidence: "" });
      await bindConsent(IDENTITY, subject, { ...said, receipt, despiteGpc: false });
    };
    const granted = async (key: string) =>
      unpackPurposes((await readClosed(IDENTITY, [key])).rows.get(key)?.consent?.g ?? "");
    const now = Date.now();
    await decide(DESK, "ben-denies", [], now - 2_000);
    const { id } = (await change({ action: "merge", keys: [ANN, BEN] })).body;
    await decide(PHONE, "ann-grants", ["marketing", "personalization"], now - 1_000);
    expect(await granted(BEN)).toEqual(["marketing", "personalization"]);
    await undo(id);
    for (const key of [BEN, DESK]) expect(await granted(key)).toEqual([]);
    for (const key of [ANN, PHONE]) expect(await granted(key)).toEqual(["marketing", "personalization"]);
    expect((await readAtEdge(env.EDGE, DESK)).snapshot).toBeUndefined();
  });

  it("is undone only where no later one has its links, and the later one first", async () => {
    await twoPeople();
    const merged = await change({ action: "merge", keys: [ANN, BEN] });
    const parted = await change({ action: "split", groups: [[ANN], [BEN]] });
    expect((await undo(merged.body.id)).body.code).toBe("changed_later");
    expect((await undo(parted.body.id)).status).toBe(200);
    expect((await undo(merged.body.id)).status).toBe(200);
    expect(await membersOf(ANN)).toEqual([ANN, PHONE, `${PHONE}|${MAIL}`]);
    const { body } = await admin<{ changes: ChangeShown[] }>(`changes?key=${encodeURIComponent(PHONE)}`);
    expect(body.changes.map(({ action, undone_at }) => [action, undone_at !== null])).toEqual([
      ["split", true],
      ["merge", true],
    ]);
  });

  it("is shown before it is done, does nothing then, and is refused where the profiles have changed since", async () => {
    await twoPeople();
    const before = await state();
    const asked = { action: "merge", keys: [ANN, BEN] };
    const { status, body } = await admin<PreviewShown>("preview", asked);
    expect(status).toBe(200);
    expect(body.before.map(({ root }) => root)).toEqual([ANN, BEN]);
    expect(body.after).toMatchObject([
      { root: ANN, state: "authenticated", segments: ["loyal", "winter-fan"] },
    ]);
    expect(body.warnings).toHaveLength(1);
    expect(await state()).toEqual(before);
    await take(bought(proven(BEN), proven("phone:1.p")));
    const late = await change({ ...asked, seen: body.seen });
    expect([late.status, late.body.code]).toEqual([409, "profiles_changed"]);
    const again = await admin<PreviewShown>("preview", asked);
    expect((await change({ ...asked, seen: again.body.seen })).status).toBe(201);
  });

  it("is in the audit log twice: before it is done, and with what it came to, naming nobody", async () => {
    await twoPeople();
    const { id } = (await change({ action: "merge", keys: [ANN, BEN], note: "Ann is Ben" })).body;
    await undo(id);
    const { results } = await db
      .prepare("SELECT action, target, detail FROM audit WHERE target = ?1 ORDER BY seq")
      .bind(id)
      .all<{ action: string; target: string; detail: string }>();
    expect(results.map(({ action }) => action)).toEqual([
      "identity.change",
      "identity.merged",
      "identity.undo",
      "identity.undone",
    ]);
    expect(JSON.parse(results[1]?.detail ?? "")).toMatchObject({ profiles_before: 2, profiles_after: 1 });
    expect(JSON.stringify(results)).not.toMatch(/customer_id|Ben/);
  });

  it("names in the audit log whose golden record its preview, and the list of conflicts, have shown to whom", async () => {
    await take(bought(proven(ANN), proven(MAIL)), bought(proven(BEN), proven(MAIL)));
    const ben = await auditTarget(await keyring("test-master-secret-0123456789abcdef"), BEN);
    const looks = async () => {
      const query = { before: undefined, action: "person.shown", actor: undefined, target: ben, limit: 9 };
      return (await listAudit(db, query)).entries.length;
    };
    expect(await looks()).toBe(0);
    await admin("preview", { action: "aside", key: BEN });
    expect(await looks()).toBe(1);
    await admin("conflicts");
    expect(await looks()).toBe(2);
    await take(bought(proven("customer_id:1.cat")));
    await admin("preview", { action: "aside", key: "customer_id:1.cat" });
    expect(await looks()).toBe(2);
  });

  it("is in one order with others at the same time, and with events", async () => {
    await twoPeople();
    const before = await state();
    const asked = { action: "merge", keys: [ANN, BEN] };
    const both = await Promise.all([
      change(asked),
      change({ action: "aside", key: DESK }),
      take(bought(proven(BEN), proven(DESK))),
    ]);
    expect(both.slice(0, 2).map((answer) => answer?.status)).toEqual([201, 201]);
    expect(await membersOf(BEN)).toEqual([ANN, BEN, PHONE, `${PHONE}|${MAIL}`]);
    expect(await membersOf(DESK)).toEqual([DESK]);
    const { body } = await admin<{ changes: ChangeShown[] }>("changes");
    for (const { id } of body.changes) expect((await undo(id)).status).toBe(200);
    expect((await state()).links).toEqual(before.links);
    expect(await membersOf(BEN)).toEqual([BEN, DESK]);
  });

  it("of somebody who was erased is gone with them, and can neither be undone nor come again", async () => {
    await twoPeople();
    const { id } = (await change({ action: "merge", keys: [ANN, BEN], note: "" })).body;
    const erasure = { request: "r1", subjects: [BEN], whole: [], now: Date.now() };
    await eraseSubjects(IDENTITY, env.LAKE, erasure);
    expect((await undo(id)).body.code).toBe("unknown_change");
    expect((await change({ action: "merge", keys: [ANN, BEN] })).body.code).toBe("suppressed");
    const named = await db
      .prepare("SELECT COUNT(*) AS n FROM links WHERE ?1 IN (node, other)")
      .bind(BEN)
      .first();
    expect(named).toEqual({ n: 0 });
  });

  const merge = async (id: string, meanwhile: () => Promise<unknown>) => {
    const asked: Asked = { action: "merge", keys: [ANN, BEN] };
    const stores = { ...(await storesOf([db])), db: recordedThen(meanwhile) };
    return makeChange({ keys: keysOf(asked), asked: () => asked }, { id, actor: "slow", note: "" }, stores);
  };

  it("that was undone while it was being done stays undone", async () => {
    await twoPeople();
    const before = await state();
    const id = crypto.randomUUID();
    await merge(id, () => undo(id));
    expect((await state()).links).toEqual(before.links);
    expect(await membersOf(BEN)).toEqual([BEN, DESK]);
  });

  it("of somebody who is erased while it is being done writes nothing of them", async () => {
    await twoPeople();
    const erasure = { request: "r1", subjects: [BEN], whole: [], now: Date.now() };
    const id = crypto.randomUUID();
    const done = merge(id, () => eraseSubjects(IDENTITY, env.LAKE, erasure));
    await expect(done).rejects.toMatchObject({ code: "unknown_change" });
    const named = await db
      .prepare("SELECT COUNT(*) AS n FROM links WHERE ?1 IN (node, other)")
      .bind(BEN)
      .first();
    expect(named).toEqual({ n: 0 });
  });

  it.each([1, 3])(
    "is finished by whoever comes next where a crash came between any two of its steps, over %i databases",
    async (count) => {
      const object = env.DESTINATION.get(env.DESTINATION.idFromName(`changes-${count}`));
      await runInDurableObject(object, async (_instance, { storage }) => {
        createTables(storage, env.TEST_MIGRATIONS, count);
        const sound = await storesOf(databasesOf(storage, count));
        const merged = [ANN, BEN, DESK, PHONE, `${PHONE}|${MAIL}`];
        const parted = [ANN, PHONE, `${PHONE}|${MAIL}`];
        await twoPeople(sound);
        const asked: Asked = { action: "merge", keys: [ANN, BEN] };
        const wanted = { keys: keysOf(asked), asked: () => asked };
        const membersNow = async () => (await readClosed(sound.identity, [PHONE])).rows.get(PHONE)?.members;
        for (let nth = 1; nth < 150; nth++) {
          const id = `change-${nth}`;
          const crashing = () => {
            const after = { calls: Math.ceil(nth / 2), isDone: nth % 2 === 0 };
            return storesOf(sound.identity.all.map((database) => crashingOnce(database, after)));
          };
          const crashed = await makeChange(wanted, { id, actor: "test", note: "" }, await crashing()).then(
            () => false,
            () => true,
          );
          await finishChanges(sound);
          const isRecorded = (await readChange(sound.db, id)) !== undefined;
          expect(await membersNow(), `after ${nth}`).toEqual(isRecorded ? merged : parted);
          if (!crashed) {
            expect(nth).toBeGreaterThan(10);
            return;
          }
          if (!isRecorded) continue;
          await undoChange(id, "test", await crashing()).catch(isCrash);
          await finishChanges(sound);
          const { undoneAt } = (await readChange(sound.db, id)) ?? {};
          expect(await membersNow(), `undone after ${nth}`).toEqual(undoneAt ? parted : merged);
          if (!undoneAt) await undoChange(id, "test", sound);
        }
        throw new Error("it never came to its end");
      });
    },
  );
});

/** The database of somebody who is slow: once their change is recorded, others come first. */
function recordedThen(meanwhile: () => Promise<unknown>): D1Database {
  const slow = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => slow(target.bind(...values));
        if (name !== "first") return Reflect.get(target, name);
        return async () => {
          const row = await target.first();
          await meanwhile();
          return row;
        };
      },
    });
  return new Proxy(db, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      if (name !== "prepare") return value.bind(target) as unknown;
      return (sql: string) => {
        const statement = target.prepare(sql);
        return sql.startsWith("INSERT INTO identity_changes") ? slow(statement) : statement;
      };
    },
  });
}

const isCrash = (error: Error) => expect(error.message).toBe("crashed");

/** What changes and ingest need, over some databases. */
async function storesOf(databases: readonly D1Database[]) {
  const [first = db] = databases;
  const identity = identityShards(databases);
  const given = { identity, db: first, kv: env.EDGE, bucket: env.LAKE, clock: () => Date.now() };
  return { ...(await changeDeps(given)), kv: env.EDGE };
}

/** The database of somebody who crashes with one of their calls, of whichever of their databases, and then calls no more. */
function crashingOnce(database: D1Database, after: { calls: number; isDone: boolean }): D1Database {
  return new Proxy(database, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      if (name !== "batch") return value.bind(target) as unknown;
      return async (statements: D1PreparedStatement[]) => {
        after.calls--;
        if (after.calls < 0 || (after.calls === 0 && !after.isDone)) throw new Error("crashed");
        const result = await target.batch(statements);
        if (after.calls === 0) throw new Error("crashed");
        return result;
      };
    },
  });
}

describe("the queue of conflicts", () => {
  const list = async () => (await admin<{ conflicts: ConflictShown[] }>("conflicts")).body.conflicts;

  it("shows what proofs contradict, with both sides; settled it is gone, and undone it is there again", async () => {
    await take(bought(proven(ANN), proven(MAIL)), bought(proven(BEN), proven(MAIL)));
    const [one, ...others] = await list();
    expect(others).toEqual([]);
    expect(one).toMatchObject({ a: BEN, b: MAIL, kind: "proof", reason: "two_customer_ids" });
    expect(one?.profiles.map(({ root }) => root)).toEqual([BEN, ANN]);
    const named = { a: BEN, b: MAIL, kind: "proof" };
    const shown = await admin<PreviewShown>("preview", { action: "settle", ...named, as: "same" });
    expect(shown.body.after.map(({ members }) => members)).toEqual([[ANN, BEN, MAIL]]);
    const settled = await admin<{ change: string }>("conflicts/settle", {
      ...named,
      as: "same",
      seen: shown.body.seen,
    });
    expect(settled.status).toBe(200);
    expect(await membersOf(BEN)).toEqual([ANN, BEN, MAIL]);
    expect(await list()).toEqual([]);
    await undo(settled.body.change);
    expect(await list()).toHaveLength(1);
    expect((await admin("conflicts/settle", { ...named, as: "keep" })).status).toBe(200);
    expect(await list()).toEqual([]);
    expect(await membersOf(BEN)).toEqual([BEN]);
  });

  it("drops what is no conflict any more, whoever settled it elsewhere", async () => {
    await take(bought(proven(ANN), proven(MAIL)), bought(proven(BEN), proven(MAIL)));
    await change({ action: "merge", keys: [ANN, BEN] });
    expect(await list()).toEqual([]);
    const left = await db.prepare("SELECT COUNT(*) AS n FROM identity_conflicts").first<{ n: number }>();
    expect(left?.n).toBe(0);
  });
});
