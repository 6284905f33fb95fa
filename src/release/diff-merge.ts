/**
 * What two people made of one document, put together: each definition that only one of them changed is as they made it.
 * Pure; used where a draft takes over what was published since (drafts.ts), and by `npm run release -- pull`.
 */
import { definitionsOf, documentFrom, meansSame } from "./diff-definitions.ts";

/** A definition that both have changed, each otherwise. Undefined: it is not there. */
export interface Conflict {
  path: string;
  base: unknown;
  theirs: unknown;
  mine: unknown;
}

/** @param prefer whose holds where both changed a definition; undefined: theirs stands until somebody decides */
export function mergeDocuments(
  base: unknown,
  theirs: unknown,
  mine: unknown,
  prefer?: "mine" | "theirs",
): { document: Record<string, unknown>; conflicts: Conflict[] } {
  const [was, other, own] = [definitionsOf(base), definitionsOf(theirs), definitionsOf(mine)];
  const merged = new Map<string, unknown>();
  const conflicts: Conflict[] = [];
  for (const path of new Set([...was.keys(), ...other.keys(), ...own.keys()])) {
    const [b, t, m] = [was.get(path), other.get(path), own.get(path)];
    let value = t;
    // As it is written: what means the same in other words is not rewritten.
    if (meansSame(path, t, m) || meansSame(path, t, b)) value = m;
    else if (!meansSame(path, m, b)) {
      if (prefer === "mine") value = m;
      else if (prefer === undefined) conflicts.push({ path, base: b, theirs: t, mine: m });
    }
    if (value !== undefined) merged.set(path, value);
  }
  return { document: documentFrom(merged), conflicts };
}
