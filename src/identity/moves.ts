/** Which profiles became one, and which fell apart, by one batch of events. Pure; for the audit log. */
import type { IdentifierRow } from "./graph.ts";
import type { Partition } from "./partition.ts";

/** Profiles by their roots: several before and one after is a merge, one before and several after a split. */
export interface Move {
  before: string[];
  after: string[];
}

/**
 * @param before rows as they were read; only profiles that were stored count, for what is new with a batch merges nothing
 * @param keys of the rows that the batch touched
 */
export function movesOf(
  before: ReadonlyMap<string, IdentifierRow>,
  partition: Partition,
  keys: Iterable<string>,
): Move[] {
  const moves = new Map<string, Move>();
  const note = (from: readonly string[], to: readonly string[]) => {
    if (from.length < 2 && to.length < 2) return;
    const move = { before: [...from].sort(), after: [...to].sort() };
    moves.set(JSON.stringify(move), move);
  };
  // A cache that is stale may name who was erased, or what was never written: nothing is told of them.
  const isStored = (key: string): boolean => {
    const row = before.get(key);
    return row !== undefined && row.version > 0 && !row.suppressed;
  };
  const rootBefore = (key: string): string[] =>
    isStored(key) ? (before.get(key)?.members ?? [key]).filter(isStored).slice(0, 1) : [];
  const rootNow = (key: string): string => partition.rootOf.get(key) ?? key;
  for (const key of keys) {
    const root = rootNow(key);
    const from = new Set((partition.members.get(root) ?? [root]).flatMap(rootBefore));
    note([...from], [root]);
    const old = before.get(key)?.members?.filter(isStored);
    if (old) note(old.slice(0, 1), [...new Set(old.map(rootNow))]);
  }
  return [...moves.values()];
}
