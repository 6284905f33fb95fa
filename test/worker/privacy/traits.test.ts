/** Personal traits at rest in real D1: each value by itself under its subject's key, with where it is from, and gone with that key. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { AcceptedEvent } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import type { TraitRules } from "#identity/golden/choose";
import { goldenRecord, goldenTraits, heldTraits } from "#identity/golden/record";
import { subjectKeys } from "#identity/golden/subject-keys";
import { emptyRow, type IdentifierRow, type Link } from "#identity/graph";
import { partition } from "#identity/partition";
import { mergeTraits } from "#ingest/traits";
import { sealIngress } from "#privacy/ingress";
import type { Keyring } from "#privacy/keys";
import { keyring } from "#privacy/keys";
import { openSubjectKey } from "#privacy/subject-key";
import { accepted, claim } from "../ingest/envelopes.ts";
import { ringOf, secretsOf } from "./rings.ts";

const ring = await ringOf(1);
const EMAIL = "email:1.ida";
const NOW = Date.UTC(2026, 10, 22);
const ALL: readonly Purpose[] = ["analytics", "marketing", "personalization"];
const db = env.IDENTITY_0;

let n = 0;
async function eventWith(traits: object, occurredAt = NOW, keys: Keyring = ring): Promise<AcceptedEvent> {
  const id = `trait-event-${++n}`;
  const sealed = await sealIngress(keys.ingress, JSON.stringify(traits), ["event", id], NOW);
  return accepted(id, "identify", [claim(EMAIL)], {}, { sealed, occurredAt });
}

/** Keys as a batch finds them in D1. */
async function storedKeys(): Promise<ReturnType<typeof subjectKeys>> {
  const { results } = await db.prepare("SELECT subject, wrapped FROM subject_keys").all<{
    subject: string;
    wrapped: string;
  }>();
  return subjectKeys(new Map(results.map(({ subject, wrapped }) => [subject, wrapped])));
}

/** Merge as one batch of ingest does: keys from D1, new ones into D1. */
async function merge(row: IdentifierRow, event: AcceptedEvent, source = "web", granted = ALL): Promise<void> {
  const subjects = await storedKeys();
  await mergeTraits(row, event, ring, subjects, { source, granted });
  for (const { subject, wrapped } of subjects.created)
    await db
      .prepare("INSERT INTO subject_keys (subject, wrapped, created_at) VALUES (?1, ?2, 0)")
      .bind(subject, wrapped)
      .run();
}

const golden = async (...rows: IdentifierRow[]) =>
  goldenTraits(rows, ring, await storedKeys(), { rules: {} });
const record = async (rows: readonly IdentifierRow[], rules: TraitRules = {}) =>
  goldenRecord(rows, ring, await storedKeys(), { rules });
const shred = (subject: string) =>
  db.prepare("DELETE FROM subject_keys WHERE subject = ?1").bind(subject).run();
const stored = (row: IdentifierRow) => JSON.parse(row.sealed ?? "{}");

