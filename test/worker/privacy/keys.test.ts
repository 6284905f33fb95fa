/** Keys through rotations: what one version made, the later ones read; and nothing else. */
import { describe, expect, it } from "vitest";
import { unpackConsent } from "#consent/cookie";
import { openIngress, sealIngress } from "#privacy/ingress";
import { type Keyring, keyring } from "#privacy/keys";
import { identifierKey, knownKeys, otherIdentifierKeys } from "#privacy/lookup";
import { open, seal } from "#privacy/seal";
import { signText, verifyText } from "#privacy/sign";
import { newSubjectKey, openSubjectKey } from "#privacy/subject-key";
import { FIRST, ringOf, SECOND } from "./rings.ts";

const [one, two, three] = await Promise.all([ringOf(1), ringOf(2), ringOf(3)]);

/** Made with node:crypto by the formats of before keys had versions, with FIRST. */
const BEFORE = {
  userKey: "user_id:1.ByQsuhR6jsjxhEjpuuxh0A",
  consent:
    "1.eyJwIjoiYW0iLCJyIjoiZ2RwciIsInQiOjE3OTM0OTEyMDAwMDAsIngiOjE4MjUwMjcyMDAsImkiOiJyLTEifQ.WqhRNusUzWrUvC9CDfjFPA",
  sealed: "1.CQkJCQkJCQkJCQkJGhAkCHVznqlqqzYkwPKgRMmwNZHErtPiO1iWsYdeR8BU1NLW21jktQDMCA",
};

const PLACE = ["session", "p"] as const;

describe("what was made before the first rotation", () => {
  it.each([
    ["version 1", one],
    ["version 2", two],
    ["version 3", three],
  ])("is read under %s", async (_title, ring) => {
    expect(await openIngress(ring.ingress, BEFORE.sealed, ["event", "e-1"])).toBe(
      '{"email":"ida@example.com"}',
    );
    expect(await unpackConsent(ring.cookie, BEFORE.consent)).toMatchObject({
      receipt: "r-1",
      granted: ["analytics", "marketing"],
    });
    expect(await knownKeys(ring, "user_id", "u-1")).toContain(BEFORE.userKey);
  });
});

describe("a ring", () => {
  it("is version 1 where one secret is all that there is, however it is given", async () => {
    expect(await keyring(FIRST)).toBe(one);
    expect(one.lookup).toMatchObject({ version: "1", others: [] });
  });
  it("has its other versions newest first", () => {
    const { cookie, session, lookup, wrap, ingress } = three;
    for (const { version, others } of [
      cookie,
      session,
      lookup,
      wrap,
      { ...ingress.current, others: ingress.others },
    ])
      expect([version, ...others.map((other) => other.version)]).toEqual(["3", "2", "1"]);
  });
  it("has other keys for each use and each version, also of the same secret", async () => {
    const alone = await keyring({
      MASTER_SECRET: FIRST,
      MASTER_SECRET_VERSION: 2,
      MASTER_SECRETS_BEFORE: { "1": SECOND },
      TENANT: "doorstep",
    });
    const signatures = await Promise.all(
      [one.cookie, two.cookie, three.cookie, alone.cookie].map((key) => signText(key, "consent:x")),
    );
    expect(new Set(signatures).size).toBe(4);
    expect(await open(one.session, await seal(one.wrap, "x", ["use", "p"]), ["use", "p"])).toBeUndefined();
  });
});

describe("a signature", () => {
  it("is made by the current key, and holds by the key of any version that the ring has", async () => {
    const [first, third] = await Promise.all([signText(one.cookie, "t"), signText(three.cookie, "t")]);
    expect(await verifyText(three.cookie, "t", first)).toBe(true);
    expect(await verifyText(three.cookie, "t", third)).toBe(true);
    expect(await verifyText(two.cookie, "t", third)).toBe(false);
    expect(await verifyText(three.cookie, "u", first)).toBe(false);
  });
  it.each([[""], ["%%%"], ["AAAA"], ["A".repeat(22)], ["1.x"]])("is none: %j", async (signature) => {
    expect(await verifyText(three.cookie, "t", signature)).toBe(false);
  });
});

