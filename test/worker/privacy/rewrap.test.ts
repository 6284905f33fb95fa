/** The rotation job over real D1: bounded, goes on where it stopped, undoes no erasure, and needs the old key no more. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { keysRoutes } from "#console/keys-routes";
import { checkReady } from "#door/health";
import type { Keyring } from "#privacy/keys";
import { keyring } from "#privacy/keys";
import { keysStatus, rewrapSubjectKeys, subjectKeysOpen } from "#privacy/rewrap";
import { open, seal } from "#privacy/seal";
import { signText, verifyText } from "#privacy/sign";
import { newSubjectKey, openSubjectKey } from "#privacy/subject-key";
import { createTables, databasesOf } from "../identity/histories/databases.ts";
import { ringOf, secretsOf } from "./rings.ts";

const [one, two, three] = await Promise.all([ringOf(1), ringOf(2), ringOf(3)]);
const db = env.IDENTITY_0;
const NOW = Date.UTC(2026, 10, 22);
const HOUR = 3_600_000;

beforeEach(async () => {
  await db.batch([
    db.prepare("DELETE FROM subject_keys"),
    db.prepare("DELETE FROM jobs WHERE name = 'rotation'"),
  ]);
});

/** The ring of version 2 without the key that version 1 wrapped with. */
const withoutOldWrap: Keyring = { ...two, wrap: { ...two.wrap, others: [] } };

async function addKey(ring: Keyring, subject: string): Promise<string> {
  const { key, wrapped } = await newSubjectKey(ring.wrap, subject);
  await put(subject, wrapped);
  return seal(key, `of ${subject}`, ["trait", subject, "city"]);
}

const put = (subject: string, wrapped: string) =>
  db
    .prepare("INSERT OR REPLACE INTO subject_keys (subject, wrapped, created_at) VALUES (?1, ?2, 0)")
    .bind(subject, wrapped)
    .run();

const stored = async () =>
  new Map(
    (
      await db
        .prepare("SELECT subject, wrapped FROM subject_keys")
        .all<{ subject: string; wrapped: string }>()
    ).results.map(({ subject, wrapped }) => [subject, wrapped]),
  );

async function readBy(ring: Keyring, subject: string, sealed: string): Promise<string | undefined> {
  const wrapped = (await stored()).get(subject);
  const key = wrapped === undefined ? undefined : await openSubjectKey(ring.wrap, subject, wrapped);
  return key && open(key, sealed, ["trait", subject, "city"]);
}

async function status(ring: Keyring) {
  const response = await keysRoutes({ databases: [db], keys: async () => ring }).request("/keys");
  return { body: await response.json(), cache: response.headers.get("cache-control") };
}

/** Runs until it is done. @returns how many runs it took */
async function finish(ring: Keyring, limit: number, from = NOW): Promise<number> {
  for (let run = 1; run < 200; run++)
    if ((await rewrapSubjectKeys([db], ring, limit, from + run * 60_000)).done) return run;
  throw new Error("it is never done");
}

const subjects = Array.from({ length: 23 }, (_, i) => `email:1.${String(i).padStart(2, "0")}`);

