/** Appending to the audit log, in real D1: every entry finds its place, and nothing of a person gets in. */
import { beforeEach, describe, expect, it } from "vitest";
import { GENESIS } from "#privacy/audit/chain";
import { appendAudit, listAudit, readHead } from "#privacy/audit/store";
import { ANN, AT, check, db, everything, freshLog, note, notes } from "./audit-log.ts";

beforeEach(freshLog);

describe("an entry", () => {
  it("is read back as it was appended, and says the hash of the one before", async () => {
    const first = await note("person.read", { rows: 3, whole: true, format: "json" });
    const second = await note("release.publish");
    expect(await everything()).toEqual([
      {
        seq: 1,
        at: AT,
        actor: { id: "t_1", name: "Ann", role: "privacy_officer" },
        action: "person.read",
        target: "email:1.abc",
        detail: { rows: 3, whole: true, format: "json" },
        prev: GENESIS.hash,
        hash: first.hash,
      },
      expect.objectContaining({ seq: 2, action: "release.publish", prev: first.hash, hash: second.hash }),
    ]);
    expect(await readHead(db)).toEqual(second);
  });
  it("cannot be changed or deleted", async () => {
    await note();
    await expect(db.prepare("UPDATE audit SET target = 'x'").run()).rejects.toThrow("append-only");
    await expect(db.prepare("DELETE FROM audit").run()).rejects.toThrow("append-only");
    expect((await check()).ok).toBe(true);
  });
  it("has its place also where 50 are appended at once: none is lost, none shares a place, no gap", async () => {
    const appended = await Promise.all(Array.from({ length: 50 }, (_, i) => note("person.read", { i })));
    const entries = await everything();
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(new Set(entries.map(({ detail }) => detail.i)).size).toBe(50);
    for (const { seq, hash } of appended) expect(entries[seq - 1]?.hash).toBe(hash);
    expect(await check()).toMatchObject({ ok: true, entries: 50 });
  }, 60_000);
  it("holds nothing that may be of a person: long texts and addresses are left out, and said to be", async () => {
    const entry = { at: AT, actor: ANN, action: "trace.read", target: "ida@example.com" };
    const detail = {
      note: "x".repeat(201),
      who: "Ida <ida@example.com>",
      escaped: "ida%40example.com",
      short: "x".repeat(200),
      number: Number.NaN,
      line: "a\nb\u0000c",
    };
    await appendAudit(db, { ...entry, detail });
    const [kept] = await everything();
    expect(kept?.target).toBe("(left out: it may be an address)");
    expect(kept?.detail).toEqual({
      note: "(left out: 201 characters)",
      who: "(left out: it may be an address)",
      escaped: "(left out: it may be an address)",
      short: "x".repeat(200),
      number: null,
      line: "a\ufffdb\ufffdc",
    });
    expect(JSON.stringify(kept)).not.toContain("ida");
  });
  it("holds whatever text it is given: half characters, quotes and other scripts hash as they are read", async () => {
    for (const target of ["\ud800", `x"],["y`, "ľščťžýáíé 測試 🎉", "\u2028", "", `${"a".repeat(199)}🎉`])
      await appendAudit(db, {
        at: AT,
        actor: { ...ANN, name: target },
        action: "a.b",
        target,
        detail: { target },
      });
    expect((await check()).problems).toEqual([]);
  });
  it.each([
    ["an action that is no name", "Read a person", {}],
    ["a detail that is no name", "person.read", { "Ida Example": 1 }],
    ["a detail named after the prototype", "person.read", JSON.parse('{"__proto__":1}')],
    ["21 details", "person.read", Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`d${i}`, i]))],
  ])("is refused with %s", async (_title, action, detail) => {
    await expect(note(action, detail)).rejects.toThrow(/audit/);
    expect(await readHead(db)).toEqual(GENESIS);
  });
});

describe("the list", () => {
  it("is newest first, page by page, and has only what is asked for", async () => {
    await notes(5);
    await note("release.publish");
    const none = { before: undefined, action: undefined, actor: undefined, target: undefined };
    const first = await listAudit(db, { ...none, limit: 4 });
    expect(first.entries.map(({ seq }) => seq)).toEqual([6, 5, 4, 3]);
    const second = await listAudit(db, { ...none, before: first.next ?? 0, limit: 4 });
    expect(second).toMatchObject({ entries: [{ seq: 2 }, { seq: 1 }], next: null });
    const seqs = async (only: object) =>
      (await listAudit(db, { ...none, ...only, limit: 9 })).entries.map(({ seq }) => seq);
    expect(await seqs({ action: "release.publish" })).toEqual([6]);
    expect(await seqs({ actor: "system" })).toEqual([5, 4, 3, 2, 1]);
    expect(await seqs({ actor: "system", action: "release.publish" })).toEqual([]);
  });
});
