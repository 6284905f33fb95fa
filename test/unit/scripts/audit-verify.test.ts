/** `npm run audit:verify` as the process that an auditor starts, against a real HTTP server and against files. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { AuditEntry } from "#privacy/audit/chain";
import { type Log, logOf, SECRET, serve, signerOf, TOKEN } from "./audit-site.ts";

// Each test starts processes, and some start several.
vi.setConfig({ testTimeout: 30_000 });

const SCRIPT = fileURLToPath(new URL("../../../scripts/audit-verify.ts", import.meta.url));

let log: Log;
let whole: Log;
let url: string;
let server: Server;
let folder: string;

beforeAll(async () => {
  whole = await logOf(12, await signerOf(SECRET));
  ({ url, server } = await serve(() => log));
});
afterAll(() => {
  server.close();
});
beforeEach(async () => {
  log = whole;
  folder = await mkdtemp(join(tmpdir(), "audit-"));
  return () => rm(folder, { recursive: true });
});

function run(args: string[], env: Record<string, string> = { ADMIN_TOKEN: TOKEN }) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [SCRIPT, ...args], { env }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}
const verify = (...args: string[]) => run(["--url", url, ...args]);

/** Writes a log into files as an export is; gives the arguments that check it. */
async function files({ entries, checkpoints, signer }: Log): Promise<string[]> {
  const [jwk] = (await signer.publicKeys()).map((key) => key.jwk);
  await writeFile(join(folder, "e"), entries.map((entry) => JSON.stringify(entry)).join("\n"));
  await writeFile(join(folder, "c"), JSON.stringify(checkpoints));
  await writeFile(join(folder, "k"), JSON.stringify(jwk));
  return ["--file", join(folder, "e"), "--checkpoints", join(folder, "c"), "--key", join(folder, "k")];
}

const change = (seq: number, target: string): AuditEntry[] =>
  whole.entries.map((entry) => (entry.seq === seq ? { ...entry, target } : entry));

describe("a log that is whole", () => {
  it("ends with 0, and says how far checkpoints vouch for it", async () => {
    const { code, out, err } = await verify();
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("12 entries, 2 checkpoints.");
    expect(out).toContain("Whole: no entry was changed, removed, reordered or repeated");
    expect(out).toContain("No checkpoint vouches for the last 2 entries");
    expect(out).toContain(`It ends with entry 12 of 2026-11-22`);
    expect(out).toContain(whole.entries.at(-1)?.hash);
    expect(out).toMatch(/Key of version 1: SHA-256 [\w-]{43}\n/);
    expect(out).not.toContain(TOKEN);
  });
  it("ends with 0 also where nothing was entered yet", async () => {
    log = { ...whole, entries: [], checkpoints: [] };
    expect(await verify()).toMatchObject({
      code: 0,
      out: expect.stringContaining("0 entries, 0 checkpoints"),
    });
  });
  it("ends with 0 from files", async () => {
    expect(await run(await files(whole), {})).toMatchObject({ code: 0, err: "" });
  });
  it("ends with 0 through a rotation of the master secret", async () => {
    const signer = await signerOf("t".repeat(32), 2, { "1": SECRET });
    const later = await logOf(12, signer);
    log = {
      entries: later.entries,
      checkpoints: [...whole.checkpoints.slice(0, 1), ...later.checkpoints.slice(1)],
      signer,
    };
    const { code, out } = await verify();
    expect(code, out).toBe(0);
    expect(out).toContain("Key of version 2");
    expect(out).toContain("Key of version 1");
  });
});

