/** Personal traits at rest in real D1: each field by itself under its subject's key, and gone with that key. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { AcceptedEvent } from "#contracts/messages/event_envelope";
import { emptyRow, type IdentifierRow } from "#identity/graph";
import { goldenTraits, mergeTraits, subjectKeys } from "#ingest/traits";
import { sealIngress } from "#privacy/ingress";
import type { Keyring } from "#privacy/keys";
import { keyring } from "#privacy/keys";
import { openSubjectKey } from "#privacy/subject-key";
import { accepted, claim } from "../ingest/envelopes.ts";
import { ringOf, secretsOf } from "./rings.ts";

const ring = await ringOf(1);
const EMAIL = "email:1.ida";
const NOW = Date.UTC(2026, 10, 22);
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
async function merge(row: IdentifierRow, event: AcceptedEvent, keys: Keyring = ring): Promise<void> {
  const subjects = await storedKeys();
  await mergeTraits(row, event, keys, subjects);
  for (const { subject, wrapped } of subjects.created)
    await db
      .prepare("INSERT INTO subject_keys (subject, wrapped, created_at) VALUES (?1, ?2, 0)")
      .bind(subject, wrapped)
      .run();
}

const golden = async (...rows: IdentifierRow[]) => goldenTraits(rows, ring, await storedKeys(), false);
const shred = (subject: string) =>
  db.prepare("DELETE FROM subject_keys WHERE subject = ?1").bind(subject).run();

describe("traits at rest", () => {
  it("are sealed each by itself, the newest of each field, with nothing of them in the clear", async () => {
    const row = emptyRow(EMAIL);
    await merge(row, await eventWith({ first_name: "Ida", city: "Košice" }, NOW));
    await merge(row, await eventWith({ first_name: "Idka", last_name: "Berg" }, NOW + 10));
    await merge(row, await eventWith({ first_name: "late", city: "Nitra" }, NOW + 5));
    expect(JSON.parse(row.sealed ?? "{}")).toEqual({
      first_name: { s: expect.stringMatching(/^1-0\.[\w-]+$/), at: NOW + 10 },
      last_name: { s: expect.stringMatching(/^1-0\.[\w-]+$/), at: NOW + 10 },
      city: { s: expect.stringMatching(/^1-0\.[\w-]+$/), at: NOW + 5 },
    });
    expect(await golden(row)).toEqual({ first_name: "Idka", last_name: "Berg", city: "Nitra" });
  });

  it("do not open in another field or another row, and a field that was moved hides none that is there", async () => {
    const mine = emptyRow(EMAIL);
    const theirs = emptyRow("email:1.eva");
    await merge(mine, await eventWith({ first_name: "Ida", last_name: "Berg" }));
    await merge(theirs, await eventWith({ first_name: "Eva" }));
    const own = JSON.parse(mine.sealed ?? "{}");
    const swapped = { first_name: own.last_name, last_name: own.first_name };
    expect(await golden({ ...mine, sealed: JSON.stringify(swapped) })).toEqual({});
    expect(await golden({ ...mine, sealed: theirs.sealed })).toEqual({});
    const forged = { first_name: { ...JSON.parse(theirs.sealed ?? "{}").first_name, at: NOW + 1 } };
    expect(await golden({ ...mine, sealed: JSON.stringify(forged) }, mine)).toEqual({
      first_name: "Ida",
      last_name: "Berg",
    });
  });

  it("do not open at another tenant", async () => {
    const row = emptyRow(EMAIL);
    await merge(row, await eventWith({ first_name: "Ida" }));
    const another = await keyring({ ...secretsOf(1), TENANT: "another" });
    expect(await goldenTraits([row], another, await storedKeys(), false)).toEqual({});
  });

  it("that were sealed as a whole still open, and are sealed by field with the next merge", async () => {
    const row = emptyRow(EMAIL);
    await merge(row, await eventWith({ city: "Nitra" }));
    const wrapped = (await storedKeys()).wrapped.get(EMAIL);
    const key = await openSubjectKey(ring.wrap, EMAIL, wrapped ?? "");
    if (!key) throw new Error("the key does not open");
    row.sealed = await sealedWhole(key.key, {
      first_name: { v: "Ida", at: NOW },
      city: { v: "Košice", at: 1 },
    });
    expect(await golden(row)).toEqual({ first_name: "Ida", city: "Košice" });
    await merge(row, await eventWith({ city: "Nitra" }));
    expect(Object.keys(JSON.parse(row.sealed ?? "{}")).sort()).toEqual(["city", "first_name"]);
    expect(await golden(row)).toEqual({ first_name: "Ida", city: "Nitra" });
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
    await merge(row, await eventWith({ first_name: "Ida", city: "Košice" }));
    const copy = { ...row };
    await shred(EMAIL);
    await merge(row, await eventWith({ first_name: "Eva" }, NOW - 1_000));
    expect(await golden(row)).toEqual({ first_name: "Eva" });
    expect(Object.keys(JSON.parse(row.sealed ?? "{}"))).toEqual(["first_name"]);
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
