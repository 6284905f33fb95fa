/**
 * What of the anonymous counts may be shown. Pure; called by src/console/consent.ts.
 *
 * Each day is cut into groups of which none has fewer than 20 events. A smaller one is added up, with the other small ones
 * beside it, into "other" of the next coarser level, and that one again while it is too small; what is too small even as
 * a whole is shown nowhere and is in no total.
 *
 * Every event is in one group at most, and a group is shown whole or not at all. So no two numbers, of whatever levels,
 * have a difference that is smaller: a total less all that is shown leaves nothing over. A range of days is the sum of
 * its days' groups, each of which had to be large enough by itself: the difference of two ranges is a sum of such groups,
 * too. And a day is shown only when its numbers cannot grow any more (days.ts).
 */
import type { CountRow } from "./store.ts";

/** The fewest events of a group that is shown. */
export const MIN_EVENTS = 20;

/** From coarse to fine; `null` is "other". */
const LEVELS = ["source", "name", "country", "content"] as const;

/** Events of a group over some days. `null` in a place, and in all places after it: groups that were too small. */
export interface CountGroup {
  source: string | null;
  name: string | null;
  country: string | null;
  content: string | null;
  events: number;
}

/** The groups of some days that may be shown, the largest first, and how many events they are together. */
export function reportCounts(rows: readonly CountRow[]): { groups: CountGroup[]; events: number } {
  const shown = [...Map.groupBy(rows, ({ day }) => day).values()].flatMap(groupsOfDay);
  const groups = addUp(shown).sort((a, b) => b.events - a.events || (keyOf(a) < keyOf(b) ? -1 : 1));
  return { groups, events: groups.reduce((sum, { events }) => sum + events, 0) };
}

/** Cut one day into groups that are large enough. */
function groupsOfDay(rows: readonly CountRow[]): CountGroup[] {
  const shown: CountGroup[] = [];
  let left: CountGroup[] = rows.map(({ source, name, country, content, events }) => ({
    source,
    name,
    country,
    content,
    events,
  }));
  for (let level = LEVELS.length; level >= 0; level--) {
    shown.push(...left.filter(isLarge));
    const small = left.filter((group) => !isLarge(group));
    const coarser = LEVELS[level - 1];
    if (coarser === undefined) break;
    left = addUp(small.map((group) => ({ ...group, [coarser]: null })));
  }
  return shown;
}

const isLarge = ({ events }: CountGroup): boolean => events >= MIN_EVENTS;

const keyOf = (group: CountGroup): string => JSON.stringify(LEVELS.map((level) => group[level]));

/** Groups of the same name as one. */
const addUp = (groups: readonly CountGroup[]): CountGroup[] =>
  [...Map.groupBy(groups, keyOf).values()].flatMap(([first, ...more]) =>
    first ? { ...first, events: more.reduce((sum, { events }) => sum + events, first.events) } : [],
  );
