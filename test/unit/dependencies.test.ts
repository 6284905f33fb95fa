/** The packages that we take in, and that what is deployed holds no secret: offline, from the files of the repository. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { unstable_readConfig } from "wrangler";
import {
  auditLock,
  type Lock,
  lockSchema,
  type Manifest,
  manifestSchema,
  withoutHash,
} from "../../scripts/dependencies/audit.ts";

const lock = lockSchema.parse(JSON.parse(readFileSync("package-lock.json", "utf8")));
const manifest = manifestSchema.parse(JSON.parse(readFileSync("package.json", "utf8")));
const HASH = `sha512-${"A".repeat(86)}==`;

describe("every package of the lock file", () => {
  it("comes from the registry, has a hash, runs no script that is not allowed, and is shipped under a permissive licence", () => {
    expect(auditLock(lock, manifest)).toEqual([]);
  });

  it("lacks a hash only where it is a tool's program for another system, which is never deployed", () => {
    const known =
      /^node_modules\/(@biomejs\/cli|@cloudflare\/workerd|@duckdb\/node-bindings|@oxc-parser\/binding)-[a-z0-9-]+$/;
    expect(withoutHash(lock).filter((path) => !known.test(path))).toEqual([]);
  });

  it("of those that are shipped there are few, and each is known by name", () => {
    const shipped = Object.entries(lock.packages).flatMap(([path, { dev, devOptional }]) =>
      path === "" || dev || devOptional ? [] : [path.replace(/^.*node_modules\//, "")],
    );
    expect(shipped.sort()).toEqual([
      "@iabgpp/cmpapi",
      "@iabtechlabtcf/core",
      "@noble/hashes",
      "commander", // the command line of `xss`, which no bundle takes in
      "cssfilter",
      "drizzle-orm",
      "hono",
      "hyparquet",
      "hyparquet-writer",
      "isbot",
      "jose",
      "libphonenumber-js",
      "mustache",
      "ua-parser-js",
      "xss",
      "zod",
    ]);
  });
});

/** A lock file with one package that is wrong. */
function withPackage(more: Record<string, unknown>, path = "node_modules/bad"): [Lock, Manifest] {
  const good = { version: "1.0.0", integrity: HASH, license: "MIT" };
  const packages = { "node_modules/tool": { ...good, dev: true, hasInstallScript: true } };
  return [
    lockSchema.parse({ lockfileVersion: 3, packages: { "": {}, ...packages, [path]: { ...good, ...more } } }),
    manifestSchema.parse({ dependencies: {}, devDependencies: {}, allowScripts: { tool: true } }),
  ];
}

describe("the audit", () => {
  it("finds nothing in what is right", () => {
    expect(auditLock(...withPackage({}))).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["no hash", { integrity: undefined }, /nothing says what is in it/],
    [
      "no hash, of a tool for every system",
      { integrity: undefined, dev: true, optional: true },
      /nothing says/,
    ],
    ["a weak hash", { integrity: "sha1-AAAA" }, /nothing says what is in it/],
    [
      "a repository as its source",
      { resolved: `git+ssh://git@host.example/x.git#${"0".repeat(40)}` },
      /by https/,
    ],
    ["plain http as its source", { resolved: "http://host.example/x.tgz" }, /by https/],
    ["a file as its source", { resolved: "file:../x.tgz" }, /by https/],
    ["a password in its source", { resolved: "https://a:b@host.example/x.tgz" }, /by https/],
    ["an address as its version", { version: "https://host.example/x.tgz" }, /no version of a registry/],
    ["a link", { link: true }, /is a folder/],
    ["a script", { hasInstallScript: true }, /runs a script/],
    ["no licence", { license: undefined }, /under no licence/],
    ["a licence with conditions", { license: "AGPL-3.0-only" }, /under AGPL/],
    ["no version", { version: undefined }, /is not readable/],
  ])("finds a package with %s", (_what, more, message) => {
    expect(auditLock(...withPackage(more)).join()).toMatch(message);
  });

  it("finds two hosts, an open version, and an allowance that nobody needs", () => {
    const [two, plain] = withPackage({ resolved: "https://one.example/x.tgz" });
    two.packages["node_modules/other"] = {
      ...two.packages["node_modules/bad"],
      resolved: "https://two.example/x.tgz",
    };
    expect(auditLock(two, plain)).toEqual(["packages come from 2 hosts"]);
    const [one] = withPackage({});
    for (const version of ["^1.0.0", "latest", "*", "1.x", "file:../x", "github:a/b", "npm:other@1.0.0"])
      expect(auditLock(one, { ...plain, dependencies: { bad: version } }).join()).toMatch(/exact version/);
    expect(auditLock(one, { ...plain, overrides: { bad: "npm:other@latest" } }).join()).toMatch(
      /exact version/,
    );
    expect(auditLock(one, { ...plain, allowScripts: { tool: true, gone: true } })).toEqual([
      "allowScripts: gone runs no script",
    ]);
  });
});