describe("after a rotation", () => {
  it("every subject's key is wrapped anew, a bounded number each run, and the old wrap key is needed for none", async () => {
    const sealed = new Map<string, string>();
    for (const subject of subjects) sealed.set(subject, await addKey(one, subject));
    expect((await status(two)).body).toEqual({
      version: 2,
      versions: [2, 1],
      rewrap: { done: false, rewrapped: 0, remaining: 23 },
    });
    expect(await rewrapSubjectKeys([db], two, 10, NOW)).toEqual({ done: false, rewrapped: 10 });
    expect((await status(two)).body).toMatchObject({ rewrap: { done: false, rewrapped: 10, remaining: 13 } });
    await finish(two, 10);
    expect(await status(two)).toEqual({
      body: { version: 2, versions: [2, 1], rewrap: { done: true, rewrapped: 23, remaining: 0 } },
      cache: "no-store",
    });
    for (const [subject, text] of sealed)
      expect(await readBy(withoutOldWrap, subject, text)).toBe(`of ${subject}`);
  });

  it("it does nothing once it is done, and begins again with the next version", async () => {
    const text = await addKey(one, "email:1.a");
    await finish(two, 10);
    const before = await stored();
    expect(await rewrapSubjectKeys([db], two, 10, NOW + 9 * HOUR)).toEqual({ done: true, rewrapped: 0 });
    expect(await stored()).toEqual(before);
    expect(await rewrapSubjectKeys([db], three, 10, NOW + 9 * HOUR)).toEqual({ done: false, rewrapped: 1 });
    expect(await readBy({ ...three, wrap: { ...three.wrap, others: [] } }, "email:1.a", text)).toBe(
      "of email:1.a",
    );
  });

  it("keys that an isolate with the old settings still wraps are found: it is not done before that can be", async () => {
    await addKey(one, "email:1.b");
    await rewrapSubjectKeys([db], two, 10, NOW);
    await rewrapSubjectKeys([db], two, 10, NOW + 60_000);
    const late = await addKey(one, "email:1.a"); // before the cursor, after the first pass
    expect((await rewrapSubjectKeys([db], two, 10, NOW + 120_000)).done).toBe(false);
    await finish(two, 10, NOW + 120_000);
    expect(await readBy(withoutOldWrap, "email:1.a", late)).toBe("of email:1.a");
  });

  it("a schedule that runs with the settings of before wraps nothing back, and has the job look once more", async () => {
    await addKey(one, "email:1.a");
    await finish(two, 10);
    const before = await stored();
    expect(await rewrapSubjectKeys([db], one, 10, NOW + HOUR)).toEqual({ done: false, rewrapped: 0 });
    expect(await stored()).toEqual(before);
    await addKey(one, "email:1.c");
    expect((await rewrapSubjectKeys([db], two, 10, NOW + 2 * HOUR)).rewrapped).toBe(1);
  });

  it("a key that opens under no version is left, and told as remaining", async () => {
    await put("email:1.x", "1-0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    await addKey(one, "email:1.a");
    await finish(two, 1);
    expect((await status(two)).body).toMatchObject({ rewrap: { done: false, rewrapped: 1, remaining: 1 } });
    expect((await stored()).get("email:1.x")).toMatch(/^1-0\.A+$/);
  });

  it("keys of before there were tenants are wrapped in the form of now, also without a rotation", async () => {
    const text = new TextEncoder();
    const iv = new Uint8Array(12).fill(7);
    const bytes = new Uint8Array(32).fill(9).toBase64({ alphabet: "base64url", omitPadding: true });
    const algorithm = { name: "AES-GCM", iv, additionalData: text.encode("subject:email:1.old") };
    const cipher = await crypto.subtle.encrypt(algorithm, one.wrap.key, text.encode(bytes));
    const packed = new Uint8Array([...iv, ...new Uint8Array(cipher)]);
    await put("email:1.old", `1.${packed.toBase64({ alphabet: "base64url", omitPadding: true })}`);
    expect((await rewrapSubjectKeys([db], one, 10, NOW)).rewrapped).toBe(1);
    const wrapped = (await stored()).get("email:1.old") ?? "";
    expect(wrapped).toMatch(/^1-0\./);
    expect(await openSubjectKey(one.wrap, "email:1.old", wrapped)).toBeDefined();
  });
});

describe("over several databases", () => {
  it("each is gone through by itself, also one that is restored to before the rotation", async () => {
    const object = env.DESTINATION.get(env.DESTINATION.idFromName("rewrap"));
    await runInDurableObject(object, async (_instance, { storage }) => {
      createTables(storage, env.TEST_MIGRATIONS, 2);
      const [first, second] = databasesOf(storage, 2);
      if (!first || !second) throw new Error("there are two");
      const all = [first, second];
      const old = (await newSubjectKey(one.wrap, "email:1.a")).wrapped;
      const write = (into: D1Database) =>
        into
          .prepare("INSERT INTO subject_keys (subject, wrapped, created_at) VALUES ('email:1.a', ?1, 0)")
          .bind(old);
      for (const into of all) await write(into).run();
      expect((await keysStatus(all, two)).rewrap).toEqual({ done: false, rewrapped: 0, remaining: 2 });
      expect((await rewrapSubjectKeys(all, two, 10, NOW)).rewrapped).toBe(2);
      expect((await rewrapSubjectKeys(all, two, 10, NOW + HOUR)).done).toBe(true);
      expect((await keysStatus(all, two)).rewrap).toEqual({ done: true, rewrapped: 2, remaining: 0 });
      await second.batch([
        second.prepare("DELETE FROM subject_keys"),
        write(second),
        second.prepare("DELETE FROM jobs WHERE name = 'rotation'"),
      ]);
      expect(await rewrapSubjectKeys(all, two, 10, NOW + 2 * HOUR)).toEqual({ done: false, rewrapped: 1 });
      expect((await keysStatus(all, two)).rewrap.remaining).toBe(0);
    });
  });
});

describe("an erasure while it runs", () => {
  /** D1 that lets something happen just before the first change is written. */
  function meanwhile(happens: () => Promise<unknown>): D1Database {
    let waits = true;
    return new Proxy(db, {
      get(target, name) {
        const own: unknown = Reflect.get(target, name);
        if (name !== "prepare") return typeof own === "function" ? own.bind(target) : own;
        return (sql: string) => {
          const statement = target.prepare(sql);
          if (!sql.startsWith("UPDATE subject_keys")) return statement;
          return {
            bind: (...values: unknown[]) => ({
              run: async () => {
                if (waits) await happens();
                waits = false;
                return statement.bind(...values).run();
              },
            }),
          };
        };
      },
    });
  }

  it("is never undone: a key that was destroyed between reading and writing stays destroyed", async () => {
    await addKey(one, "email:1.a");
    await addKey(one, "email:1.b");
    const erase = () => db.prepare("DELETE FROM subject_keys WHERE subject = 'email:1.a'").run();
    expect(await rewrapSubjectKeys([meanwhile(erase)], two, 10, NOW)).toEqual({ done: false, rewrapped: 1 });
    expect([...(await stored()).keys()]).toEqual(["email:1.b"]);
  });

  it("and a new key that the subject got meanwhile is not replaced by the old one", async () => {
    await addKey(one, "email:1.a");
    const renew = () => addKey(two, "email:1.a");
    await rewrapSubjectKeys([meanwhile(renew)], two, 10, NOW);
    const now = (await stored()).get("email:1.a");
    await finish(two, 10);
    expect((await stored()).get("email:1.a")).toBe(now);
  });

  it("two runs at once wrap each key once, and lose none", async () => {
    for (const subject of subjects) await addKey(one, subject);
    const both = await Promise.all([
      rewrapSubjectKeys([db], two, 50, NOW),
      rewrapSubjectKeys([db], two, 50, NOW),
    ]);
    expect(both.reduce((sum, { rewrapped }) => sum + rewrapped, 0)).toBe(23);
    expect((await status(two)).body).toMatchObject({ rewrap: { remaining: 0 } });
  });
});

const refusing = await keyring({ ...secretsOf(3), MASTER_SECRETS_REFUSED: [2] });

describe("a version that has leaked", () => {
  it("signs and seals no cookie that is still believed, and all else of it is read", async () => {
    expect(await verifyText(refusing.cookie, "id:x", await signText(two.cookie, "id:x"))).toBe(false);
    expect(await verifyText(refusing.cookie, "id:x", await signText(one.cookie, "id:x"))).toBe(true);
    const session = await seal(two.session, "s", ["session", "v"]);
    expect(await open(refusing.session, session, ["session", "v"])).toBeUndefined();
    expect(await open(three.session, session, ["session", "v"])).toBe("s");
    const { wrapped } = await newSubjectKey(two.wrap, "email:1.a");
    expect(await openSubjectKey(refusing.wrap, "email:1.a", wrapped)).toBeDefined();
    expect(refusing.lookup.others.map(({ version }) => version)).toEqual(["2", "1"]);
  });
  it("cannot be the current one", async () => {
    await expect(keyring({ ...secretsOf(2), MASTER_SECRETS_REFUSED: [2] })).rejects.toThrow(
      "cannot be refused",
    );
  });
});

describe("readiness", () => {
  const ready = async (ring: Keyring) =>
    (
      await checkReady(
        [db],
        env.EDGE,
        async () => ring,
        async () => {},
      )
    ).checks.keys;

  it("a Worker whose settings open no person's key is not ready: another tenant, another secret", async () => {
    expect(await ready(one)).toBe("ok");
    await addKey(one, "email:1.a");
    expect(await ready(one)).toBe("ok");
    expect(await ready(two)).toBe("ok");
    expect(await ready(await keyring({ ...secretsOf(1), TENANT: "renamed" }))).toBe("failed");
    expect(await ready(await keyring("an entirely other master secret, as long"))).toBe("failed");
  });

  it("one damaged key among others stops nothing", async () => {
    await put("email:1.a", "1-0.damaged");
    await addKey(one, "email:1.b");
    expect(await subjectKeysOpen(db, one)).toBe(true);
  });
});
