/** What was merged and split of a profile, by batches of events and by operators, newest first. Called by assemble.ts. */
import { listChanges } from "#identity/changes/store";
import { iso, isoOrNull } from "./links.ts";
import { movesNaming } from "./store.ts";
import type { HistoryEntry } from "./view.ts";

const MAX_ENTRIES = 50;

/** @param keys of the profile: whatever was its root is among them, or of one that fell off */
export async function historyOf(db: D1Database, keys: readonly string[]): Promise<HistoryEntry[]> {
  const [moves, changes] = await Promise.all([
    movesNaming(db, keys, MAX_ENTRIES),
    listChanges(db, { keys, before: Number.MAX_SAFE_INTEGER, limit: MAX_ENTRIES }),
  ]);
  const own = new Set(keys);
  const isOwn = ({ before, after }: { before: string[]; after: string[] }) =>
    [...before, ...after].some((root) => own.has(root));
  const entries = [
    ...moves.flatMap(({ at, moves: some }) =>
      some.filter(isOwn).map(({ before, after }) => ({
        at,
        what: after.length > 1 ? "split" : "merged",
        by: null,
        note: "",
        change: null,
        undone_at: null,
        before,
        after,
      })),
    ),
    ...changes.map(({ id, at, actor, action, note, undoneAt }) => ({
      at,
      what: action,
      by: actor,
      note,
      change: id,
      undone_at: isoOrNull(undoneAt ?? 0),
      before: [],
      after: [],
    })),
  ];
  return entries
    .sort((a, b) => b.at - a.at)
    .slice(0, MAX_ENTRIES)
    .map((entry) => ({ ...entry, at: iso(entry.at) }));
}