/** Literals that look like keys and are none. */
const PUBLIC = [
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", // an alphabet
  "R0lGODlh", // a GIF of one pixel
  "sha256-", // the hash of a page's style
  "302e020100300506032b6570", // what goes before an Ed25519 key in PKCS #8
  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", // the specification's own vector, as an example
];

describe("what is deployed", () => {
  const config = unstable_readConfig({ config: "wrangler.toml" });

  it("may use 30 s of processor time at most, as compacting a busy hour does", () => {
    expect(config.limits?.cpu_ms).toBeGreaterThan(0);
    expect(config.limits?.cpu_ms).toBeLessThanOrEqual(30_000);
  });

  it("reaches no private network by a public name", () => {
    expect(config.compatibility_flags).toContain("global_fetch_strictly_public");
  });

  it("has no secret among its variables: secrets come by `wrangler secret put`", () => {
    const secret = /SECRET|TOKEN|KEY|PASSWORD|ISSUERS|SOURCES|AUD|ROLES|ALERT/;
    expect(Object.keys(config.vars).filter((name) => secret.test(name))).toEqual([]);
    expect(Object.values(config.vars).filter((value) => String(value).length > 100)).toEqual([]);
  });

  it("has no literal in its source that looks like a key", () => {
    const found = sourcesOf("src").flatMap((path) =>
      [...readFileSync(path, "utf8").matchAll(/(["'`])([A-Za-z0-9+/_=.-]{24,})\1/g)]
        .map(([, , text = ""]) => text)
        // A hash as a vendor wants it is of an example's address: no key is written so.
        .filter((text) => looksLikeKey(text) && !(path.includes("/examples") || /\/example\.ts$/.test(path)))
        .map((text) => `${path}: ${text}`),
    );
    expect(found.filter((one) => !PUBLIC.some((known) => one.includes(known)))).toEqual([]);
  });

  it("such a literal would be found", () => {
    const random = [..."k3yQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"].join("");
    for (const text of [
      random,
      `whsec_${random}`,
      "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
      `sk_live_${random}`,
    ])
      expect(looksLikeKey(text), text).toBe(true);
    for (const text of [
      "application/problem+json",
      "access-control-allow-headers",
      "subject_identities.identity",
    ])
      expect(looksLikeKey(text), text).toBe(false);
  });
});

describe("the check that runs for each change", () => {
  const workflow = readFileSync(".github/workflows/check.yml", "utf8");

  it("installs what the lock file says, runs every check, and asks for known vulnerabilities of what is shipped", () => {
    const steps = [...workflow.matchAll(/^\s+- run: (.+)$/gm)].map(([, run]) => run);
    expect(steps).toEqual(["npm ci", "npm run check", "npm audit --omit=dev"]);
  });

  it("may read the repository and nothing else, and knows no secret", () => {
    expect(workflow).toMatch(/^permissions:\n {2}contents: read\n/m);
    expect(workflow).not.toMatch(/pull_request_target|secrets\.|write-all|: write/);
    expect(workflow).not.toMatch(/\$\{\{/);
    expect(workflow).toContain("persist-credentials: false");
  });
});

const sourcesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => `${folder}/${path}`);

/** Letters of both cases and several digits mixed, or nothing but hex: no word, path or name in our style is. */
function looksLikeKey(text: string): boolean {
  if (/^[0-9a-f]{32,}$/i.test(text) && /\d/.test(text) && new Set(text).size > 6) return true;
  const run = /[A-Za-z0-9+/]{24,}/.exec(text)?.[0] ?? "";
  const digits = run.match(/\d/g)?.length ?? 0;
  return /[a-z]/.test(run) && /[A-Z]/.test(run) && digits >= 3;
}
