/** Cookies through rotations of the master secret: a visitor stays who they are. */
import { describe, expect, it } from "vitest";
import { packConsent, unpackConsent } from "#consent/cookie";
import { startSession } from "#door/session";
import { openSession, readSession, sealSession, writeSession } from "#door/session-cookie";
import { newVisitor, packVisitorId, readVisitor } from "#door/visitor";
import { keyring } from "#privacy/keys";
import { signText } from "#privacy/sign";
import { ringOf, SECOND } from "./rings.ts";

const [one, two, three] = await Promise.all([ringOf(1), ringOf(2), ringOf(3)]);
const NOW = Date.UTC(2026, 10, 22);
const DAY = 86_400_000;
const random = () => crypto.getRandomValues(new Uint8Array(16));

/** Made with node:crypto by the formats of before keys had versions. */
const BEFORE = {
  id: "1.AQIDBAUGBwgJCgsMDQ4PEA.g17.CSlflIhIbryUFUZPCwAojw",
  key: "visitor_id:1.FRbzXfgmOibA4EYdW-0QOA",
  session:
    "1.BwcHBwcHBwcHBwcHdxHYfRMKeeiqoshhwlCtzZWfAi7_3jCgfbWNWcXRE3Ey1GQk-gGJOJkKJSvk-fTSkg_ZsGDNChJ7-0cyQsLJpGNQHN75RtRFBQ-zjClMM6oD9KYVTdn_9-bLxw",
};

describe("cookies from before keys had versions", () => {
  it.each([
    ["version 1", one],
    ["version 2", two],
    ["version 3", three],
  ])("name the same visitor with the same key, and open their session, under %s", async (_title, ring) => {
    expect(await readVisitor(ring, BEFORE.id, BEFORE.session, NOW)).toMatchObject({
      key: BEFORE.key,
      session: { id: "s1", number: 3, recent: [["purchase", ["value"], [12.5, expect.any(Number)]]] },
    });
  });
});

describe("the id cookie through a rotation", () => {
  it("keeps its visitor's key, also when it is issued again, and again", async () => {
    const { id, key } = await newVisitor(one, random());
    const first = await packVisitorId(one, id, NOW);
    const later = await readVisitor(two, first, undefined, NOW + 40 * DAY);
    expect(later).toMatchObject({ id, key, renew: true });
    const second = await packVisitorId(two, later.id ?? "", NOW + 40 * DAY);
    expect(second.slice(0, 2)).toBe("1.");
    expect(second).not.toBe(first);
    const third = await packVisitorId(three, id, NOW + 80 * DAY);
    for (const [cookie, ring] of [
      [second, two],
      [second, three],
      [third, three],
    ] as const)
      expect(await readVisitor(ring, cookie, undefined, NOW + 80 * DAY)).toMatchObject({ id, key });
  });

  it("gives a new visitor the current version", async () => {
    const { id, key } = await newVisitor(two, random());
    expect([id.slice(0, 2), key.slice(0, 13)]).toEqual(["2.", "visitor_id:2."]);
    const cookie = await packVisitorId(two, id, NOW);
    expect(await readVisitor(three, cookie, undefined, NOW)).toMatchObject({ id, key });
  });

  it("names nobody with a version that is forged, even one that the ring has", async () => {
    const mine = await packVisitorId(two, (await newVisitor(two, random())).id, NOW);
    const rest = mine.slice(mine.indexOf("."));
    expect(await readVisitor(three, mine, undefined, NOW)).toHaveProperty("key");
    for (const version of ["1", "3", "9", "02", " 2", "", "0", "-1", "__proto__", "constructor", "toString"])
      expect(await readVisitor(three, version + rest, undefined, NOW), version).toEqual({});
  });

  it("of a version that the ring lacks names nobody, even where its signature holds, and throws nothing", async () => {
    const two_ = await packVisitorId(two, (await newVisitor(two, random())).id, NOW);
    expect(await readVisitor(one, two_, undefined, NOW)).toEqual({});
    const body = `9.${BEFORE.id.split(".")[1]}.g17`;
    const signed = `${body}.${await signText(three.cookie, `id:${body}`)}`;
    expect(await readVisitor(three, signed, undefined, NOW)).toEqual({});
  });
});

describe("the session cookie through a rotation", () => {
  it("opens for its visitor, and for nobody else", async () => {
    const { id } = await newVisitor(one, random());
    const sealed = await sealSession(one.session, writeSession(startSession("s", NOW, undefined, true)), id);
    expect(readSession((await openSession(three.session, sealed, id)) ?? "")).toMatchObject({ id: "s" });
    expect(await openSession(three.session, sealed, (await newVisitor(one, random())).id)).toBeUndefined();
  });
  it("of a version that the ring lacks is as if absent: the visitor stays, the session starts anew", async () => {
    const { id, key } = await newVisitor(one, random());
    const sealed = await sealSession(two.session, writeSession(startSession("s", NOW, undefined, true)), id);
    const visitor = await readVisitor(one, await packVisitorId(one, id, NOW), sealed, NOW);
    expect(visitor).toMatchObject({ key, session: undefined });
  });
});

describe("the consent cookie through a rotation", () => {
  const choice = {
    receipt: "r",
    granted: ["analytics" as const],
    regime: "gdpr",
    givenAt: NOW,
    expiresAt: NOW + DAY,
    despiteGpc: false,
  };
  it("still says what its visitor decided", async () => {
    const cookie = await packConsent(one.cookie, choice);
    expect(await unpackConsent(two.cookie, cookie)).toMatchObject({ receipt: "r", granted: ["analytics"] });
    expect(await unpackConsent(three.cookie, cookie)).toMatchObject({ receipt: "r" });
  });
  it("says nothing where the secret that signed it is not, or no longer, among the ring's", async () => {
    const cookie = await packConsent(two.cookie, choice);
    expect(await unpackConsent(one.cookie, cookie)).toBeUndefined();
    expect(await unpackConsent((await keyring(SECOND)).cookie, cookie)).toBeUndefined();
  });
});
