/**
 * What differs between two documents, definition by definition: what a marketer has changed, not which lines. Defaults that
 * one of them leaves out are no difference. Pure; the answer of `GET /admin/api/releases/diff`, and what the command line
 * prints.
 */
import {
  type Definitions,
  definitionsOf,
  isObject,
  isSame,
  normalised,
  placeOf,
} from "./diff-definitions.ts";

/** One place in a definition that is in both. Without `from` it was added, without `to` removed. */
export interface PathChange {
  /** Dotted, below the definition; empty: all of it. */
  path: string;
  from?: unknown;
  to?: unknown;
}

export interface Change {
  kind: string;
  key: string | null;
  change: "added" | "removed" | "changed";
  paths?: PathChange[];
  from?: unknown;
  to?: unknown;
}

export interface Summary {
  added: number;
  removed: number;
  changed: number;
}

/** More differences than this are told as one. */
const MAX_PATHS = 200;

/** @returns by kind and key, in the order of `to`, what was removed last */
export function diffDocuments(from: unknown, to: unknown): Change[] {
  return diffDefinitions(definitionsOf(from), definitionsOf(to));
}

export function diffDefinitions(before: Definitions, after: Definitions): Change[] {
  const changes: Change[] = [];
  for (const path of new Set([...after.keys(), ...before.keys()])) {
    const from = normalised(path, before.get(path));
    const to = normalised(path, after.get(path));
    const place = placeOf(path);
    if (isSame(from, to)) continue;
    if (from === undefined) changes.push({ ...place, change: "added", to });
    else if (to === undefined) changes.push({ ...place, change: "removed", from });
    else {
      const paths: PathChange[] = [];
      collect("", from, to, paths);
      changes.push({
        ...place,
        change: "changed",
        paths: paths.length > MAX_PATHS ? [{ path: "", from, to }] : paths,
      });
    }
  }
  return changes;
}

function collect(path: string, from: unknown, to: unknown, found: PathChange[]): void {
  if (found.length > MAX_PATHS || isSame(from, to)) return;
  const bothLists = Array.isArray(from) && Array.isArray(to) && from.length === to.length;
  if (!bothLists && !(isObject(from) && isObject(to))) {
    found.push({ path, ...(from !== undefined && { from }), ...(to !== undefined && { to }) });
    return;
  }
  const [a, b] = [from as Record<string, unknown>, to as Record<string, unknown>]; // lists too are asked by their names, "0", "1"
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)]))
    collect(path === "" ? name : `${path}.${name}`, own(a, name), own(b, name), found);
}

const own = (object: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** How much of each sort. */
export function summaryOf(changes: readonly Change[]): Summary {
  const count = (sort: Change["change"]) => changes.filter(({ change }) => change === sort).length;
  return { added: count("added"), removed: count("removed"), changed: count("changed") };
}
