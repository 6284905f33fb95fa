import { describe, expect, it } from "vitest";
import { addEvents, countImpression, recentEvents, type Session, startSession } from "#door/session";
import { openSession, readSession, sealSession, writeSession } from "#door/session-cookie";
import { keyForSession, newVisitor, packVisitorId, readVisitor } from "#door/visitor";
import { type Keyring, keyring } from "#privacy/keys";

const keys = await keyring("test-master-secret-0123456789abcdef");
const NOW = Date.UTC(2026, 10, 22);
const DAY = 86_400_000;
const random = () => crypto.getRandomValues(new Uint8Array(16));

const packSession = (key: Keyring["session"], session: Session, visitor: string) =>
  sealSession(key, writeSession(session), visitor);

async function unpackSession(key: Keyring["session"], value: string, visitor: string) {
  const text = await openSession(key, value, visitor);
  return text === undefined ? undefined : readSession(text);
}

describe("the session cookie", () => {
  it("fits into 1 kB, whatever the session has seen, by forgetting the oldest events", async () => {
    const session = startSession(crypto.randomUUID(), NOW, undefined, true);
    for (let i = 0; i < 60; i++)
      addEvents(session, [
        {
          at: NOW + i,
          name: "page_view",
          fields: { "content.topic": `topic-${i}-${"x".repeat(60)}` },
        },
      ]);
    const value = await packSession(keys.session, session, "visitor");
    expect(value.length).toBeLessThanOrEqual(1024 - "ds_session=".length);
    const read = await unpackSession(keys.session, value, "visitor");
    const recent = read && recentEvents(read);
    expect(recent?.at(-1)).toMatchObject({ at: NOW + 59, name: "page_view" });
    expect(recent?.length).toBeGreaterThan(2);
  });

  it("fits also with topics in any script, and still opens", async () => {
    const session = startSession(crypto.randomUUID(), NOW, undefined, true);
    for (let i = 0; i < 24; i++)
      addEvents(session, [
        {
          at: NOW + i,
          name: "page_view",
          fields: { "content.topic": "冬".repeat(60) },
        },
      ]);
    const value = await packSession(keys.session, session, "visitor");
    expect(value.length).toBeLessThanOrEqual(1024 - "ds_session=".length);
    expect(await unpackSession(keys.session, value, "visitor")).toBeDefined();
  });

  it("counts the impressions of some offers only, so that packing it stays cheap", async () => {
    const session = startSession("s", NOW, undefined, true);
    for (let i = 0; i < 3_000; i++) countImpression(session, `offer-${i}`, NOW);
    expect(Object.keys(session.impressions)).toHaveLength(40);
    expect((await packSession(keys.session, session, "v")).length).toBeLessThanOrEqual(1013);
  });

  it("comes back exactly as it was", async () => {
    const session = { ...startSession("s", NOW, undefined, false), campaign: { source: "news" } };
    addEvents(session, [{ at: NOW + 7, name: "purchase", fields: { value: 12.5 } }]);
    expect(await unpackSession(keys.session, await packSession(keys.session, session, "v"), "v")).toEqual(
      session,
    );
  });

  it.each([
    ["another visitor's", (value: string) => [value, "other"]],
    ["a changed one", (value: string) => [`${value.slice(0, -2)}AA`, "v"]],
    ["a cut one", (value: string) => [value.slice(0, 20), "v"]],
    ["nonsense", () => ["1.%%%", "v"]],
    ["a very long one", () => [`1.${"A".repeat(5000)}`, "v"]],
  ] as const)("%s opens nothing", async (_title, change) => {
    const value = await packSession(keys.session, startSession("s", NOW, undefined, true), "v");
    const [forged, visitor] = change(value);
    expect(await unpackSession(keys.session, forged ?? "", visitor ?? "")).toBeUndefined();
  });
});

