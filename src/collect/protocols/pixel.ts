/** Events as the query of a picture's address, for pages and mails without JavaScript: RudderStack's and Jitsu's pixels. */
import type { Query } from "../query.ts";
import type { Answer } from "./protocol.ts";

/** A transparent GIF of one pixel. */
const GIF = Uint8Array.from(atob("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"), (c) =>
  c.charCodeAt(0),
);

/** The answer to every request that was read, whatever became of its event. */
export const pixelAnswer = (): Answer => ({ status: 200, contentType: "image/gif", body: GIF });

const MAX_FIELDS = 200;
const MAX_DEPTH = 8;

type Tree = { [key: string]: unknown };

/**
 * The query's parameters as an object: `context.page.url=…` is a field of a field. The first of a name counts; values are
 * texts. Parameters beyond the 200th, and those of more than eight levels, are left out.
 * @param into what they are added to, and stand before
 */
export function fieldsOfQuery(query: Query, except: ReadonlySet<string>, into: Tree = {}): Tree {
  const seen = new Set<string>();
  for (const [name, value] of query) {
    if (except.has(name) || seen.has(name) || seen.size >= MAX_FIELDS) continue;
    seen.add(name);
    const path = name.split(".");
    const last = path.pop();
    if (last === undefined || path.length >= MAX_DEPTH || [...path, last].includes("__proto__")) continue;
    let at = into;
    for (const key of path) {
      const below = Object.hasOwn(at, key) ? at[key] : undefined;
      const next: Tree = isTree(below) ? below : {};
      at[key] = next;
      at = next;
    }
    at[last] = value;
  }
  return into;
}

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);
