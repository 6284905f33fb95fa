/** An audit log that was tampered with, in D1 or in R2: each is found, with the entry. */
import { beforeEach, describe, expect, it } from "vitest";
import { GENESIS } from "#privacy/audit/chain";
import { checkAudit } from "#privacy/audit/check";
import { signCheckpoint } from "#privacy/audit/checkpoint";
import { keepCheckpoint, listCheckpoints } from "#privacy/audit/checkpoints";
import { readHead } from "#privacy/audit/store";
import {
  AT,
  bucket,
  check,
  context,
  db,
  everything,
  found,
  freshLog,
  keep,
  note,
  notes,
  rewriteFrom,
  signerOf,
  TENANT,
  tamper,
} from "./audit-log.ts";

beforeEach(async () => {
  await freshLog();
  await notes(10);
});

const HOUR_MS = 3_600_000;
const checkpointAt = (seq: number) => `audit/checkpoints/${String(seq).padStart(12, "0")}.json`;

describe("in the database", () => {
  it.each([
    ["target", "'p9'"],
    ["at", "at + 1"],
    ["at", "'soon'"],
    ["action", "'person.write'"],
    ["actor", `'{"id":"root","name":"Doorstep","role":"admin"}'`],
    ["actor", "'nobody'"],
    ["detail", `'{"i":4}'`],
    ["detail", `'{"i": 3}'`],
    ["detail", `'{"i":3,"more":{"a":1}}'`],
    ["detail", "'{'"],
    ["target", "x'00'"],
    ["hash", "(SELECT hash FROM audit WHERE seq = 9)"],
  ])("a changed row is found with its seq: %s = %s", async (column, value) => {
    await tamper(`UPDATE audit SET ${column} = ${value} WHERE seq = 4`);
    expect(await found()).toContainEqual({ seq: 4, problem: "changed" });
  });
  it("a changed row whose hash was made anew is found by the next one", async () => {
    const entries = await everything();
    await rewriteFrom(4, (entry) => ({ ...entry, target: "p9" }));
    const fifth = entries[4];
    await tamper(
      `UPDATE audit SET prev = '${fifth?.prev}', hash = '${fifth?.hash}', target = 'p4' WHERE seq = 5`,
    );
    expect(await found()).toContainEqual({ seq: 5, problem: "unlinked" });
  });
  it("removed rows are found with the first and the last seq", async () => {
    await tamper("DELETE FROM audit WHERE seq IN (1, 4, 5, 6)");
    expect(await found()).toEqual([
      { seq: 1, problem: "removed", until: 1 },
      { seq: 4, problem: "removed", until: 6 },
    ]);
  });
  it("a removed row is found also where those after it were moved up", async () => {
    await tamper("DELETE FROM audit WHERE seq = 4", "UPDATE audit SET seq = seq - 1 WHERE seq > 4");
    expect(await found()).toEqual(
      [4, 5, 6, 7, 8, 9].map((seq) => ({ seq, problem: "reordered", was: seq + 1 })),
    );
  });
  it("reordered rows are found with where they were", async () => {
    await tamper(
      "UPDATE audit SET seq = 99 WHERE seq = 3",
      "UPDATE audit SET seq = 3 WHERE seq = 7",
      "UPDATE audit SET seq = 7 WHERE seq = 99",
    );
    expect(await found()).toEqual([
      { seq: 3, problem: "reordered", was: 7 },
      { seq: 7, problem: "reordered", was: 3 },
    ]);
  });
  it("a row that was put in, with a hash that is right, is found", async () => {
    await tamper(
      "UPDATE audit SET seq = -seq WHERE seq > 4",
      "UPDATE audit SET seq = 1 - seq WHERE seq < 0",
      "INSERT INTO audit SELECT 5, at, actor, action, target, detail, prev, hash FROM audit WHERE seq = 4",
    );
    expect(await found()).toContainEqual({ seq: 5, problem: "reordered", was: 4 });
  });
});