describe("a log that is broken ends with 1, and says where", () => {
  it.each<[string, () => Partial<Log>, string]>([
    ["a changed row", () => ({ entries: change(4, "x") }), "Entry 4 was changed"],
    [
      "a removed row",
      () => ({ entries: whole.entries.filter(({ seq }) => seq !== 7) }),
      "Entry 7 was removed",
    ],
    [
      "a cut tail",
      () => ({ entries: whole.entries.slice(0, 8) }),
      "Entries 9 to 10 were cut off from the end",
    ],
    [
      "a forged checkpoint",
      () => ({ checkpoints: whole.checkpoints.map((one) => ({ ...one, at: one.at + 1 })) }),
      "The checkpoint at entry 5 is forged",
    ],
  ])("%s", async (_title, broken, says) => {
    log = { ...whole, ...broken() };
    const { code, out } = await verify();
    expect(out).toContain(says);
    expect(out).toContain("BROKEN");
    expect(code).toBe(1);
  });
  it("reordered rows, in a file", async () => {
    const { entries } = whole;
    const [third, fourth] = entries.slice(2, 4) as [AuditEntry, AuditEntry];
    const swapped = [...entries.slice(0, 2), fourth, third, ...entries.slice(4)];
    const { code, out } = await run(await files({ ...whole, entries: swapped }));
    expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining("Entry 3 is not in its place") });
  });
  it("reordered rows, in the database", async () => {
    const seqs = new Map([
      [3, 4],
      [4, 3],
    ]);
    const renumbered = whole.entries.map((entry) => ({ ...entry, seq: seqs.get(entry.seq) ?? entry.seq }));
    log = { ...whole, entries: renumbered.sort((a, b) => a.seq - b.seq) };
    const { code, out } = await verify();
    expect({ code, out }).toEqual({
      code: 1,
      out: expect.stringContaining("Entry 3 was moved: it was written as entry 4"),
    });
  });
  it("a chain that was written anew with hashes that are right", async () => {
    const anew = await logOf(12, whole.signer, (seq) => (seq === 7 ? { target: "x" } : {}));
    log = { ...anew, checkpoints: whole.checkpoints };
    const { code, out } = await verify();
    expect(out).toContain("what follows entry 5 was written anew");
    expect(code).toBe(1);
  });
  it("a database that was restored: what is gone, and who noted it", async () => {
    const restored = await logOf(12, whole.signer, (seq) =>
      seq === 8 ? { action: "audit.restored", detail: { reason: "a bad \u001b[31mmigration" } } : {},
    );
    log = { ...restored, checkpoints: whole.checkpoints };
    const { code, out } = await verify();
    expect(out).toContain("Entry 8 says that the database was restored (2026-11-22");
    expect(out, "nothing steers the terminal").toContain("a bad \ufffd[31mmigration");
    expect(code).toBe(1);
  });
});

