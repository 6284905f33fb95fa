/** `npm run release` as processes against the whole product: two developers, a canary, and a colleague in the console. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Product, startProduct } from "../setup/e2e.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/release.ts", import.meta.url));
let product: Product;
let ours: string;
let theirs: string;
/** What Node has compiled: each command is a process of its own, which would spend half of its time on that. */
let compiled: string;

beforeAll(async () => {
  product = await startProduct();
  const folder = (name: string) => mkdtemp(join(tmpdir(), `${name}-`));
  [ours, theirs, compiled] = [await folder("ours"), await folder("theirs"), await folder("compiled")];
});
afterAll(async () => {
  await product.close();
  for (const folder of [ours, theirs, compiled]) await rm(folder, { recursive: true });
});

function run(folder: string, words: string, env: Record<string, string> = {}) {
  const args = [...words.split(" "), "--folder", folder];
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const given = {
      PATH: process.env.PATH ?? "",
      NODE_COMPILE_CACHE: compiled,
      DOORSTEP_URL: product.url,
      ...env,
    };
    execFile(process.execPath, [SCRIPT, ...args], { env: given }, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}
const done = async (folder: string, words: string): Promise<string> => {
  const { code, out, err } = await run(folder, words);
  expect(`${code} ${err}`).toBe("0 ");
  return out;
};
type Segments = Record<string, object>;
async function edit(folder: string, change: (segments: Segments) => Segments): Promise<void> {
  const path = join(folder, "segments.json");
  const segments = JSON.parse(await readFile(path, "utf8")) as Segments;
  const sorted = Object.entries(change(segments)).sort(([a], [b]) => (a < b ? -1 : 1));
  await writeFile(path, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
const active = async () =>
  (await (await product.admin("/releases/active")).json()) as {
    version: number;
    document: { segments: Segments; content: Record<string, { html?: string }> };
    candidate: { version: number; share: number } | null;
  };

it("pulls, validates and pushes; what was pushed is up to date, and pulling it changes nothing", async () => {
  const { version } = await active();
  expect(await done(ours, "pull")).toContain(`Version ${version} is in ${ours}: `);
  expect(await done(ours, "diff")).toBe("Nothing differs.\n");
  expect(await done(ours, "validate")).toContain("The release may be published.");
  await done(theirs, "pull");
  await edit(ours, (segments) => ({ ...segments, known: { when: { identity_state: "authenticated" } } }));
  await writeFile(join(ours, "content", "ours.html"), "<p onclick='x()'>Ours</p>\n");
  const dry = await done(ours, "push --dry-run");
  expect(dry).toContain("+ segments.known\n");
  expect(dry).toContain("nothing was");
  expect((await active()).version).toBe(version);
  expect(await done(ours, "push --note Known")).toContain(`Version ${version + 1} is published as stable`);
  expect((await active()).document.content.ours?.html).toBe("<p>Ours</p>");
  expect(await done(ours, "push")).toBe("Nothing differs.\n");
  expect(await done(ours, "status")).toContain("is up to date");
  // As it is written here: that HTML is sanitised and defaults are filled in makes no file another.
  expect(await done(ours, "pull")).toContain("nothing changed");
});

it("refuses to push over what others have published, says who did what, and merges it by pulling", async () => {
  const { version } = await active();
  await edit(theirs, (segments) => ({ ...segments, theirs: { when: { identity_state: "pseudonymous" } } }));
  const refused = await run(theirs, "push");
  expect(refused.code).toBe(1);
  expect(refused.err).toContain(`version ${version} holds now`);
  expect(refused.err).toMatch(/\dZ ADMIN_TOKEN: publish, version \d+ \(Known\)/);
  expect(refused.err).toContain("npm run release -- pull");
  await done(theirs, "pull");
  await done(theirs, "push --note Theirs");
  const { document } = await active();
  expect(Object.keys(document.segments)).toEqual(expect.arrayContaining(["known", "theirs"]));

  // Both change one definition: nothing is written before somebody decides.
  await edit(ours, (segments) => ({ ...segments, theirs: { when: { identity_state: "anonymous" } } }));
  const before = await readFile(join(ours, "segments.json"), "utf8");
  const conflict = await run(ours, "pull");
  expect(conflict).toMatchObject({ code: 1, err: expect.stringContaining("segments.theirs") });
  expect(await readFile(join(ours, "segments.json"), "utf8")).toBe(before);
  await done(ours, "pull --theirs");
  expect(await done(ours, "diff")).toBe("Nothing differs.\n");
});

it("publishes a canary, grows and promotes it, and goes back", async () => {
  const { version } = await active();
  await edit(ours, (segments) => ({ ...segments, canary: { when: { identity_state: "authenticated" } } }));
  expect(await done(ours, "push --share 0.1")).toContain("published as candidate");
  expect(await done(ours, "promote --share 0.5")).toContain(`50 % of visitors get version ${version + 1}`);
  expect((await active()).candidate).toEqual({ version: version + 1, share: 0.5 });
  expect(await run(ours, "push --share 1")).toMatchObject({
    code: 1,
    err: expect.stringContaining("promote or abort"),
  });
  expect(await done(ours, "promote")).toBe(`Version ${version + 1} is stable.\n`);
  expect(await done(ours, "status")).toContain("is up to date");
  expect(await done(ours, "rollback")).toBe(`Version ${version} is stable.\n`);
  // What was taken back is not pushed again unawares.
  expect(await run(ours, "push")).toMatchObject({ code: 1, err: expect.stringContaining("rollback") });
  await done(ours, "pull");
  expect(await done(ours, "diff")).toBe("Nothing differs.\n");
  const noon = new Date(Date.now() + 86_400_000).toISOString();
  await edit(ours, (segments) => ({ ...segments, noon: { when: { identity_state: "authenticated" } } }));
  expect(await done(ours, `push --at ${noon}`)).toContain("published as scheduled");
  expect(await done(ours, "status")).toContain(`at ${noon}, by ADMIN_TOKEN: waiting`);
  expect((await active()).version).toBe(version);
});

it("exits 2 where the site does not let it, and says why", async () => {
  const { code, err } = await run(ours, "status", { DOORSTEP_TOKEN: "wrong" });
  expect(code).toBe(2);
  expect(err).toContain("The token is missing, wrong or expired.");
  const away = await run(ours, "status", { DOORSTEP_URL: `${product.sandboxUrl}/nothing` });
  expect(away).toMatchObject({ code: 2, err: expect.stringContaining("not as Doorstep does") });
});
