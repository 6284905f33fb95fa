/** The walk over the identifiers, what it repairs, what it tells; merges in the audit log; and labelled people. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { refreshSnapshots } from "#console/identity/refresh";
import type { AcceptedEvent, IdentifierRef } from "#contracts/messages/event_envelope";
import { auditMoves, digestOf } from "#identity/audit-moves";
import type { Move } from "#identity/moves";
import { normaliseIdentifier } from "#identity/normalise";
import type { Evaluation } from "#identity/quality/evaluate";
import { walkIdentity } from "#identity/quality/walk";
import { DEFAULT_RULES } from "#identity/rules";
import { identityShards } from "#identity/shards";
import { ingest } from "#ingest/ingest";
import { appendAudit, entriesAfter } from "#privacy/audit/store";
import { keyring } from "#privacy/keys";
import { identifierKey } from "#privacy/lookup";
import { seededChance } from "../../../bench/cost/random.ts";
import { runSchedule } from "../../../src/background.ts";
import type { Quality } from "../../../src/console/identity/quality-answer.ts";
import { population } from "../../setup/labelled-people.ts";
import { accepted, claim, deps, envelope, proven, RELEASE_1, visitor } from "../ingest/envelopes.ts";
import { publishRelease, request } from "../product.ts";
import { emptyStores } from "../setup.ts";

const db = env.IDENTITY_0;
const one = identityShards([db]);
const NOW = Date.now();
const DAY = 86_400_000;
const newId = () => crypto.randomUUID();
const keys = await keyring("test-master-secret-0123456789abcdef");
const token = (key: string): IdentifierRef => ({ key, proof: "token" });
let sent = 0;

beforeEach(async () => {
  await emptyStores();
});

const event = (...identifiers: IdentifierRef[]): AcceptedEvent =>
  accepted(`q${++sent}`, "page_view", identifiers);
const bring = async (...events: AcceptedEvent[]) =>
  ingest([envelope(`x${++sent}`, events)], await deps({ identity: one, db }));
const walk = (now = NOW, rowsPerRun?: number) => walkIdentity(one, settling, newId, now, rowsPerRun);
const settling = {
  bucket: env.LAKE,
  rules: DEFAULT_RULES,
  clock: () => Date.now(),
  snapshots: refreshSnapshots({ identity: one, kv: env.EDGE, clock: () => Date.now() }, RELEASE_1),
};
async function members(key: string): Promise<string[] | null | undefined> {
  const row = await db
    .prepare("SELECT members FROM identifiers WHERE key = ?1")
    .bind(key)
    .first<{ members: string | null }>();
  return row?.members == null ? row?.members : (JSON.parse(row.members) as string[]);
}
async function ask<T>(path: string, init: RequestInit = {}): Promise<{ status: number; body: T }> {
  const response = await request(`/admin/api/identity/${path}`, {
    ...init,
    headers: { authorization: "Bearer admin_test", ...(init.headers as Record<string, string>) },
  });
  return { status: response.status, body: (await response.json()) as T };
}

describe("the walk", () => {
  it("counts all identifiers page by page, and shows the figures when it has come to the end", async () => {
    await bring(
      event(visitor("a"), token("user_id:1.u")),
      event(visitor("b"), claim("email:1.e")),
      event(visitor("c")),
      event(visitor("s"), token("user_id:1.u")),
      event(visitor("s"), token("user_id:1.w")),
    );
    expect((await ask<Quality>("quality")).body).toMatchObject({
      figures: null,
      walks: [{ walking: false }],
    });
    // user_id u and w, visitors a, b, c and s, and b's claim: seven rows.
    expect(await walk(NOW, 3)).toEqual({ rows: 3, repaired: 0, ended: 0 });
    expect((await ask<Quality>("quality")).body).toMatchObject({
      figures: null,
      walks: [{ walking: true, rows: 3 }],
    });
    await walk(NOW + 60_000, 3);
    expect(await walk(NOW + 120_000, 3)).toEqual({ rows: 1, repaired: 0, ended: 1 });
    const { figures, history, walks, waiting } = (await ask<Quality>("quality")).body;
    expect(figures).toMatchObject({
      identifiers: { user_id: 2, visitor_id: 4 },
      claims: { email: 1 },
      profiles: 5,
      states: { anonymous: 2, pseudonymous: 1, authenticated: 2 },
      visitors: { all: 4, proved: 1, claimed: 1, match_rate: 0.25, claimed_rate: 0.5 },
      events: { all: 5, proved: 3 },
      shared_devices: 1,
      largest: [{ members: 2 }, { members: 2 }, {}, {}, {}],
    });
    expect(history).toMatchObject([{ identifiers: 6, profiles: 5, match_rate: 0.25 }]);
    expect(walks).toMatchObject([{ walking: false, rows_last_pass: 7 }]);
    expect(waiting).toEqual({ device_of_several_people: 2 });
  });

  it("rests after a whole pass, and takes no page twice where two runs meet", async () => {
    await bring(event(visitor("a")), event(visitor("b")));
    const both = await Promise.all([walk(), walk()]);
    expect(both.map(({ ended }) => ended).sort()).toEqual([0, 1]);
    expect(await walk(NOW + 1_000)).toEqual({ rows: 0, repaired: 0, ended: 0 });
    // A page that is full may be the last.
    expect(await walk(NOW + 300_000, 2)).toMatchObject({ rows: 2, ended: 0 });
    expect(await walk(NOW + 360_000, 2)).toMatchObject({ rows: 0, ended: 1 });
    const { body } = await ask<Quality>("quality");
    expect(body.figures?.profiles).toBe(2);
  });

  it("is done by the schedule, and names no identifier to who may not see personal data", async () => {
    await publishRelease();
    await bring(event(visitor("a"), token("user_id:1.u")));
    await runSchedule(env);
    expect((await ask<Quality>("quality")).body.figures?.largest).toMatchObject([{ root: "user_id:1.u" }]);
    const made = await request("/admin/api/access/tokens", {
      method: "POST",
      headers: { authorization: "Bearer admin_test", "content-type": "application/json" },
      body: JSON.stringify({
        name: "viewer",
        role: "viewer",
        personal: false,
        sources: null,
        expires_in_days: 1,
      }),
    });
    const viewer = (await made.json()) as { token: string };
    const { body } = await ask<Quality>("quality", { headers: { authorization: `Bearer ${viewer.token}` } });
    expect(body.figures).toMatchObject({ profiles: 1, largest: [] });
    expect(JSON.stringify(body)).not.toContain("user_id:1.u");
  });
});

describe("the repair", () => {
  /** Keys of the first and of the second of two databases. */
  const two = (failing: readonly number[]) => {
    let isArmed = false;
    const handle = (n: number): D1Database => {
      let batches = 0;
      return new Proxy(db, {
        get(target, name) {
          if (name === "batch")
            return (statements: D1PreparedStatement[]) => {
              // The first batch after the rows are ready is that of the links.
              if (isArmed && ++batches > 1 && failing.includes(n)) throw new Error("crashed");
              return target.batch(statements);
            };
          if (name === "prepare")
            return (sql: string) => {
              if (sql.includes("INSERT INTO identifiers")) isArmed = true;
              return target.prepare(sql);
            };
          return Reflect.get(target, name) as unknown;
        },
      });
    };
    return identityShards([handle(0), handle(1)]);
  };
  const place = identityShards([db, new Proxy(db, {})]);
  const keyIn = (n: number, namespace: string, from = 0): string => {
    for (let i = from; ; i++)
      if (place.of(`${namespace}:1.k${i}`) === place.all[n]) return `${namespace}:1.k${i}`;
  };
  const person = keyIn(0, "user_id");
  const browser = keyIn(1, "visitor_id");
  const cookie: IdentifierRef = { key: browser, proof: "cookie" };

  it.each([
    ["before any row", [0, 1]],
    ["before the rows of the first database", [0]],
    ["before the rows of the second database", [1]],
  ])(
    "finishes what a crash left after the links and %s, also where the batch never comes again",
    async (_, failing) => {
      await bring(event(proven(person)));
      await bring(event(cookie));
      const crashing = deps({ identity: two(failing), db });
      await expect(
        ingest([envelope("lost", [event(cookie, token(person))])], await crashing),
      ).rejects.toThrow("crashed");
      const profile = [person, browser];
      expect([await members(person), await members(browser)]).not.toEqual([profile, profile]);
      const { repaired } = await walk();
      expect(repaired).toBeGreaterThan(0);
      expect([await members(person), await members(browser)]).toEqual([profile, profile]);
      expect((await walk(NOW + DAY)).repaired).toBe(0);
      expect((await movesStored()).flatMap(({ moves }) => moves)).toContainEqual({
        before: [person, browser],
        after: [person],
      });
    },
  );

  it("gives a member that has no row one, bound by what the others have decided", async () => {
    await bring(event(cookie));
    await db
      .prepare("UPDATE identifiers SET consent = ?1")
      .bind(JSON.stringify({ g: "", t: NOW - 1000, r: "r9" }))
      .run();
    const crashing = deps({ identity: two([0]), db });
    const first = event(cookie, token(person));
    first.consent = { ...first.consent, decidedAt: NOW };
    await expect(ingest([envelope("lost", [first])], await crashing)).rejects.toThrow("crashed");
    expect(await members(person)).toBeUndefined();
    await walk();
    expect(await members(person)).toEqual([person, browser]);
    const row = await db
      .prepare("SELECT consent FROM identifiers WHERE key = ?1")
      .bind(person)
      .first<{ consent: string }>();
    expect(JSON.parse(row?.consent ?? "{}")).toMatchObject({ g: "", t: NOW - 1000, b: 1 });
  });

  it("takes back what no live link says, and deletes links to who was erased", async () => {
    await bring(
      event(cookie, token(person)),
      event({ key: "visitor_id:1.z", proof: "cookie" }, token("user_id:1.z")),
    );
    await db.prepare("UPDATE links SET state = 'revoked' WHERE node = ?1 OR other = ?1").bind(browser).run();
    await db.prepare("UPDATE identifiers SET suppressed = 1 WHERE key = 'user_id:1.z'").run();
    await walk();
    expect([await members(person), await members(browser), await members("visitor_id:1.z")]).toEqual([
      null,
      null,
      null,
    ]);
    const left = await db.prepare("SELECT COUNT(*) AS n FROM links WHERE node = 'visitor_id:1.z'").first("n");
    expect(left).toBe(0);
  });
});

