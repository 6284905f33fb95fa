/**
 * Renamed public paths (`PATHS` in settings): blockers know the paths of trackers by heart. A renamed path answers at its
 * new name and no longer at its own, and nothing else changes: routes, consent, GPC and opt-outs never see the new name.
 * src/env.ts checks the names, src/shared.ts compiles them, and src/app.ts maps each request's path before it is routed. In
 * core/, because all of them need it.
 */

/** Where the public paths begin, without `BASE_PATH`: what can be renamed. A test holds the routes against it. */
export const OWN_PATHS: readonly string[] = [
  "/events",
  "/v1",
  "/sourceConfig",
  "/beacon",
  "/pixel",
  "/i",
  "/g",
  "/mp",
  "/debug/mp",
  "/api/s",
  "/api/px",
  "/consent",
  "/slots",
  "/ofrep",
  "/doorstep.js",
  "/doorstep-more.js",
  "/doorstep-slots.js",
  "/doorstep-slots.d.ts",
  "/doorstep-preview.js",
  "/doorstep.d.ts",
  "/contracts",
  "/privacy",
  "/hooks",
  "/health",
  "/ready",
  "/openapi.json",
];
/** Snowplow's `/vendor` or `/vendor/version`: a vendor has a dot. */
const VENDOR_PATH = /^\/[\w-]+(\.[\w-]+)+(\/[\w-]+)?$/;
/** Never renamed and never covered: the operator's side, and where browsers look by agreement. */
const KEPT_PATHS = ["/admin", "/.well-known"];
const PATH = /^(\/[\w.~-]{1,64}){1,4}$/;

/** Own path → the path that it goes by. */
type Renames = Readonly<Record<string, string>>;

const isBelow = (path: string, above: string): boolean =>
  path.startsWith(above) && path[above.length] === "/";
const covers = (path: string, prefix: string): boolean => path === prefix || isBelow(path, prefix);
const overlap = (a: string, b: string): boolean => covers(a, b) || covers(b, a);

/** What is wrong with the names: own path → one sentence part, such as `cannot become "/admin": …`. */
export function renameProblems(renames: Renames): Record<string, string> {
  const problems: Record<string, string> = {};
  const taken: [own: string, name: string][] = [];
  for (const [own, name] of Object.entries(renames)) {
    const clash = OWN_PATHS.find((path) => overlap(name, path) && !Object.hasOwn(renames, path));
    const before = taken.find(([, earlier]) => overlap(name, earlier));
    taken.push([own, name]);
    const cannot = (why: string) => `cannot become ${JSON.stringify(name)}: ${why}`;
    if (!OWN_PATHS.some((path) => covers(own, path)) && !VENDOR_PATH.test(own))
      problems[own] = "is not a public path of Doorstep";
    else if (!PATH.test(name) || /\/\.{1,2}(\/|$)/.test(name))
      problems[own] = cannot('a path is like "/a" or "/a/b.js"');
    else if (KEPT_PATHS.some((path) => overlap(name, path)))
      problems[own] = cannot("that is the console's, or a fixed address");
    else if (overlap(name, own)) problems[own] = cannot("that overlaps the path itself");
    else if (clash !== undefined) problems[own] = cannot(`that overlaps Doorstep's own ${clash}`);
    else if (before !== undefined) problems[own] = cannot(`${before[0]} goes by that`);
  }
  return problems;
}

export interface PublicPaths {
  /** The path that our routes know for the one that was asked. An own path that goes by another name is nobody's. */
  toOwn(path: string): string;
  /** The path under which the outside reaches one of ours. */
  toPublic(path: string): string;
}

const same = (path: string): string => path;

/**
 * Both directions, for paths that begin with `basePath`. Without renames nothing is done at all.
 * @param renames checked by `renameProblems`
 */
export function compilePaths(renames: Renames, basePath: string): PublicPaths {
  const pairs = Object.entries(renames)
    .map(([own, name]) => ({ own: basePath + own, name: basePath + name }))
    .sort((a, b) => b.own.length - a.own.length); // "/v1/batch" goes before "/v1"
  if (pairs.length === 0) return { toOwn: same, toPublic: same };
  return {
    toOwn(path) {
      for (const { own, name } of pairs) if (covers(path, name)) return own + path.slice(name.length);
      // Two slashes: no route has an empty part, and what is behind us still gets the address as it was asked.
      for (const { own } of pairs) if (covers(path, own)) return `${basePath}/${path.slice(basePath.length)}`;
      return path;
    },
    toPublic(path) {
      for (const { own, name } of pairs) if (covers(path, own)) return name + path.slice(own.length);
      return path;
    },
  };
}