describe("a sealed text", () => {
  it("says the version of the key that sealed it, and opens under any ring that has it", async () => {
    for (const [version, ring] of [
      ["1", one],
      ["2", two],
      ["3", three],
    ] as const) {
      const sealed = await seal(ring.session, "secret", PLACE);
      expect(sealed.slice(0, 4)).toBe(`${version}-0.`);
      expect(await open(three.session, sealed, PLACE)).toBe("secret");
      expect(await open(three.session, sealed, ["session", "other"])).toBeUndefined();
    }
  });
  it("of a version that the ring lacks opens as little as a forged one, and throws nothing", async () => {
    const sealed = await seal(two.session, "secret", PLACE);
    const body = sealed.slice(4);
    expect(await open(one.session, sealed, PLACE)).toBeUndefined();
    for (const name of [
      ...["9", "01", "1", "2", "", " 2", "2 ", "-2", "__proto__", "constructor", "length", "0"],
      ...["9-0", "1-0", "2-", "2-1", "2-00", "02-0", "-0", "2-0-0", "2--0", " 2-0", "__proto__-0"],
    ])
      expect(await open(three.session, `${name}.${body}`, PLACE), name).toBeUndefined();
    for (const text of ["", ".", "2", "2.", "2.AAAA", "2-0", "2-0.", "2-0.AAAA", `2-0.${body}AA`])
      expect(await open(three.session, text, PLACE), text).toBeUndefined();
  });
  it("of a subject's own key, wrapped before a rotation, still opens", async () => {
    const { key, wrapped } = await newSubjectKey(one.wrap, "email:1.x");
    const sealed = await seal(key, "ida", ["trait", "email:1.x", "first_name"]);
    const again = await openSubjectKey(three.wrap, "email:1.x", wrapped);
    expect(again && (await open(again, sealed, ["trait", "email:1.x", "first_name"]))).toBe("ida");
    expect(await openSubjectKey(three.wrap, "email:1.y", wrapped)).toBeUndefined();
    expect(await openSubjectKey((await keyring(SECOND)).wrap, "email:1.x", wrapped)).toBeUndefined();
  });
});

describe("an identifier", () => {
  const keysIn = (ring: Keyring) => knownKeys(ring, "email", "ida@example.com");

  it("is named by the current version, and known by all, the current first and then the newest", async () => {
    const [v3, v2, v1] = await keysIn(three);
    expect([v3, v2, v1].map((key) => key?.slice(0, 8))).toEqual(["email:3.", "email:2.", "email:1."]);
    expect(await identifierKey(three.lookup, "email", "ida@example.com")).toBe(v3);
    expect(await otherIdentifierKeys(three.lookup, "email", "ida@example.com")).toEqual([v2, v1]);
    expect(await keysIn(one)).toEqual([v1]);
    expect(await keysIn(two)).toEqual([v2, v1]);
  });
  it("has no others before the first rotation", async () => {
    expect(await otherIdentifierKeys(one.lookup, "email", "ida@example.com")).toEqual([]);
  });
});

describe("the next secret, brought in before it is used", () => {
  it("is read and not written with, so that no isolate meets what it cannot open", async () => {
    const ahead = await keyring({
      MASTER_SECRET: FIRST,
      MASTER_SECRET_VERSION: 1,
      MASTER_SECRETS_BEFORE: { "2": SECOND },
      TENANT: "doorstep",
    });
    const NOW = Date.UTC(2026, 10, 22);
    const by = (ring: Keyring) => sealIngress(ring.ingress, "x", PLACE, NOW);
    expect(await openIngress(ahead.ingress, await by(two), PLACE)).toBe("x");
    expect(await openIngress(one.ingress, await by(ahead), PLACE)).toBe("x");
    expect(await verifyText(ahead.cookie, "t", await signText(two.cookie, "t"))).toBe(true);
    expect(await knownKeys(ahead, "user_id", "u-1")).toEqual([
      BEFORE.userKey,
      await identifierKey(two.lookup, "user_id", "u-1"),
    ]);
  });
});