const movesStored = async () =>
  (
    await db
      .prepare("SELECT id, at, moves FROM identity_moves ORDER BY at, id")
      .all<{ id: string; at: number; moves: string }>()
  ).results.map((row) => ({ ...row, moves: JSON.parse(row.moves) as Move[] }));

describe("automatic merges in the audit log", () => {
  const automatic = async () =>
    (await entriesAfter(db, 0, 500)).filter(({ action }) => action === "identity.automatic");
  const merge = async (name: string) => {
    await bring(event(visitor(name)), event(proven(`user_id:1.${name}`)));
    await bring(event(visitor(name), token(`user_id:1.${name}`)));
  };

  it("are one entry for all of a minute, which names nobody and can be made again from the rows", async () => {
    await merge("a");
    await merge("b");
    expect(await auditMoves(db, keys, Date.now())).toBe(0);
    expect(await auditMoves(db, keys, Date.now() + 61_000)).toBe(1);
    const [entry] = await automatic();
    const rows = await movesStored();
    expect(entry).toMatchObject({
      actor: { id: "system" },
      detail: {
        merges: 2,
        splits: 0,
        batches: 2,
        digest: await digestOf(rows, keys),
        from: rows[0]?.at,
        to: rows[1]?.at,
      },
    });
    expect(JSON.stringify(entry)).not.toContain("user_id");
    expect(await auditMoves(db, keys, Date.now() + 200_000)).toBe(0);
    await merge("c");
    await auditMoves(db, keys, Date.now() + 300_000);
    expect((await automatic()).map(({ detail }) => detail.batches)).toEqual([2, 1]);
  });

  it("are in it once, where two runs meet and others append between them", async () => {
    await merge("a");
    const at = Date.now() + 61_000;
    const other = {
      at,
      actor: { id: "t", name: "Ann", role: "admin" as const, personal: true, sources: undefined },
      action: "person.read",
      target: "all",
      detail: {},
    };
    const runs = await Promise.all([
      auditMoves(db, keys, at),
      appendAudit(db, other),
      auditMoves(db, keys, at),
      auditMoves(db, keys, at),
    ]);
    expect(runs.filter((run) => run === 1)).toHaveLength(1);
    expect(await automatic()).toHaveLength(1);
  });

  it("are not lost, and not repeated, where a run breaks off after its entry", async () => {
    await merge("a");
    const at = Date.now() + 61_000;
    const broken = new Proxy(db, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== "function") return value;
        if (name !== "batch") return value.bind(target) as unknown;
        return async (statements: D1PreparedStatement[]) => {
          await target.batch(statements);
          throw new Error("crashed");
        };
      },
    });
    // The mark has moved: for this run another one was faster.
    expect(await auditMoves(broken, keys, at)).toBe(0);
    await auditMoves(db, keys, at);
    expect(await automatic()).toHaveLength(1);
  });

  it("are forgotten after thirty days, but not before they are in it", async () => {
    await merge("a");
    await auditMoves(db, keys, Date.now() + 61_000);
    await merge("b");
    await db.prepare("UPDATE identity_moves SET at = at + 5").run();
    await auditMoves(db, keys, Date.now() + 29 * DAY);
    expect(await movesStored()).toHaveLength(2);
    await auditMoves(db, keys, Date.now() + 31 * DAY);
    expect(await movesStored()).toEqual([]);
    expect(
      (await automatic()).reduce((sum, { detail }) => sum + Number(detail.batches), 0),
    ).toBeGreaterThanOrEqual(2);
  });
});

