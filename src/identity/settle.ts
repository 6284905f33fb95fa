/**
 * Making rows say what the links say: which rows of a graph do not, and what merges and splits by that, where an operator
 * changed a link or a crash came between the links and the rows. Pure; changes/settle.ts reads and writes.
 */
import { emptyRow, hasDecided, type IdentifierRow, isScoped, rootOf } from "./graph.ts";
import { type Move, movesOf } from "./moves.ts";
import type { Partition } from "./partition.ts";
import type { Graph } from "./read.ts";
import { isMatch } from "./rules.ts";

/** Whether a row says already who its profile's members are. */
export const saysSame = (stored: readonly string[] | null, members: readonly string[]): boolean =>
  stored === null
    ? members.length < 2
    : stored.length === members.length && stored.every((key, n) => key === members[n]);

/** Whether an identifier has no row until an event or a conflict gives it one: what a rule derives. */
export const isRowless = (key: string): boolean => isMatch(key);

/**
 * What is merged and split by it. Where a crash left some rows of a merge written, what they were before is not known any
 * more: then it is told from the others, which say whom they were with.
 */
export function settledMoves(
  before: ReadonlyMap<string, IdentifierRow>,
  parts: Partition,
  changed: ReadonlySet<string>,
): Move[] {
  const moves = movesOf(before, parts, changed);
  const told = new Set(moves.flatMap(({ after }) => after));
  for (const key of changed) {
    const root = parts.rootOf.get(key) ?? key;
    const row = before.get(key);
    if (!row || told.has(root)) continue;
    const [joined] = (parts.members.get(root) ?? []).filter(
      (one) => one !== key && !row.members?.includes(one),
    );
    if (joined === undefined) continue;
    told.add(root);
    moves.push({ before: [rootOf(row), joined].sort(), after: [root] });
  }
  return moves;
}

/** Rows that say something else than the partition, with what it says; members that have no row get one. */
export function changedRows({ rows }: Graph, parts: Partition): IdentifierRow[] {
  const changed: IdentifierRow[] = [];
  for (const members of parts.members.values()) {
    if (!members.some((key) => rows.has(key))) continue;
    for (const key of members) {
      const row = rows.get(key);
      if (row ? row.suppressed || saysSame(row.members, members) : isRowless(key)) continue;
      const own = row ?? { ...emptyRow(key), consent: consentOf(members, rows) };
      own.members = members.length > 1 ? members : null;
      changed.push(own);
    }
  }
  return changed;
}

/**
 * All that are in the profiles of some: where one of them is written, the others are compared with what was read of them.
 * Rounds of reading are some time apart, and a member read early may have gone since.
 */
export const matesOf = (keys: Iterable<string>, parts: Partition): Set<string> =>
  new Set([...keys].flatMap((key) => parts.members.get(parts.rootOf.get(key) ?? key) ?? [key]));

/** What binds a member that has no row yet: the newest decision of the others, as an event would have brought it. */
function consentOf(
  members: readonly string[],
  rows: ReadonlyMap<string, IdentifierRow>,
): IdentifierRow["consent"] {
  let newest: IdentifierRow["consent"] = null;
  for (const key of members) {
    const row = rows.get(key);
    // What somebody decided under a claim is the device's, and no other's.
    if (!row || isScoped(key) || !hasDecided(row)) continue;
    if (row.consent && (!newest || row.consent.t > newest.t)) newest = row.consent;
  }
  if (!newest) return null;
  const { g, t, r, o } = newest;
  return { g, t, r, b: 1, ...(o !== undefined && { o }) };
}

/** A row beside each link to who was erased: links are deleted with what is written. */
export const besideDead = ({ rows, dead }: Graph): IdentifierRow[] =>
  dead.flatMap(
    ({ a, b }) => [a, b].flatMap((key) => rows.get(key) ?? []).find(({ suppressed }) => !suppressed) ?? [],
  );