describe("against checkpoints", () => {
  it("a whole log holds, also with newer entries than the last checkpoint", async () => {
    await keep();
    await notes(2);
    await keep(AT + 1);
    await note();
    expect(await check()).toEqual({
      ok: true,
      entries: 13,
      checkpoints: 2,
      problems: [],
      head: await readHead(db),
      next: null,
    });
  });
  it("a cut tail is found with what is missing", async () => {
    await keep();
    await tamper("DELETE FROM audit WHERE seq > 7");
    expect(await found()).toEqual([{ seq: 8, problem: "cut", until: 10 }]);
    await tamper("DELETE FROM audit");
    expect(await found()).toEqual([{ seq: 1, problem: "cut", until: 10 }]);
  });
  it("a rewritten chain, in which every hash is right, is found with what of it can be trusted", async () => {
    await keep();
    await notes(10);
    await keep();
    await rewriteFrom(15, (entry) => ({ ...entry, target: "somebody else" }));
    expect(await found()).toEqual([{ seq: 20, problem: "rewritten", after: 10 }]);
    await rewriteFrom(1, (entry) => entry);
    expect(await found()).toEqual([{ seq: 20, problem: "rewritten", after: 10 }]);
    await rewriteFrom(2, (entry) => ({ ...entry, target: "nobody" }));
    expect(await found()).toEqual([
      { seq: 10, problem: "rewritten", after: 0 },
      { seq: 20, problem: "rewritten", after: 0 },
    ]);
  });
  it("a forged checkpoint is found: another's key, another deployment's, changed, copied, or junk", async () => {
    const genuine = await keep();
    const head = await readHead(db);
    const forgeries = [
      await signCheckpoint(await signerOf(2), head, AT),
      await signCheckpoint({ ...(await signerOf(1, "other")), tenant: TENANT }, head, AT),
      await signCheckpoint({ ...(await signerOf(1)), tenant: "other" }, head, AT),
      { ...genuine, hash: "0".repeat(64) },
      { ...genuine, at: AT + 1 },
      { ...genuine, version: "2" },
      { ...genuine, signature: `${genuine?.signature.slice(0, -2)}00` },
      { ...genuine, signature: "" },
      { ...genuine, seq: 9 },
      "junk",
    ];
    for (const forged of forgeries) {
      const checkpoint = JSON.stringify(forged);
      await bucket.put(checkpointAt(10), checkpoint, { customMetadata: { checkpoint } });
      expect(await found(), checkpoint).toEqual([{ seq: 10, problem: "forged_checkpoint" }]);
    }
  });
  it("a database that was restored from an older copy and went on is found, and goes on being witnessed", async () => {
    const older = await everything();
    await note();
    await keep();
    await tamper("DELETE FROM audit WHERE seq > 10");
    await note("audit.restored", { reason: "a bad migration" });
    expect(await keep(AT + 1), "the old checkpoint of 11 stays").toBeUndefined();
    await note();
    expect(await keep(AT + 2)).toMatchObject({ seq: 12 });
    expect((await everything()).slice(0, 10)).toEqual(older);
    expect(await found()).toEqual([{ seq: 11, problem: "rewritten", after: 0 }]);
    expect((await listCheckpoints(bucket, 0, 10)).map(({ seq }) => seq)).toEqual([11, 12]);
  });
});

describe("checkpoints", () => {
  const tend = (now: number) => keepCheckpoint(context, now);

  it("are kept when the log has grown and an hour has passed, or a hundred entries", async () => {
    expect(await tend(AT)).toMatchObject({ v: 1, tenant: TENANT, seq: 10, at: AT, version: "1" });
    expect(await tend(AT + 2 * HOUR_MS), "nothing new").toBeUndefined();
    await note();
    expect(await tend(AT + HOUR_MS - 1), "too soon").toBeUndefined();
    expect(await tend(AT + HOUR_MS)).toMatchObject({ seq: 11 });
    await notes(99);
    expect(await tend(AT + HOUR_MS + 1), "too few").toBeUndefined();
    await note();
    expect(await tend(AT + HOUR_MS + 1)).toMatchObject({ seq: 111 });
    expect(await check()).toMatchObject({ ok: true, entries: 111, checkpoints: 3 });
  });
  it("are never overwritten, and say in R2 what they say in the API", async () => {
    const kept = await keep();
    await db.prepare("DELETE FROM jobs WHERE name = 'checkpoint'").run();
    expect(await keep(AT + 1)).toBeUndefined();
    const object = await bucket.get(checkpointAt(10));
    expect(await object?.json()).toEqual(kept);
    expect(await listCheckpoints(bucket, 0, 10)).toEqual([kept]);
  });
  it("are not made of an empty log", async () => {
    await freshLog();
    expect(await keep()).toBeUndefined();
    expect(await check()).toMatchObject({ ok: true, entries: 0, checkpoints: 0, next: null });
  });
  it("of before a rotation hold after it", async () => {
    await keep();
    await note();
    const rotated = { ...context, signer: () => signerOf(2) };
    expect(await keepCheckpoint(rotated, AT, true)).toMatchObject({ version: "2" });
    const signer = await rotated.signer();
    expect((await signer.publicKeys()).map(({ version, jwk }) => [version, jwk.kid])).toEqual([
      ["2", "2"],
      ["1", "1"],
    ]);
    expect(await checkAudit(rotated, GENESIS)).toMatchObject({
      ok: true,
      checkpoints: 2,
    });
    expect(await found(), "not without the new secret").toEqual([{ seq: 11, problem: "forged_checkpoint" }]);
  });
});
