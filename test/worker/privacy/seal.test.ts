/** Seals: bound to tenant, use, subject and field; keys of the way change with the day; what is old still opens. */
import { describe, expect, it } from "vitest";
import { openIngress, sealIngress } from "#privacy/ingress";
import { keyring } from "#privacy/keys";
import { open, openAs, type Place, seal, sealAs } from "#privacy/seal";
import { newSubjectKey, openSubjectKey } from "#privacy/subject-key";
import { FIRST, ringOf, SECOND, secretsOf } from "./rings.ts";

const [one, two] = await Promise.all([ringOf(1), ringOf(2)]);
const otherTenant = await keyring({ ...secretsOf(1), TENANT: "another" });
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 12);

/** Sealed as it was done before there were tenants: additional data is the place's words, the name is the version. */
async function sealedBefore(use: string, info: string, plain: string, words: string, secret = FIRST) {
  const text = new TextEncoder();
  const master = await crypto.subtle.importKey("raw", text.encode(secret), "HKDF", false, ["deriveKey"]);
  const derived = { name: "HKDF", hash: "SHA-256", salt: text.encode("doorstep"), info: text.encode(info) };
  const wanted = { name: "AES-GCM", length: 256 };
  const key = await crypto.subtle.deriveKey(derived, master, wanted, false, ["encrypt"]);
  return [use, await oldSeal(key, plain, words)] as const;
}