describe("traits at rest", () => {
  it("are sealed each by itself, of each source the newest, with nothing of them in the clear", async () => {
    const row = emptyRow(EMAIL);
    await merge(row, await eventWith({ first_name: "Ida", company: "Berg" }, NOW));
    await merge(row, await eventWith({ first_name: "Idka", last_name: "Berg" }, NOW + 10));
    await merge(row, await eventWith({ first_name: "late", company: "Dol" }, NOW + 5));
    await merge(row, await eventWith({ company: "Les" }, NOW + 1), "crm");
    const from = (event: string, at: number, source = "web") => ({
      s: expect.stringMatching(/^1-0\.[\w-]+$/),
      at,
      source,
      event,
    });
    expect(stored(row)).toEqual({
      company: [from("trait-event-3", NOW + 5), from("trait-event-4", NOW + 1, "crm")],
      first_name: [from("trait-event-2", NOW + 10)],
      last_name: [from("trait-event-2", NOW + 10)],
    });
    expect(await golden(row)).toEqual({ first_name: "Idka", last_name: "Berg", company: "Dol" });
  });

  it("are the same in whatever order their events come", async () => {
    const events = await Promise.all(
      [
        [{ first_name: "A", company: "X" }, 1, "web"] as const,
        [{ first_name: "B" }, 2, "crm"] as const,
        [{ first_name: "C", company: "Y" }, 2, "web"] as const,
        [{ first_name: "D", last_name: "Z" }, 2, "web"] as const,
      ].map(async ([traits, at, source]) => ({ event: await eventWith(traits, NOW + at), source })),
    );
    const rowOf = async (order: readonly number[]) => {
      const row = emptyRow(EMAIL);
      for (const place of order) {
        const one = events[place];
        if (one) await merge(row, one.event, one.source);
      }
      return row;
    };
    const without = (row: IdentifierRow) => row.sealed?.replaceAll(/"s":"[^"]+"/g, "");
    const first = await rowOf([0, 1, 2, 3]);
    expect(await golden(first)).toEqual({ first_name: "D", last_name: "Z", company: "Y" });
    for (const order of [
      [3, 2, 1, 0],
      [2, 0, 3, 1, 2],
      [1, 3, 0, 2],
    ]) {
      const row = await rowOf(order);
      expect(without(row)).toBe(without(first));
      expect(await record([row])).toEqual(await record([first]));
    }
  });

  it("keep no field that is not granted any more when the event is ingested", async () => {
    const row = emptyRow("email:1.otto");
    await merge(row, await eventWith({ first_name: "Otto" }), "web", ["analytics", "personalization"]);
    expect(row.sealed).toBeNull();
    expect((await storedKeys()).wrapped.has(row.key)).toBe(false);
  });

  it("do not open in another field or another row, and a field that was moved hides none that is there", async () => {
    const mine = emptyRow(EMAIL);
    const theirs = emptyRow("email:1.eva");
    await merge(mine, await eventWith({ first_name: "Ida", last_name: "Berg" }));
    await merge(theirs, await eventWith({ first_name: "Eva" }));
    const own = stored(mine);
    const swapped = { first_name: own.last_name, last_name: own.first_name };
    expect(await golden({ ...mine, sealed: JSON.stringify(swapped) })).toEqual({});
    expect(await golden({ ...mine, sealed: theirs.sealed })).toEqual({});
    const forged = { first_name: [{ ...stored(theirs).first_name[0], at: NOW + 1 }, own.first_name[0]] };
    expect(await golden({ ...mine, sealed: JSON.stringify(forged) })).toEqual({ first_name: "Ida" });
    expect(await golden({ ...mine, sealed: JSON.stringify(forged) }, mine)).toEqual({
      first_name: "Ida",
      last_name: "Berg",
    });
  });

  it("do not open at another tenant", async () => {
    const row = emptyRow(EMAIL);
    await merge(row, await eventWith({ first_name: "Ida" }));
    const another = await keyring({ ...secretsOf(1), TENANT: "another" });
    expect(await goldenTraits([row], another, await storedKeys(), { rules: {} })).toEqual({});
  });

  it("that were stored without their source still open, and stay beside what a source tells next", async () => {
    const row = emptyRow(EMAIL);
    await merge(row, await eventWith({ first_name: "Ida", company: "Berg" }));
    const one = Object.entries(stored(row) as Record<string, { s: string; at: number }[]>);
    row.sealed = JSON.stringify(
      Object.fromEntries(one.map(([field, [had]]) => [field, { s: had?.s, at: had?.at }])),
    );
    expect(await golden(row)).toEqual({ first_name: "Ida", company: "Berg" });
    expect((await record([row])).company).toMatchObject({ source: "", event: "", at: NOW, key: EMAIL });
    await merge(row, await eventWith({ company: "Dol" }, NOW + 1));
    expect(await golden(row)).toEqual({ first_name: "Ida", company: "Dol" });
    expect(stored(row).company).toHaveLength(2);
  });

  it("that were sealed as a whole still open, and are sealed by field with the next merge", async () => {
    const row = emptyRow(EMAIL);
    await merge(row, await eventWith({ company: "Dol" }));
    const wrapped = (await storedKeys()).wrapped.get(EMAIL);
    const key = await openSubjectKey(ring.wrap, EMAIL, wrapped ?? "");
    if (!key) throw new Error("the key does not open");
    row.sealed = await sealedWhole(key.key, {
      first_name: { v: "Ida", at: NOW },
      company: { v: "Berg", at: 1 },
    });
    expect(await golden(row)).toEqual({ first_name: "Ida", company: "Berg" });
    await merge(row, await eventWith({ company: "Dol" }));
    expect(Object.keys(stored(row))).toEqual(["company", "first_name"]);
    expect(await golden(row)).toEqual({ first_name: "Ida", company: "Dol" });
  });
});