describe("what an auditor keeps", () => {
  it("a later run goes on from it", async () => {
    expect(await verify("--save", folder)).toMatchObject({
      code: 0,
      out: expect.stringContaining("Kept in"),
    });
    log = await logOf(20, whole.signer);
    expect(await verify("--save", folder)).toMatchObject({
      code: 0,
      out: expect.stringContaining("It goes on from what was kept."),
    });
    const kept = await readFile(join(folder, "export.ndjson"), "utf8");
    expect(
      kept
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(log.entries);
    const args = ["--file", "export.ndjson", "--checkpoints", "checkpoints.json", "--key", "keys.json"];
    const paths = args.map((arg) => (arg.startsWith("--") ? arg : join(folder, arg)));
    expect(await run(paths), "and is itself an export").toMatchObject({ code: 0 });
  });
  it("shows a log that was written anew with fresh hashes and fresh signatures, by who has the master secret", async () => {
    await verify("--save", folder);
    log = await logOf(20, whole.signer, (seq) => (seq === 7 ? { target: "x" } : {}));
    expect(await verify(), "by itself it is whole").toMatchObject({ code: 0 });
    const { code, out } = await verify("--save", folder);
    expect(out).toContain("6 of the 12 entries that were kept are not as they were, from entry 7 to 12");
    expect(out).toContain("The checkpoint at entry 10 is another one than was kept.");
    expect(code).toBe(1);
    expect(await readFile(join(folder, "export.ndjson"), "utf8"), "it stays").not.toContain('"x"');
  });
  it("shows a log that was cut together with its checkpoints", async () => {
    await verify("--save", folder);
    log = { ...whole, entries: whole.entries.slice(0, 7), checkpoints: whole.checkpoints.slice(0, 1) };
    expect(await verify()).toMatchObject({ code: 0 });
    const { code, out } = await verify("--save", folder);
    expect(out).toContain("5 of the 12 entries that were kept are not as they were, from entry 8 to 12");
    expect(out).toContain("The checkpoint at entry 10, which was kept, is gone.");
    expect(code).toBe(1);
  });
  it("may be a log that was broken when it was first seen: it is held against that from then on", async () => {
    log = {
      ...(await logOf(12, whole.signer, () => ({ target: "restored" }))),
      checkpoints: whole.checkpoints,
    };
    expect(await verify("--save", folder)).toMatchObject({
      code: 1,
      out: expect.stringContaining("Kept in"),
    });
    const later = await logOf(20, whole.signer, () => ({ target: "restored" }));
    log = { ...later, checkpoints: [...whole.checkpoints, ...later.checkpoints.slice(2)] };
    expect(await verify("--save", folder)).toMatchObject({
      code: 1,
      out: expect.stringContaining("goes on from"),
    });
    log = { ...log, entries: log.entries.with(2, { ...(log.entries[2] as AuditEntry), target: "x" }) };
    expect(await verify("--save", folder)).toMatchObject({
      code: 1,
      out: expect.stringContaining("Not kept"),
    });
  });
  it("shows keys that were exchanged: what the kept ones did not sign is forged", async () => {
    await verify("--save", folder);
    log = await logOf(12, await signerOf("t".repeat(32)));
    const { code, out } = await verify("--save", folder);
    expect(out).toContain("The public key of version 1 is another one than was kept");
    expect(out).toContain("The checkpoint at entry 5 is forged");
    expect(code).toBe(1);
  });
  it("also a key alone: what comes with the log is not relied upon", async () => {
    const args = await files(whole);
    log = await logOf(12, await signerOf("t".repeat(32)));
    expect(await verify(), "by itself it is whole").toMatchObject({ code: 0 });
    const { code, out } = await verify("--key", args.at(-1) ?? "");
    expect({ code, out }).toEqual({
      code: 1,
      out: expect.stringContaining("checkpoint at entry 10 is forged"),
    });
  });
});

describe("what cannot be checked ends with 2, and says why", () => {
  it.each<[string, (args: string[]) => string[], string]>([
    [
      "a wrong token",
      () => ["--url", url, "--token", "wrong"],
      "The token is missing, wrong or expired (401).",
    ],
    ["a server that is not there", () => ["--url", "http://127.0.0.1:9"], "does not answer"],
    ["another server", () => ["--url", `${url}/other`], "answers 404"],
    ["an address where the token could be read", () => ["--url", "http://shop.example"], "must be https"],
    ["no address", () => ["--url", "shop"], "is no address"],
    ["an unknown option", () => ["--urls", "x"], "--urls"],
    ["a file without checkpoints", (args) => args.slice(0, 2), "--file needs --checkpoints and --key"],
    ["a file and an address", (args) => [...args, "--url", url], "either --file or --url"],
    ["checkpoints alone", (args) => args.slice(2, 4), "--checkpoints goes with --file"],
    ["a file that is not there", (args) => args.with(1, "nowhere.ndjson"), "nowhere.ndjson is not there"],
    ["a key that is none", (args) => args.with(5, args[3] ?? ""), "is no public Ed25519 key"],
    ["checkpoints that are none", (args) => args.with(3, args[5] ?? ""), "is no list of checkpoints"],
    ["an export that is none", (args) => args.with(1, args[3] ?? ""), "line 1"],
  ])("%s", async (_title, argsOf, says) => {
    const { code, out, err } = await run(argsOf(await files(whole)));
    expect(err).toContain(says);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });
  it("no token", async () => {
    expect(await run(["--url", url], {})).toMatchObject({
      code: 2,
      err: expect.stringContaining("ADMIN_TOKEN"),
    });
  });
  it("a connection that breaks in the middle, or a folder that is none: it says nothing against the log", async () => {
    const cut = createServer((_request, response) => {
      response.writeHead(200, { "content-length": "1000" }).write('{"checkpoints": [');
      setTimeout(() => response.destroy(), 20);
    });
    await new Promise<void>((resolve) => cut.listen(0, "127.0.0.1", resolve));
    const { port } = cut.address() as AddressInfo;
    const broken = await run(["--url", `http://127.0.0.1:${port}`]);
    cut.close();
    expect(broken).toMatchObject({ code: 2, err: expect.stringContaining("It cannot be checked.") });
    await writeFile(join(folder, "file"), "");
    expect(await verify("--save", join(folder, "file"))).toMatchObject({ code: 2 });
  });
  it("a server that sends the reader round in a circle", async () => {
    log = { ...whole, next: 0 };
    expect(await verify()).toMatchObject({ code: 2, err: expect.stringContaining("read already") });
  });
  it("and --help says how", async () => {
    expect(await run(["--help"], {})).toMatchObject({ code: 0, out: expect.stringContaining("--save") });
  });
});