describe("labelled people", () => {
  it("are never welded together by shared devices, household addresses, typing errors and claims", async () => {
    await publishRelease();
    const { events, people } = population(40, seededChance(6).next);
    const keyOf = async ({ namespace, value }: { namespace: "email"; value: string }) =>
      identifierKey(
        keys.lookup,
        namespace,
        (await normaliseIdentifier(namespace, value, RELEASE_1.document)) ?? "",
      );
    const all: AcceptedEvent[] = [];
    for (const identifiers of events)
      all.push(
        event(
          ...(await Promise.all(
            identifiers.map(async (sent_) => ({
              key: await keyOf(sent_ as { namespace: "email"; value: string }),
              proof: sent_.proof,
            })),
          )),
        ),
      );
    for (let start = 0; start < all.length; start += 100) await bring(...all.slice(start, start + 100));
    const { status, body } = await ask<Evaluation>("evaluate", {
      method: "POST",
      body: JSON.stringify({ people }),
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ people: 40, unknown: 0, wrongly_joined: [], pairs: { precision: 1 } });
    expect(body.people_per_profile).toEqual({ mean: 1, max: 1 });
    expect(body.pairs.recall).toBeGreaterThan(0.8);
    // Labels come back, and nothing of a value; nothing is kept.
    expect(JSON.stringify(body)).not.toContain("@");
    const audited = (await entriesAfter(db, 0, 500)).filter(({ action }) => action === "identity.evaluate");
    expect(audited).toMatchObject([{ target: "all", detail: {} }]);
    expect((await walk()).repaired).toBe(0);
  }, 60_000);

  it("are compared with profiles also where one is wrong: it is said by label", async () => {
    const mail = async (name: string) => identifierKey(keys.lookup, "email", `${name}@shop.example`);
    await bring(event(proven(await mail("ann")), proven(await mail("bo"))), event(proven(await mail("cy"))));
    const lines = ["ann", "bo", "cy"].map((name) =>
      JSON.stringify({
        label: name === "cy" ? "ann" : name,
        identifiers: [{ namespace: "email", value: `${name}@shop.example` }],
      }),
    );
    const { body } = await ask<Evaluation>("evaluate", { method: "POST", body: lines.join("\n") });
    expect(body).toMatchObject({
      people: 2,
      pairs: { precision: 0, recall: 0, f1: null },
      wrongly_joined: [
        { label: "ann", with: ["bo"] },
        { label: "bo", with: ["ann"] },
      ],
      apart: [{ label: "ann", profiles: 2 }],
    });
    expect((await ask<{ code: string }>("evaluate", { method: "POST", body: "{" })).body.code).toBe(
      "invalid_json",
    );
  });
});
