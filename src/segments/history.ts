/**
 * When a profile entered and left its segments: beside the facts of whichever of its rows is written anyway, so that it
 * costs no row of its own, splits with the row and is erased with it. It says as well which segments the profile was in
 * when it was last looked at: from that it is told what changed without an event. Pure; called by
 * src/ingest/keep-membership.ts and by the console's profile page.
 */

/** Of one row. `segments` are the profile's at `at` (epoch ms), sorted; the newest entry is the last. */
export type SegmentHistory = readonly [
  at: number,
  segments: readonly string[],
  entries: readonly HistoryEntry[],
];

/** `+loyal`: entered with an event; `-loyal`: left so; `>loyal`, `<loyal`: entered, left without one. */
type HistoryEntry = readonly [at: number, change: string];

/** What a profile entered and left, names sorted. */
export interface Moved {
  entered: string[];
  left: string[];
}

/** Of one row; a profile of several rows has more. */
const MAX_ENTRIES = 30;

type WithHistory = { readonly history: readonly unknown[] | null };

const historyIn = ({ history }: WithHistory): SegmentHistory | null => history as SegmentHistory | null; // of withMoved

/** The segments in which a profile was found last; none where no row says. */
export function lastSegments(rows: readonly WithHistory[]): readonly string[] {
  let newest: SegmentHistory | null = null;
  for (const row of rows) {
    const own = historyIn(row);
    if (own && (!newest || own[0] > newest[0])) newest = own;
  }
  return newest?.[1] ?? [];
}

/** What changed between two lists of segments; undefined: nothing. */
export function movedBetween(before: readonly string[], now: readonly string[]): Moved | undefined {
  const entered = now.filter((name) => !before.includes(name)).sort();
  const left = before.filter((name) => !now.includes(name)).sort();
  return entered.length > 0 || left.length > 0 ? { entered, left } : undefined;
}

/** A row's history with what happened at `at`. @param now the segments that the profile is in since */
export function withMoved(
  row: WithHistory,
  { entered, left }: Moved,
  now: readonly string[],
  { at, isEvent }: { at: number; isEvent: boolean },
): SegmentHistory {
  const entries = [
    ...(historyIn(row)?.[2] ?? []),
    ...left.map((name): HistoryEntry => [at, (isEvent ? "-" : "<") + name]),
    ...entered.map((name): HistoryEntry => [at, (isEvent ? "+" : ">") + name]),
  ];
  return [at, [...now].sort(), entries.slice(-MAX_ENTRIES)];
}

/** What happened without an event, by its moment. @param since epoch ms */
export function movedWithoutEvent(rows: readonly WithHistory[], since: number): Map<number, Moved> {
  const moments = new Map<number, Moved>();
  for (const row of rows)
    for (const [at, change] of historyIn(row)?.[2] ?? []) {
      const name = change.slice(1);
      if (at < since || !(change.startsWith(">") || change.startsWith("<"))) continue;
      const known = moments.get(at) ?? { entered: [], left: [] };
      (change.startsWith(">") ? known.entered : known.left).push(name);
      moments.set(at, known);
    }
  return moments;
}

/** All that rows say, the newest first. */
export const historyOfSegments = (
  rows: readonly WithHistory[],
): { at: number; segment: string; change: "entered" | "left"; by: "event" | "time" }[] =>
  rows
    .flatMap((row) =>
      (historyIn(row)?.[2] ?? []).map(([at, change]) => ({
        at,
        segment: change.slice(1),
        change: /^[+>]/.test(change) ? ("entered" as const) : ("left" as const),
        // Or because an operator, a list, a release or the others' quantiles have changed.
        by: /^[+-]/.test(change) ? ("event" as const) : ("time" as const),
      })),
    )
    .sort((a, b) => b.at - a.at);
