/**
 * What a release's definitions are made of, followed to its end: definitions that are made of themselves, and those that
 * stand on so many others that nobody could answer for them within a page's time. By a stack of its own, since a document
 * may name tens of thousands. Pure; called for features and for segments.
 */

/** So many definitions one on another; people write three or four. */
const MAX_LEVELS = 40;
/** Of a long cycle these are named. */
const MAX_NAMED = 10;

interface ChainIssue {
  name: string;
  message: string;
}

/**
 * Each cycle once, from its first name on, and the first of each chain that is too long.
 * @param names all definitions
 * @param partsOf those that one is made of; some may not be there
 * @param says what is wrong with a cycle, for example `is made of itself`
 */
export function chainIssues(
  names: readonly string[],
  partsOf: (name: string) => readonly string[],
  says: string,
): ChainIssue[] {
  const known = new Set(names);
  const issues: ChainIssue[] = [];
  const levels = new Map<string, number>();
  for (const start of names) {
    if (levels.has(start)) continue;
    const path: string[] = [];
    const places = new Map<string, number>();
    const left: string[][] = [];
    const enter = (name: string) => {
      places.set(name, path.length);
      path.push(name);
      left.push(partsOf(name).filter((part) => known.has(part)));
    };
    for (enter(start); path.length > 0; ) {
      const next = left.at(-1)?.shift();
      if (next === undefined) {
        const name = path.pop() ?? start;
        left.pop();
        places.delete(name);
        const below = partsOf(name).map((part) => levels.get(part) ?? 0);
        const level = below.reduce((a, b) => Math.max(a, b), 0) + 1;
        levels.set(name, level);
        if (level === MAX_LEVELS + 1)
          issues.push({ name, message: `stands on more than ${MAX_LEVELS} others, one on another` });
        continue;
      }
      const at = places.get(next);
      if (at !== undefined)
        issues.push({ name: next, message: `${says}: ${shown(path.slice(at))} → ${next}` });
      else if (!levels.has(next)) enter(next);
    }
  }
  return issues;
}

const shown = (cycle: readonly string[]): string =>
  cycle.length <= MAX_NAMED ? cycle.join(" → ") : `${cycle.slice(0, MAX_NAMED).join(" → ")} → …`;