describe("the id cookie", () => {
  it("names the visitor it was signed for, for 395 days, and is renewed on the way", async () => {
    const { id, key } = await newVisitor(keys, random());
    const cookie = await packVisitorId(keys, id, NOW);
    expect(await readVisitor(keys, cookie, undefined, NOW)).toMatchObject({ id, key, renew: false });
    expect(await readVisitor(keys, cookie, undefined, NOW + 40 * DAY)).toMatchObject({ id, renew: true });
    expect(await readVisitor(keys, cookie, undefined, NOW + 396 * DAY)).toEqual({});
  });

  it("and its session are read once for requests that change nothing; who changes it has one of their own", async () => {
    const { id } = await newVisitor(keys, random());
    const cookie = await packVisitorId(keys, id, NOW);
    const sealed = await packSession(keys.session, startSession("s", NOW, undefined, true), id);
    const read = async (readsOnly: boolean) =>
      (await readVisitor(keys, cookie, sealed, NOW, readsOnly)).session;
    const shared = await read(true);
    const own = await read(false);
    if (own) addEvents(own, [{ at: NOW, name: "page_view", fields: {} }]);
    expect(own?.recent).toHaveLength(1);
    expect(await read(true)).toBe(shared);
    expect(shared?.recent).toEqual([]);
    expect((await read(false))?.recent).toEqual([]);
  });

  it("is believed by a session that was sealed for it within a month; by no other, and not while keys change", async () => {
    const { id, key } = await newVisitor(keys, random());
    const [v, text, day] = (await packVisitorId(keys, id, NOW)).split(".");
    const unsigned = (n: number) => `${v}.${text}.${day}.${"A".repeat(21)}${"AQgw"[n]}`;
    const sealedAt = (at: number, visitor = id, ring = keys) =>
      packSession(ring.session, startSession("s", at, undefined, true), visitor);
    const { id: other } = await newVisitor(keys, random());
    const read = (n: number, sealed: string, now = NOW, ring = keys) =>
      readVisitor(ring, unsigned(n), sealed, now);
    expect(await read(0, await sealedAt(NOW, other))).toEqual({});
    expect(await read(0, await sealedAt(NOW), NOW + 30 * DAY)).toEqual({});
    expect(await read(0, `${(await sealedAt(NOW)).slice(0, -2)}AA`)).toEqual({});
    expect(await read(0, "")).toEqual({});
    expect(await read(0, await sealedAt(NOW))).toMatchObject({ id, key, session: { id: "s" } });

    const before = "test-master-secret-0123456789abcdef";
    const rotated = await keyring({
      MASTER_SECRET: "another-master-secret-0123456789ab",
      MASTER_SECRET_VERSION: 2,
      TENANT: "doorstep",
      MASTER_SECRETS_BEFORE: { 1: before },
    });
    expect(await read(1, await sealedAt(NOW, id, rotated), NOW, rotated)).toEqual({});
    expect(await readVisitor(rotated, await packVisitorId(rotated, id, NOW), undefined, NOW)).toMatchObject({
      key,
    });
  });

  it("comes with its visitor's key in the session, unless that names another version, is old, or was sealed for another", async () => {
    const { id, key } = await newVisitor(keys, random());
    const { id: other } = await newVisitor(keys, random());
    const cookie = await packVisitorId(keys, id, NOW);
    const sealed = (of: string | undefined, visitor = id, at = NOW) =>
      packSession(keys.session, { ...startSession("s", at, undefined, true), key: of }, visitor);
    /** As an isolate finds it that has seen nobody. */
    const keyOf = async (session: string, sent = cookie) =>
      (await readVisitor({ ...keys }, sent, session, NOW)).key;
    expect(keyForSession(key)).toBe(key.slice("visitor_id:".length));
    // Any that we sealed is believed.
    expect(await keyOf(await sealed("1.AAAAAAAAAAAAAAAAAAAAAA"))).toBe("visitor_id:1.AAAAAAAAAAAAAAAAAAAAAA");
    for (const session of [
      await sealed("2.AAAAAAAAAAAAAAAAAAAAAA"),
      await sealed("11.AAAAAAAAAAAAAAAAAAAAAA"),
      await sealed(undefined),
      await sealed("1.AAAAAAAAAAAAAAAAAAAAAA", id, NOW - 31 * DAY),
      await sealed("1.AAAAAAAAAAAAAAAAAAAAAA", other),
    ])
      expect(await keyOf(session)).toBe(key);
    // It names the visitor that it was sealed for, and so nobody under a version that it does not say.
    expect(await keyOf(await sealed(keyForSession(key)), `2${cookie.slice(1)}`)).toBeUndefined();
  });

  it("has no key from a session of a secret that is not the current one any more, nor from any while one is refused", async () => {
    const before = { 1: "test-master-secret-0123456789abcdef" };
    const rotated = { MASTER_SECRET: "another-master-secret-0123456789ab", MASTER_SECRET_VERSION: 2 };
    const given = { ...rotated, TENANT: "doorstep", MASTER_SECRETS_BEFORE: before };
    const [now, refusing] = [await keyring(given), await keyring({ ...given, MASTER_SECRETS_REFUSED: [1] })];
    const { id, key } = await newVisitor(now, random());
    const cookie = await packVisitorId(now, id, NOW);
    /** Whoever had the secret wrote another's key into it; an event since then sealed it anew. */
    const forged = { ...startSession("s", NOW, undefined, true), key: "2.AAAAAAAAAAAAAAAAAAAAAA" };
    const keyOf = async (ring: Keyring, sealedBy: Keyring) =>
      (await readVisitor({ ...ring }, cookie, await packSession(sealedBy.session, forged, id), NOW)).key;
    expect(await keyOf(now, keys)).toBe(key);
    expect(await keyOf(refusing, refusing)).toBe(key);
    expect(await keyOf(now, now)).toBe("visitor_id:2.AAAAAAAAAAAAAAAAAAAAAA");
    // Nor is a signature believed without a look at it.
    const unsigned = `${cookie.slice(0, -22)}${"A".repeat(22)}`;
    const sealed = await packSession(refusing.session, forged, id);
    expect(await readVisitor(refusing, unsigned, sealed, NOW)).toEqual({});
  });

  it("names nobody when it is forged, foreign or from the future", async () => {
    const mine = await packVisitorId(keys, (await newVisitor(keys, random())).id, NOW);
    const [v, id, day, signature] = mine.split(".");
    const { id: victim } = await newVisitor(keys, random());
    const foreign = await packVisitorId(await keyring("another-master-secret-0123456789ab"), victim, NOW);
    for (const forged of [
      `${v}.${victim}.${day}.${signature}`,
      `${v}.${id}.zzz.${signature}`,
      foreign,
      `${mine}x`,
      "",
      "1...",
      "2.a.b.c",
      "x".repeat(500),
    ]) {
      expect(await readVisitor(keys, forged, undefined, NOW)).toEqual({});
    }
    expect(await readVisitor(keys, await packVisitorId(keys, victim, NOW + 5 * DAY), undefined, NOW)).toEqual(
      {},
    );
  });
});
