/** Erasure in the identity tables and its log, on real D1 and R2: what goes, what stays of others, and that it stays erased. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { appendConsent, readLedger } from "#consent/store";
import { releaseSchema } from "#contracts/definitions/release";
import type { AcceptedEvent, IdentifierRef } from "#contracts/messages/event_envelope";
import { bindConsent, currentConsent, requireConsent } from "#identity/consent-store";
import {
  eraseSubjects,
  hasErasures,
  liftSuppression,
  requireErasures,
  suppressedAmong,
} from "#identity/erasures";
import { identityShards } from "#identity/shards";
import { type FoundSubjects, findSubjects } from "#identity/subject";
import { ingest } from "#ingest/ingest";
import { erasuresAfter } from "#privacy/erasure-log";
import {
  accepted,
  claim,
  deps,
  envelope,
  IDENTITY,
  proven,
  RELEASE_1,
  rows,
  sent,
  visitor,
} from "../ingest/envelopes.ts";
import { emptyStores } from "../setup.ts";

const db = env.IDENTITY_0;
const lake = env.LAKE;

beforeEach(async () => {
  await emptyStores();
  sent.length = 0;
  // The tests share an isolate: what it knows of the log is of the test before.
  await requireErasures(IDENTITY, lake, Date.now());
});

let made = 0;
const event = (...identifiers: IdentifierRef[]): AcceptedEvent =>
  accepted(`e${++made}`, "purchase", identifiers, { order_id: `o${made}`, value: 1, currency: "EUR" });
const take = async (...events: AcceptedEvent[]): Promise<void> =>
  ingest([envelope(`m${++made}`, events)], await deps());
const erase = (found: string[] | FoundSubjects, request = "request-1") => {
  const what = Array.isArray(found) ? { subjects: found, whole: [] } : found;
  return eraseSubjects(IDENTITY, lake, { request, ...what, now: Date.now() });
};
const tables = [
  "identifiers",
  "links",
  "subject_keys",
  "consents",
  "identity_conflicts",
  "identity_changes",
  "identity_moves",
] as const;
type Copy = Record<(typeof tables)[number] | "jobs", Record<string, unknown>[]>;

async function copy(): Promise<Copy> {
  const all: Partial<Copy> = {};
  for (const table of [...tables, "jobs"] as const)
    all[table] = (await db.prepare(`SELECT * FROM ${table}`).all()).results;
  return all as Copy;
}

/** As a restored database would be. */
async function restore(older: Copy): Promise<void> {
  for (const table of [...tables, "jobs"] as const) {
    await db.prepare(`DELETE FROM ${table}`).run();
    for (const row of older[table]) {
      const names = Object.keys(row);
      await db
        .prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${names.map(() => "?").join()})`)
        .bind(...Object.values(row))
        .run();
    }
  }
}

const IDA = "email:1.ida";
const IDA_USER = "user_id:1.ida";
const BEN = "user_id:1.ben";

describe("whose identifiers are one person's", () => {
  it("are those of the profile, by whichever of them is asked", async () => {
    await take(event(proven(IDA_USER), proven(IDA)), event(proven(IDA_USER), proven("visitor_id:1.v")));
    for (const start of [IDA, IDA_USER, "visitor_id:1.v"])
      expect((await findSubjects(IDENTITY, [start], "person")).subjects).toEqual([
        IDA,
        IDA_USER,
        "visitor_id:1.v",
      ]);
  });

  it("are also what a device keeps under the claim to be this person, and the device if it claims nobody else", async () => {
    await take(event(visitor("lone"), claim("anonymous_id:1.a"), claim(IDA)));
    await take(event(visitor("shared"), claim(IDA)), event(visitor("shared"), claim(BEN)));
    expect((await findSubjects(IDENTITY, [IDA], "person")).subjects).toEqual([
      "anonymous_id:1.a",
      IDA,
      "visitor_id:1.lone",
      `visitor_id:1.lone|${IDA}`,
      `visitor_id:1.shared|${IDA}`,
    ]);
  });

  it("are no device that only claims to be them, where somebody is to be shown what is theirs", async () => {
    await take(event(visitor("lone"), claim("anonymous_id:1.a"), claim(IDA)));
    expect((await findSubjects(IDENTITY, [IDA], "person", false)).subjects).toEqual([
      IDA,
      `visitor_id:1.lone|${IDA}`,
    ]);
  });

  it("are no id that a browser of theirs only names, where somebody is to be shown what is theirs", async () => {
    await take(event(proven(BEN), proven("visitor_id:1.v"), proven("anonymous_id:1.proved")));
    await take(event(claim("anonymous_id:1.overheard"), claim(IDA)));
    await take(event(visitor("v"), claim("anonymous_id:1.overheard")));
    const shown = ["anonymous_id:1.proved", BEN, "visitor_id:1.v"];
    expect((await findSubjects(IDENTITY, [BEN], "person", false)).subjects).toEqual(shown);
    expect((await findSubjects(IDENTITY, [BEN], "person")).subjects).toContain("anonymous_id:1.overheard");
  });

  it("are never those of a proven person on whose device the claim was made", async () => {
    await take(event(proven(BEN), proven("visitor_id:1.ben")), event(visitor("ben"), claim(IDA)));
    expect((await findSubjects(IDENTITY, [IDA], "person")).subjects).toEqual([
      IDA,
      `visitor_id:1.ben|${IDA}`,
    ]);
  });

  it("are found where a device claims the person by a second name", async () => {
    await take(event(visitor("v"), claim(BEN), claim(IDA)));
    expect((await findSubjects(IDENTITY, [IDA], "person")).subjects).toContain(`visitor_id:1.v|${BEN}`);
    expect((await findSubjects(IDENTITY, [BEN], "person")).subjects).not.toContain(IDA);
  });

  it("of a device are its own alone, whoever was proved on it", async () => {
    await take(event(proven(BEN), proven("visitor_id:1.v"), proven("visitor_id:1.other")));
    await take(event(visitor("v"), claim("anonymous_id:1.a")), event(visitor("v"), claim(IDA)));
    expect((await findSubjects(IDENTITY, ["visitor_id:1.v"], "device")).subjects).toEqual([
      "anonymous_id:1.a",
      "visitor_id:1.v",
      `visitor_id:1.v|${IDA}`,
    ]);
  });
});

describe("an erasure", () => {
  it("leaves a tombstone of each identifier and nothing else, and counts it", async () => {
    await take(event(proven(IDA_USER), proven(IDA), proven("visitor_id:1.v")));
    await appendConsent(db, {
      subject: "visitor_id:1.v",
      givenAt: 5,
      id: "decision-1",
      granted: ["analytics"],
      regime: "gdpr",
      source: "choice",
      evidence: "",
      expiresAt: 0,
    });
    const found = await findSubjects(IDENTITY, [IDA], "person");
    const { subjects } = found;
    const erased = await erase(found);
    expect(erased).toMatchObject({ seq: 1, subjects, decisions: ["decision-1"] });
    expect(erased.counts).toMatchObject({ identifiers: 3, decisions: 1 });
    for (const row of (await rows()).values())
      expect(row).toMatchObject({ members: null, facts: "{}", claims: "[]", sealed: null, snapshot: null });
    for (const table of ["links", "subject_keys", "consents", "identity_moves"])
      expect((await db.prepare(`SELECT * FROM ${table}`).all()).results).toEqual([]);
    expect(await suppressedAmong(IDENTITY, subjects)).toEqual(new Set(subjects));
    expect((await erasuresAfter(lake, 0))[0]).toMatchObject({ seq: 1, request: "request-1", subjects });
  });

  it("is the same when it is repeated", async () => {
    await take(event(proven(IDA)));
    await erase([IDA]);
    const before = await copy();
    const again = await erase([IDA]);
    expect(again.seq).toBe(2);
    expect(await copy()).toMatchObject({ links: before.links, consents: before.consents });
    expect(await suppressedAmong(IDENTITY, [IDA])).toEqual(new Set([IDA]));
  });

  it("leaves those who stay in the profile one profile, under another root", async () => {
    await take(event(proven("user_id:1.p"), proven("email:1.a"), proven("visitor_id:1.v")));
    await erase(["email:1.a"]);
    const all = await rows();
    for (const key of ["user_id:1.p", "visitor_id:1.v"])
      expect(all.get(key)?.members).toBe('["user_id:1.p","visitor_id:1.v"]');
    expect(all.get("email:1.a")?.members).toBeNull();
    await erase(["user_id:1.p"]);
    expect((await rows()).get("visitor_id:1.v")?.members).toBeNull();
  });

  it("holds for late and repeated events, in whatever company they come", async () => {
    const late = event(visitor("v"), claim(IDA));
    await take(event(proven(IDA), proven("visitor_id:1.v")));
    await erase(await findSubjects(IDENTITY, [IDA], "person"));
    const before = await copy();
    sent.length = 0;
    await take(late, event(proven(IDA), proven("user_id:1.new")), event(visitor("other"), claim(IDA)));
    expect(await copy()).toEqual(before);
    expect(sent).toEqual([]);
  });

  it("is not undone by a decision on consent, nor does its ledger grow", async () => {
    await take(event(visitor("v")));
    await erase(["visitor_id:1.v"]);
    const before = await copy();
    const choice = {
      receipt: "r9",
      granted: [],
      regime: "gdpr",
      givenAt: Date.now(),
      expiresAt: 0,
      despiteGpc: false,
    };
    await bindConsent(IDENTITY, "visitor_id:1.v", choice);
    await appendConsent(db, {
      subject: "visitor_id:1.v",
      givenAt: 5,
      id: "r9",
      granted: [],
      regime: "gdpr",
      source: "choice",
      evidence: "",
      expiresAt: 0,
    });
    expect(await copy()).toEqual(before);
    expect(await readLedger(db, ["visitor_id:1.v"], 10)).toEqual([]);
  });

  it("stops what another consumer has read before it and writes after it", async () => {
    await take(event(proven(IDA), proven("visitor_id:1.v")));
    const found = await findSubjects(IDENTITY, [IDA], "person");
    const { subjects } = found;
    let isErased = false;
    const between = new Proxy(db, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== "function") return value;
        if (name !== "batch") return value.bind(target) as unknown;
        return async (statements: D1PreparedStatement[]) => {
          const results = await db.batch(statements);
          // The first batch is what ingest reads.
          if (!isErased) {
            isErased = true;
            await erase(found);
          }
          return results;
        };
      },
    });
    const identity = identityShards([between]);
    await requireErasures(identity, lake, Date.now());
    const late = event(proven(IDA), proven("user_id:1.joins"));
    await ingest([envelope("race", [late])], await deps({ db: between, identity }));
    expect(await suppressedAmong(IDENTITY, subjects)).toEqual(new Set(subjects));
    const all = await rows();
    expect(all.get(IDA)).toMatchObject({ facts: "{}", claims: "[]" });
    expect(all.has("user_id:1.joins")).toBe(false);
    expect((await db.prepare("SELECT * FROM links").all()).results).toEqual([]);
  });

  it("leaves what a match rule derived of several people to the others, and their profile as it is", async () => {
    const release = {
      version: 2,
      document: releaseSchema.parse({
        ...RELEASE_1.document,
        identity: { match: { name: { traits: ["first_name", "last_name"], action: "merge" } } },
      }),
    };
    const same = proven("match-name:1.n");
    const told = (x: string, ...identifiers: IdentifierRef[]) =>
      deps({ release }).then((given) => ingest([envelope(x, [event(...identifiers)])], given));
    // Two customers who have one name, and a third identifier of the one of them.
    await told("x1", proven(IDA), same);
    await told("x2", proven("crm_id:1.ida"), same);
    const found = await findSubjects(IDENTITY, [IDA], "person");
    expect(found.whole).toEqual(["crm_id:1.ida", IDA]);
    await erase([IDA]);
    await told("x3", proven("crm_id:1.ida"), same);
    await told("x4", proven("phone:1.ida"), same);
    expect((await rows()).get("phone:1.ida")?.members).toBe(
      '["crm_id:1.ida","match-name:1.n","phone:1.ida"]',
    );
    expect(await suppressedAmong(IDENTITY, ["match-name:1.n"])).toEqual(new Set());
    const { results } = await db.prepare("SELECT node FROM links WHERE ?1 IN (node, other)").bind(IDA).all();
    expect(results).toEqual([]);
  });

  it("takes along who joined between the search and the erasure", async () => {
    await take(event(proven(IDA), proven("visitor_id:1.v")));
    const found = await findSubjects(IDENTITY, [IDA], "person");
    await take(event(proven(IDA), proven("user_id:1.joined")), event(visitor("w"), claim(IDA)));
    const erased = await erase(found);
    expect(erased.subjects).toEqual([IDA, "user_id:1.joined", "visitor_id:1.v", `visitor_id:1.w|${IDA}`]);
    expect(await suppressedAmong(IDENTITY, erased.subjects)).toEqual(new Set(erased.subjects));
  });
});

describe("a database that is restored from an older copy", () => {
  it("has erased again what was erased since, before an event is folded", async () => {
    await take(event(proven(IDA), proven("visitor_id:1.v")));
    const older = await copy();
    const { subjects } = await erase(await findSubjects(IDENTITY, [IDA], "person"));
    await restore(older);
    await take(event(proven(IDA)), event(visitor("w")));
    expect(await suppressedAmong(IDENTITY, subjects)).toEqual(new Set(subjects));
    expect((await rows()).get(IDA)).toMatchObject({ facts: "{}", sealed: null });
    expect((await rows()).has("visitor_id:1.w")).toBe(true);
  });

  it("has erased again what was erased since, before anything is delivered", async () => {
    await take(event(proven(IDA)));
    const older = await copy();
    await erase([IDA]);
    await restore(older);
    const current = await requireConsent(IDENTITY, lake, [IDA], Date.now());
    expect(current.get(IDA)?.some(({ suppressed }) => suppressed)).toBe(true);
  });

  it("refuses to be used while the log cannot be read", async () => {
    await take(event(proven(IDA)));
    const older = await copy();
    await erase([IDA]);
    await restore(older);
    const down = { list: () => Promise.reject(new Error("R2 is down")) } as unknown as R2Bucket;
    await expect(requireConsent(IDENTITY, down, [IDA], Date.now())).rejects.toThrow("R2 is down");
    await expect(
      deps({ lake: down }).then((given) => ingest([envelope("x", [event(proven(IDA))])], given)),
    ).rejects.toThrow("R2 is down");
  });

  it("does again erasures and lifts in their order", async () => {
    await take(event(proven(IDA)), event(proven(BEN)));
    const older = await copy();
    await erase([IDA], "one");
    await liftSuppression(IDENTITY, lake, { request: "two", subjects: [IDA], now: Date.now() });
    await erase([BEN], "three");
    await restore(older);
    expect(await requireErasures(IDENTITY, lake, Date.now())).toBe(3);
    expect(await suppressedAmong(IDENTITY, [IDA, BEN])).toEqual(new Set([BEN]));
  });
});

describe("the log", () => {
  it("has no gap and no number twice when many erase at once", async () => {
    await Promise.all(Array.from({ length: 12 }, (_, n) => erase([`user_id:1.p${n}`], `request-${n}`)));
    const log = await erasuresAfter(lake, 0);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, n) => n + 1));
    expect(new Set(log.flatMap(({ subjects }) => subjects)).size).toBe(12);
    const all = Array.from({ length: 12 }, (_, n) => `user_id:1.p${n}`);
    expect((await suppressedAmong(IDENTITY, all)).size).toBe(12);
  });

  it("is asked once a minute, or where the database knows less than it did", async () => {
    const now = Date.now();
    await requireErasures(IDENTITY, lake, now);
    expect(hasErasures(IDENTITY, 0, now + 1_000)).toBe(true);
    expect(hasErasures(IDENTITY, 3, now + 2_000)).toBe(true);
    expect(hasErasures(IDENTITY, 2, now + 3_000)).toBe(false);
    expect(hasErasures(IDENTITY, 3, now + 61_000)).toBe(false);
  });
});

describe("a suppression", () => {
  it("can be lifted, and what was erased stays erased", async () => {
    await take(event(proven(IDA)));
    await erase([IDA]);
    expect(
      await liftSuppression(IDENTITY, lake, { request: "lift", subjects: [IDA, BEN], now: Date.now() }),
    ).toEqual([IDA]);
    expect((await rows()).has(IDA)).toBe(false);
    await take(event(proven(IDA)));
    expect((await rows()).get(IDA)?.claims).not.toBe("[]");
    expect((await currentConsent(IDENTITY, [IDA])).get(IDA)).toBeUndefined();
  });
});
