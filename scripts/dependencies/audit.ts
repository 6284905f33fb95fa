/**
 * What the lock file says of the packages that we take in: where each comes from, that its contents are fixed by a hash,
 * which of them run code when they are installed, and under which licences the Worker ships what it ships. Reads two
 * files and asks nobody; known vulnerabilities are `npm audit`'s, in .github/workflows/check.yml. Run by
 * test/unit/dependencies.test.ts.
 */
import * as z from "zod";

const lockedSchema = z.object({
  version: z.string(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  dev: z.boolean().optional(),
  devOptional: z.boolean().optional(),
  optional: z.boolean().optional(),
  link: z.boolean().optional(),
  inBundle: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
  os: z.array(z.string()).optional(),
  cpu: z.array(z.string()).optional(),
});
const versions = z.record(z.string(), z.string());

export const lockSchema = z.object({
  lockfileVersion: z.number(),
  packages: z.record(z.string(), z.looseObject({})),
});
export const manifestSchema = z.object({
  dependencies: versions,
  devDependencies: versions,
  overrides: z.record(z.string(), z.unknown()).default({}),
  allowScripts: z.record(z.string(), z.boolean()),
});

export type Lock = z.infer<typeof lockSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/** What may be shipped inside a product of another licence without conditions but to name it. */
const PERMISSIVE = new Set([
  ...["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Unlicense", "CC0-1.0", "Zlib"],
]);
const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const EXACT_ALIAS = /^npm:(@[a-z0-9._-]+\/)?[a-z0-9._-]+@\d+\.\d+\.\d+$/;
const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** What is wrong, one line each; empty where nothing is. */
export function auditLock(lock: Lock, manifest: Manifest): string[] {
  const found: string[] = [];
  if (lock.lockfileVersion < 3) found.push("the lock file is older than version 3");
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies };
  for (const [name, version] of Object.entries(wanted))
    if (!EXACT.test(version)) found.push(`${name}: "${version}" is not one exact version`);
  for (const [name, version] of Object.entries(manifest.overrides)) {
    const isExact = typeof version === "string" && (EXACT.test(version) || EXACT_ALIAS.test(version));
    if (!isExact) found.push(`override of ${name}: is not one exact version`);
  }

  const hosts = new Set<string>();
  for (const [path, raw] of Object.entries(lock.packages)) {
    if (path === "") continue;
    const parsed = lockedSchema.safeParse(raw);
    if (!parsed.success) {
      found.push(`${path}: is not readable`);
      continue;
    }
    const locked = parsed.data;
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    if (!path.startsWith("node_modules/") || locked.link) found.push(`${path}: is a folder, not a package`);
    if (!EXACT.test(locked.version)) found.push(`${path}: "${locked.version}" is no version of a registry`);
    if (locked.resolved !== undefined) {
      const url = URL.parse(locked.resolved);
      if (url?.protocol === "https:" && url.username === "") hosts.add(url.host);
      else found.push(`${path}: does not come by https`);
    }
    if (!hasHash(locked)) found.push(`${path}: nothing says what is in it`);
    if (locked.hasInstallScript && manifest.allowScripts[name] !== true)
      found.push(`${path}: runs a script when it is installed`);
    const isShipped = !locked.dev && !locked.devOptional;
    if (isShipped && !PERMISSIVE.has(locked.license ?? ""))
      found.push(`${path}: is shipped under ${locked.license ?? "no licence"}`);
  }
  if (hosts.size > 1) found.push(`packages come from ${hosts.size} hosts`);
  for (const name of Object.keys(manifest.allowScripts)) {
    const isUsed = Object.entries(lock.packages).some(
      ([path, { hasInstallScript }]) => path.endsWith(`node_modules/${name}`) && hasInstallScript === true,
    );
    if (!isUsed) found.push(`allowScripts: ${name} runs no script`);
  }
  return found;
}

/** Packages whose contents no hash fixes: tools' programs for other systems than the lock file was made on. */
export const withoutHash = (lock: Lock): string[] =>
  Object.entries(lock.packages).flatMap(([path, { integrity }]) =>
    path !== "" && integrity === undefined ? [path] : [],
  );

/**
 * npm records a hash when it fetches a package, and it fetches no tool's program for another system than its own. Those
 * alone may lack one: they are optional, for one kind of system, for development, and never in what is deployed.
 */
function hasHash({ integrity, dev, optional, os, cpu }: z.infer<typeof lockedSchema>): boolean {
  if (integrity !== undefined) return SHA512.test(integrity);
  return dev === true && optional === true && os !== undefined && cpu !== undefined;
}
