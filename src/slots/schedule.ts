/**
 * When an offer is on: from and to as moments, and on which days and between which hours of its time zone. Compiled once
 * per release; what holds at a moment holds until the next window opens or closes, so that most requests compare two
 * numbers. Pure; called by decide.ts.
 *
 * A day's window begins and ends at the moments that its local times are (src/core/zone.ts): where clocks are set forward
 * over one it is as much later, where they show it twice the first time counts. So a window opens once a day at most.
 */
import type { Schedule } from "#contracts/definitions/offer";
import { WEEKDAYS } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { momentOf, offsetAt, parseMoment } from "#core/zone";

/** `not_now`: on, but not on this day or at this hour. */
export type ScheduleState = "open" | "not_started" | "ended" | "not_now";

export interface CompiledSchedule {
  /** @param now epoch ms */
  at(now: number): ScheduleState;
  /** When it is on next, epoch ms; undefined: it is now, or never again. */
  nextStart(now: number): number | undefined;
}

/** Days ahead in which a weekly window surely opens. */
const AHEAD_DAYS = 8;

export function compileSchedule({ from, to, timezone, days, hours }: Schedule): CompiledSchedule {
  const start = from === undefined ? Number.NEGATIVE_INFINITY : parseMoment(from, timezone);
  const end = to === undefined ? Number.POSITIVE_INFINITY : parseMoment(to, timezone);
  const weekly = days || hours ? weeklyWindows(timezone, days, hours) : undefined;
  const at = (now: number): ScheduleState => {
    if (now < start) return "not_started";
    if (now >= end) return "ended";
    return !weekly || weekly.isOpen(now) ? "open" : "not_now";
  };
  return {
    at,
    nextStart(now) {
      const state = at(now);
      if (state === "open" || state === "ended") return undefined;
      const earliest = Math.max(now, start);
      const next = !weekly || weekly.isOpen(earliest) ? earliest : weekly.nextOpen(earliest);
      return next !== undefined && next < end ? next : undefined;
    },
  };
}

interface Weekly {
  isOpen(now: number): boolean;
  nextOpen(now: number): number | undefined;
}

function weeklyWindows(zone: string, days: Schedule["days"], hours: Schedule["hours"]): Weekly {
  const onDay = WEEKDAYS.map((day) => !days || days.includes(day));
  const opens = minutesOf(hours?.from);
  const closes = minutesOf(hours?.to);
  const lasts = closes > opens ? 0 : 1;
  /** Of a local day, counted since 1970-01-01, which was a Thursday. */
  const windowOf = (day: number): readonly [from: number, to: number] | undefined =>
    onDay[(((day + 3) % 7) + 7) % 7]
      ? [
          momentOf(zone, day * DAY_MS + opens * 60_000),
          momentOf(zone, (day + lasts) * DAY_MS + closes * 60_000),
        ]
      : undefined;
  const dayOf = (now: number): number => Math.floor((now + offsetAt(zone, now)) / DAY_MS);

  // What was found last holds from `since` until `until`.
  let since = 0;
  let until = 0;
  let open = false;
  const find = (now: number): void => {
    const today = dayOf(now);
    open = false;
    since = now;
    until = momentOf(zone, (today + 1) * DAY_MS);
    if (until <= now) until = now + 1;
    for (let day = today - 1; day <= today + 1; day++) {
      const window = windowOf(day);
      if (!window) continue;
      const [from, to] = window;
      if (from <= now && now < to) {
        [open, since, until] = [true, from, to];
        return;
      }
      if (from > now && from < until) until = from;
    }
  };
  return {
    isOpen(now) {
      if (now < since || now >= until) find(now);
      return open;
    },
    nextOpen(now) {
      const today = dayOf(now);
      for (let day = today - 1; day <= today + AHEAD_DAYS; day++) {
        const window = windowOf(day);
        if (window && window[0] > now && window[1] > window[0]) return window[0];
      }
      return undefined;
    },
  };
}

/** Minutes since midnight. */
const minutesOf = (time = "00:00"): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
