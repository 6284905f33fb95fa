/** `npm run release` as the process that a developer or CI starts, without a site: files, validation, and clear refusals. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { RUN } from "../../../scripts/release/commands.ts";
import { readFolder, writeFolder } from "../../../scripts/release/files.ts";
import { readOptions } from "../../../scripts/release/options.ts";

vi.setConfig({ testTimeout: 30_000 });

const SCRIPT = fileURLToPath(new URL("../../../scripts/release.ts", import.meta.url));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "release-"));
  return () => rm(folder, { recursive: true });
});

const run = (...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const env = { PATH: process.env.PATH ?? "" };
    execFile(process.execPath, [SCRIPT, ...args], { env }, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });

const DOCUMENT = {
  segments: { zeta: { when: { identity_state: "authenticated" } }, alpha: { when: {} } },
  slots: { hero: { fallback: "plain" } },
  content: {
    plain: { html: "<h2>Welcome</h2>", locales: { sk: { html: "<h2>Vitajte</h2>\n" } } },
    numbers: { data: { n: 1 } },
  },
  policy: { regimes: { gdpr: { countries: ["SK"], default: "denied" } }, otherwise: "gdpr" },
};

describe("the folder", () => {
  it("has a file for each kind, and the HTML in files of its own, the same each time", async () => {
    expect(await writeFolder(folder, DOCUMENT)).toEqual([
      "content.json",
      "content/plain.html",
      "content/plain.sk.html",
      "policy.json",
      "segments.json",
      "slots.json",
    ]);
    expect(await readFolder(folder)).toEqual(DOCUMENT);
    expect(await writeFolder(folder, await readFolder(folder))).toEqual([]);
    const segments = await readFile(join(folder, "segments.json"), "utf8");
    expect(segments.indexOf("alpha")).toBeLessThan(segments.indexOf("zeta"));
    expect(segments.endsWith("}\n")).toBe(true);
    expect(await readFile(join(folder, "content/plain.html"), "utf8")).toBe("<h2>Welcome</h2>\n");
  });

  it.each([
    ["segments.json", "{ half written"],
    ["content/index.html", "<h1>The site's own page</h1>"],
  ])(
    "is not pulled into where it would replace files that no version is known of: %s",
    async (name, text) => {
      await mkdir(join(folder, "content"));
      await writeFile(join(folder, name), text);
      const options = readOptions(["pull", "--folder", folder], {});
      if (options === "help") throw new Error("it is a command");
      const site = async () => ({ status: 200, body: { version: 1, revision: 1, document: DOCUMENT } });
      await expect(RUN.pull(options, site, () => {})).rejects.toThrow("files that no version is known of");
      expect(await readFile(join(folder, name), "utf8")).toBe(text);
      await RUN.pull({ ...options, prefer: "theirs" }, site, () => {});
      expect(await readFolder(folder)).toEqual(DOCUMENT);
    },
  );

  it("loses the files of what is no more, and no others", async () => {
    await writeFolder(folder, DOCUMENT);
    await writeFile(join(folder, "README.md"), "Ours");
    const { slots: _, ...rest } = DOCUMENT;
    const removed = await writeFolder(folder, { ...rest, content: { numbers: DOCUMENT.content.numbers } });
    expect(removed).toEqual(["content.json", "content/plain.html", "content/plain.sk.html", "slots.json"]);
    expect(await readFile(join(folder, "README.md"), "utf8")).toBe("Ours");
  });

  it.each([
    ["segment.json", "{}", 'there is no kind "segment"'],
    ["segments.json", "{", "segments.json is not JSON"],
    ["content/Plain page.html", "x", "content is named like spring.html"],
  ])("is refused with a file %s", async (name, text, message) => {
    await mkdir(join(folder, "content"));
    await writeFile(join(folder, "policy.json"), JSON.stringify(DOCUMENT.policy));
    await writeFile(join(folder, name), text);
    await expect(readFolder(folder)).rejects.toThrow(message);
  });

  it("does not choose between HTML of a file and HTML of content.json", async () => {
    await writeFolder(folder, DOCUMENT);
    await writeFile(join(folder, "content.json"), JSON.stringify({ plain: { html: "other" } }));
    await expect(readFolder(folder)).rejects.toThrow("content.json has HTML for plain");
  });
});

describe("validate, offline", () => {
  it("passes a release that is right, and says which secrets only the site knows", async () => {
    await writeFolder(folder, {
      ...DOCUMENT,
      destinations: {
        hook: {
          type: "webhook",
          queue: "crm",
          purposes: ["marketing"],
          events: ["purchase"],
          settings: { url: "https://hook.example/", secret: { $secret: "HOOK_SECRET" } },
        },
      },
    });
    const { code, out, err } = await run("validate", "--folder", folder);
    expect(err).toBe("");
    expect(out).toContain("Not checked without the site: the secrets HOOK_SECRET.");
    expect(code).toBe(0);
  });

  it("names what is wrong by its path, exits 1, and shows no stack", async () => {
    await writeFolder(folder, { ...DOCUMENT, offers: { x: { slot: "nowhere", content: "plain" } } });
    const { code, err } = await run("validate", "--folder", folder);
    expect(err).toBe('offers.x.slot: there is no slot "nowhere"\n');
    expect(code).toBe(1);
  });
});

describe("what cannot be done exits 2, with one sentence", () => {
  it.each([
    [["validate", "--folder", "/nowhere"], "There is no release in /nowhere"],
    [["push", "--folder", "/nowhere", "--url", "http://127.0.0.1:1"], "There is no release in /nowhere"],
    [["status", "--url", "http://127.0.0.1:1"], "http://127.0.0.1:1 does not answer"],
    [["status"], "It needs the site"],
  ])("%j", async (args, message) => {
    const { code, err } = await run(...args);
    expect(err).toContain(message);
    expect(err).not.toContain("    at ");
    expect(code).toBe(2);
  });

  it.each([
    [["publish"], 'There is no command "publish"'],
    [["push", "--share", "10"], "--share 10 is no number from 0 to 1"],
    [["push", "--at", "2026-12-24"], "is no time with a zone"],
    [["push", "--share", "0.1", "--at", "2026-12-24T06:00:00Z"], "Either --share or --at"],
    [["pull", "--mine", "--theirs"], "Either --mine or --theirs"],
    [["pull", "--branch", "x"], "Unknown option '--branch'"],
    [["rollback", "3", "4"], 'rollback takes no "4"'],
    [["status", "--url", "http://shop.example", "--token", "t"], "must be https"],
    [["status", "--url", "https://shop.example"], "It needs a token"],
    [["status", "--url", "shop"], "shop is no address"],
  ])("%j", (args, message) => {
    expect(() => readOptions(args, {})).toThrow(message);
  });
});
