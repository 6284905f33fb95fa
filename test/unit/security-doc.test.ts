/** SECURITY.md and docs/security name files and the tests that show each control: all of them exist, by those titles. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const DOCUMENTS = ["SECURITY.md", ...readdirSync("docs/security").map((name) => `docs/security/${name}`)];
const text = Object.fromEntries(DOCUMENTS.map((path) => [path, readFileSync(path, "utf8")]));
const all = Object.values(text).join("\n");

/** `path` “title”, and more titles of the same file behind it. */
const shown = [...all.matchAll(/`(test\/[^`]+\.test\.ts)`((?:,? “[^”]+”)+)/g)].flatMap(
  ([, path = "", titles = ""]) =>
    [...titles.matchAll(/“([^”]+)”/g)].map(([, title = ""]): [string, string] => [path, title]),
);

/** The ASVS items that come first for a product of this kind. */
const ASVS = [
  ...[
    "V1.2.2",
    "V1.3.1",
    "V1.5.3",
    "V3.3.3",
    "V3.4.2",
    "V3.5.1",
    "V4.1.3",
    "V8.2.1",
    "V8.2.2",
    "V8.2.3",
    "V8.4.1",
  ],
  ...["V9.1.1", "V9.1.2", "V9.1.3", "V14.2.2", "V14.2.3", "V14.2.4", "V14.2.5", "V14.2.6", "V14.2.7"],
  ...["V16.3.2", "V16.5.3"],
];

describe("the security documents", () => {
  it("name tests enough to be worth this test", () => {
    expect(shown.length).toBeGreaterThan(80);
  });

  it.each(shown)("a test that is named is there: %s “%s”", (path, title) => {
    // Titles are written with either quote in the source, and quotes in them escaped.
    const source = readFileSync(path, "utf8").replaceAll("\\'", "'").replaceAll('\\"', '"');
    const isThere = ['"', "'", "`"].some((quote) => source.includes(`${quote}${title}${quote}`));
    expect(isThere).toBe(true);
  });

  it("name no file that is not there", () => {
    const named = [
      ...all.matchAll(/`((?:src|test|docs|scripts|contracts|migrations|\.github)\/[\w./-]+)`/g),
    ].map(([, path = ""]) => path);
    expect(named.length).toBeGreaterThan(100);
    expect([...new Set(named)].filter((path) => !existsSync(path))).toEqual([]);
    for (const file of ["wrangler.toml", "package.json", "package-lock.json"])
      expect(existsSync(file)).toBe(true);
  });

  it("lead nowhere by a link that is broken", () => {
    const broken = DOCUMENTS.flatMap((path) =>
      [...(text[path] ?? "").matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
        .map(([, target = ""]) => target)
        .filter((target) => !target.startsWith("https://") && !existsSync(join(dirname(path), target)))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("say of each item of the ASVS, once, how far it is met", () => {
    const table = text["docs/security/asvs.md"] ?? "";
    const rows = [
      ...table.matchAll(/^\| (V\d+\.\d+\.\d+) \| [^|]+ \| (met|partly|not met|does not apply) \|/gm),
    ];
    expect(rows.map(([, item]) => item)).toEqual(ASVS);
  });

  it("every test file of this issue's hardening is named by one of them", () => {
    const files = readdirSync("test/worker/security").map((name) => `test/worker/security/${name}`);
    expect(files.filter((path) => !all.includes(path))).toEqual([]);
  });
});