/** As traits were sealed before each field was by itself. */
async function sealedWhole(key: CryptoKey, traits: object): Promise<string> {
  const text = new TextEncoder();
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const algorithm = { name: "AES-GCM", iv, additionalData: text.encode(`traits:${EMAIL}`) };
  const cipher = await crypto.subtle.encrypt(algorithm, key, text.encode(JSON.stringify(traits)));
  const packed = new Uint8Array([...iv, ...new Uint8Array(cipher)]);
  return `1.${packed.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

describe("the golden record", () => {
  const USER = "user_id:1.u";
  const TYPED = "visitor_id:1.v|email:1.ida";
  /** A CRM and a shop proved something of two rows; something newer was typed into a browser. */
  async function three(): Promise<IdentifierRow[]> {
    const [user, mail, typed] = [emptyRow(USER), emptyRow(EMAIL), emptyRow(TYPED)];
    await merge(user, await eventWith({ first_name: "Ida", email: "ida@example.com" }, NOW + 1), "crm");
    await merge(mail, await eventWith({ first_name: "Ida Mária", company: "Berg" }, NOW), "shop");
    await merge(typed, await eventWith({ first_name: "Idka", last_name: "B." }, NOW + 9), "web");
    return [user, mail, typed];
  }

  it("says of each value its source, event, time and row, and whether it was proved", async () => {
    const rows = await three();
    const found = await record(rows);
    expect(Object.keys(found)).toEqual(["company", "email", "first_name", "last_name"]);
    expect(found).toMatchObject({
      first_name: { value: "Ida", source: "crm", at: NOW + 1, verified: true, key: USER },
      company: { value: "Berg", source: "shop", at: NOW, verified: true, key: EMAIL },
      last_name: { value: "B.", source: "web", at: NOW + 9, verified: false, key: TYPED },
    });
    expect(found.first_name?.event).toMatch(/^trait-event-\d+$/);
    expect(JSON.stringify(await record(rows.toReversed()))).toBe(JSON.stringify(found));
  });

  it("follows the rule of each field", async () => {
    const rows = await three();
    const nameBy = async (...prefer: TraitRules[string]["prefer"]) =>
      (await record(rows, { first_name: { prefer, sources: ["web", "shop"] } })).first_name?.value;
    expect(await nameBy("newest")).toBe("Idka");
    expect(await nameBy("source")).toBe("Idka");
    expect(await nameBy("verified", "source")).toBe("Ida Mária");
    expect(await nameBy("longest")).toBe("Ida Mária");
    expect(await nameBy("oldest")).toBe("Ida Mária");
  });

  it("has what was only claimed nowhere that it could overwrite a person's record, whatever the rule", async () => {
    const rules: TraitRules = { first_name: { prefer: ["newest"], sources: [] } };
    const found = await goldenTraits(await three(), ring, await storedKeys(), { rules, provenOnly: true });
    expect(found).toEqual({ first_name: "Ida", company: "Berg", email: "ida@example.com" });
  });

  it("leaves out what no granted purpose may have", async () => {
    const rows = await three();
    const given = async (...granted: Purpose[]) =>
      Object.keys(await goldenTraits(rows, ring, await storedKeys(), { rules: {}, granted }));
    expect(await given()).toEqual([]);
    expect(await given("analytics", "personalization")).toEqual([]);
    expect(await given("marketing")).toEqual(["company", "email", "first_name", "last_name"]);
  });

  it("of each side of a split is exactly what it was before the merge", async () => {
    const rows = await three();
    const word: Link = {
      a: EMAIL,
      b: USER,
      kind: "manual",
      eventId: "c1",
      source: "console",
      at: NOW,
      state: "live",
    };
    const profiles = async (links: Link[]) => {
      const { members } = partition(
        rows.map(({ key }) => key),
        links,
      );
      const each = [...members].map(async ([root, keys]) => [
        root,
        await record(rows.filter(({ key }) => keys.includes(key))),
      ]);
      return JSON.stringify(await Promise.all(each));
    };
    const before = await profiles([]);
    const merged = await profiles([word]);
    expect(merged).not.toBe(before);
    expect(await profiles([{ ...word, state: "revoked" }])).toBe(before);
  });

  it("is one of all values that are held, and a person is given every one of them", async () => {
    const held = await heldTraits(await three(), ring, await storedKeys());
    const names = held
      .filter(({ field }) => field === "first_name")
      .map(({ value, source }) => [value, source]);
    expect(names).toEqual([
      ["Ida", "crm"],
      ["Ida Mária", "shop"],
      ["Idka", "web"],
    ]);
  });
});

describe("destroying a subject's key", () => {
  it("makes every trait that it sealed unreadable, wherever a copy of the row is", async () => {
    const row = emptyRow(EMAIL);
    await merge(row, await eventWith({ first_name: "Ida", email: "ida@example.com" }));
    expect(await golden(row)).toEqual({ first_name: "Ida", email: "ida@example.com" });
    await shred(EMAIL);
    expect(await golden(row)).toEqual({});
  });

  it("is not undone by the subject's next key: what the first had sealed stays unreadable, and is not carried on", async () => {
    const row = emptyRow(EMAIL);
    await merge(row, await eventWith({ first_name: "Ida", company: "Berg" }));
    const copy = { ...row };
    await shred(EMAIL);
    await merge(row, await eventWith({ first_name: "Eva" }, NOW - 1_000));
    expect(await golden(row)).toEqual({ first_name: "Eva" });
    expect(Object.keys(stored(row))).toEqual(["first_name"]);
    expect(await golden(copy)).toEqual({});
  });
});

it("a key that is there and does not open is not replaced, and the event is told as what it is", async () => {
  const row = emptyRow(EMAIL);
  await merge(row, await eventWith({ first_name: "Ida" }));
  const before = row.sealed;
  await db.prepare("UPDATE subject_keys SET wrapped = '1-0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'").run();
  await expect(merge(row, await eventWith({ first_name: "Eva" }))).rejects.toThrow("subject_key_unreadable");
  expect(row.sealed).toBe(before);
});