async function oldSeal(key: CryptoKey, plain: string, words: string): Promise<string> {
  const text = new TextEncoder();
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const algorithm = { name: "AES-GCM", iv, additionalData: text.encode(words) };
  const cipher = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, text.encode(plain)));
  const packed = new Uint8Array([...iv, ...cipher]);
  return `1.${packed.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

describe("a seal is bound to its place", () => {
  const place: Place = ["trait", "email:1.a", "first_name"];
  it.each([
    ["another field", ["trait", "email:1.a", "last_name"]],
    ["no field", ["trait", "email:1.a"]],
    ["another subject", ["trait", "email:1.b", "first_name"]],
    ["another use", ["subject", "email:1.a", "first_name"]],
    ["words that join to the same", ["trait", "email:1", "a:first_name"]],
    ["words of another cut", ["trait:email:1.a", "", "first_name"]],
    ["words with JSON's own signs", ["trait", 'email:1.a","first_name', ""]],
  ] as [string, Place][])("and does not open at %s", async (_title, elsewhere) => {
    const sealed = await seal(one.wrap, "Ida", place);
    expect(await open(one.wrap, sealed, place)).toBe("Ida");
    expect(await open(one.wrap, sealed, elsewhere)).toBeUndefined();
  });
  it("and does not open at another tenant of the same secret", async () => {
    expect(await open(otherTenant.wrap, await seal(one.wrap, "Ida", place), place)).toBeUndefined();
    const sealed = await sealIngress(one.ingress, "Ida", ["event", "e"], NOW);
    expect(await openIngress(one.ingress, sealed, ["event", "e"])).toBe("Ida");
    expect(await openIngress(otherTenant.ingress, sealed, ["event", "e"])).toBeUndefined();
    const { wrapped } = await newSubjectKey(one.wrap, "email:1.a");
    expect(await openSubjectKey(otherTenant.wrap, "email:1.a", wrapped)).toBeUndefined();
  });
  it.each([
    ["in any script", ["trait", "email:1.a", "größe 冬"]],
    ["that JSON writes otherwise", ["trait", 'a"b\\c\n\ud800', "x"]],
  ] as [string, Place][])(
    "%s, by the JSON that docs/keys.md says, whoever opens it",
    async (_title, place) => {
      const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, [
        "encrypt",
        "decrypt",
      ]);
      const sealed = await sealAs(
        key as CryptoKey,
        { version: "1", period: "0" },
        "Ída 🎿",
        "doorstep",
        place,
      );
      const packed = Uint8Array.fromBase64(sealed.slice(sealed.indexOf(".") + 1), { alphabet: "base64url" });
      const additionalData = new TextEncoder().encode(JSON.stringify(["doorstep", ...place]));
      const algorithm = { name: "AES-GCM", iv: packed.subarray(0, 12), additionalData };
      const plain = await crypto.subtle.decrypt(algorithm, key as CryptoKey, packed.subarray(12));
      expect(new TextDecoder().decode(plain)).toBe("Ída 🎿");
      expect(await openAs(key as CryptoKey, sealed, "doorstep", place)).toBe("Ída 🎿");
    },
  );
  it("and each has a vector of its own", async () => {
    const all = await Promise.all(Array.from({ length: 200 }, () => seal(one.wrap, "Ida", place)));
    expect(new Set(all.map((sealed) => sealed.slice(4, 20))).size).toBe(200);
    for (const sealed of all) expect(await open(one.wrap, sealed, place)).toBe("Ida");
  });
  it("and no bit of it can be changed", async () => {
    const sealed = await seal(one.wrap, "Ida", place);
    for (let at = 4; at < sealed.length - 1; at++) {
      const changed = sealed.slice(0, at) + (sealed[at] === "A" ? "B" : "A") + sealed.slice(at + 1);
      expect(await open(one.wrap, changed, place), String(at)).toBeUndefined();
    }
  });
});

describe("what was sealed before there were tenants", () => {
  it("still opens, whatever it was", async () => {
    const all = await Promise.all([
      sealedBefore("session", "session/1", "s", "session:abc"),
      sealedBefore("wrap", "wrap/1", "k", "subject:email:1.a"),
      sealedBefore("ingress", "ingress/1", "e", "event:e-1"),
      sealedBefore("ingress", "ingress/1", "q", "quarantine:e-1"),
      sealedBefore("ingress", "ingress/1", "d", "delivery:i-1"),
    ]);
    const [session, wrap, event, quarantine, delivery] = all.map(([, sealed]) => sealed);
    for (const ring of [one, two]) {
      expect(await open(ring.session, session ?? "", ["session", "abc"])).toBe("s");
      expect(await open(ring.wrap, wrap ?? "", ["subject", "email:1.a"])).toBe("k");
      expect(await openIngress(ring.ingress, event ?? "", ["event", "e-1"])).toBe("e");
      expect(await openIngress(ring.ingress, quarantine ?? "", ["quarantine", "e-1"])).toBe("q");
      expect(await openIngress(ring.ingress, delivery ?? "", ["delivery", "i-1"])).toBe("d");
      expect(await openIngress(ring.ingress, delivery ?? "", ["delivery", "i-2"])).toBeUndefined();
    }
  });
  it("opens for no field: fields were not sealed by themselves then", async () => {
    const [, sealed] = await sealedBefore("wrap", "wrap/1", "all of it", "trait:email:1.a");
    expect(await open(one.wrap, sealed, ["trait", "email:1.a"])).toBe("all of it");
    expect(await open(one.wrap, sealed, ["trait", "email:1.a", "first_name"])).toBeUndefined();
  });
  it("does not open as new, nor what is new as old", async () => {
    const [, old] = await sealedBefore("wrap", "wrap/1", "x", "subject:a");
    expect(await open(one.wrap, old.replace("1.", "1-0."), ["subject", "a"])).toBeUndefined();
    const fresh = await seal(one.wrap, "x", ["subject", "a"]);
    expect(await open(one.wrap, fresh.replace("1-0.", "1."), ["subject", "a"])).toBeUndefined();
  });
});

describe("the keys of the way", () => {
  const place = ["event", "e"] as const;
  it("change with the day by themselves, and every day's still opens", async () => {
    const [first, later, next] = await Promise.all(
      [NOW, NOW + 60_000, NOW + DAY].map((at) => sealIngress(two.ingress, "Ida", place, at)),
    );
    const day = Math.floor(NOW / DAY);
    const names = [first, later, next].map((sealed) => sealed?.split(".", 1)[0]);
    expect(names).toEqual([`2-${day}`, `2-${day}`, `2-${day + 1}`]);
    for (const sealed of [first, next])
      expect(await openIngress(two.ingress, sealed ?? "", place)).toBe("Ida");
    // One day's key is not another's.
    const moved = (first ?? "").replace(`2-${day}.`, `2-${day + 1}.`);
    expect(await openIngress(two.ingress, moved, place)).toBeUndefined();
  });
  it("are derived once for each day, and of many days no more than a bounded number is kept", async () => {
    const ring = await keyring({ ...secretsOf(1), MASTER_SECRET: SECOND });
    await sealIngress(ring.ingress, "x", place, NOW);
    const [made] = ring.ingress.current.made.values();
    await sealIngress(ring.ingress, "x", place, NOW + 1);
    expect([...ring.ingress.current.made.values()]).toEqual([made]);
    const sealed: string[] = [];
    for (let day = 0; day < 120; day++)
      sealed.push(await sealIngress(ring.ingress, String(day), place, NOW - day * DAY));
    expect(ring.ingress.current.made.size).toBe(100);
    for (const [day, text] of sealed.entries())
      expect(await openIngress(ring.ingress, text, place)).toBe(String(day));
  });
  it("name none that is not a day", async () => {
    const sealed = await sealIngress(one.ingress, "x", place, NOW);
    const body = sealed.slice(sealed.indexOf("."));
    for (const name of [
      "1",
      "1-",
      "1-0",
      "1-01",
      "1--1",
      "1-1e3",
      "1-9999999",
      "1-x",
      "1-__proto__",
      "9-20779",
      "",
    ])
      expect(await openIngress(one.ingress, name + body, place), name).toBeUndefined();
    expect(one.ingress.current.made.size).toBeLessThan(10);
  });
});
