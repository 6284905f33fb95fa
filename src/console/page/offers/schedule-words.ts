/** When an offer is on, in words: the sentence, what holds now, and the next times. Pure; by the same code as the decision. */
import { isZone, parseMoment } from "#core/zone";
import { compileSchedule, type ScheduleState } from "#slots/schedule";
import { listInWords } from "../../wording.ts";
import { capitalised } from "../steps.ts";
import type { ScheduleInput } from "./shapes.ts";

const DAYS = {
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
} as const;
export type Weekday = keyof typeof DAYS;
export const DAY_WORDS = Object.entries(DAYS) as [Weekday, string][]; // its keys are those

const MINUTE_MS = 60_000;
/** A window that is open longer than this is said to be open until further notice. */
const LONG_MS = 9 * 86_400_000;

/** The zone that counts; undefined where there is none of this name. */
const zoneOf = ({ timezone = "UTC" }: ScheduleInput): string | undefined =>
  isZone(timezone) ? timezone : undefined;

/** A moment as clocks of the zone show it: `Thu 24 Dec 2026, 18:00`. */
export function momentInWords(at: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
  return format.format(at).replace(/, (?=\d+ )/, " ");
}

/** `From Thu 24 Dec 2026, 18:00, on Saturday and Sunday, between 09:00 and 17:00 (Europe/Bratislava).` */
export function scheduleInWords(schedule: ScheduleInput | undefined): string {
  if (!schedule) return "Always";
  const { from, to, days, hours } = schedule;
  const zone = zoneOf(schedule);
  if (!zone) return `There is no time zone “${schedule.timezone}”`;
  const moment = (text: string) => {
    const at = parseMoment(text, zone);
    return Number.isNaN(at) ? "an unknown time" : momentInWords(at, zone);
  };
  const isEachDay = !days || days.length === DAY_WORDS.length;
  const onDays = DAY_WORDS.filter(([day]) => days?.includes(day)).map(([, name]) => name);
  const parts = [
    from !== undefined && `from ${moment(from)}`,
    to !== undefined && `until ${moment(to)}`,
    isEachDay ? hours && "each day" : `on ${listInWords(onDays)}`,
    hours &&
      (hours.from === hours.to ? `from ${hours.from} for a day` : `between ${hours.from} and ${hours.to}`),
  ].filter((part) => typeof part === "string");
  return parts.length === 0 ? "Always" : `${capitalised(parts.join(", "))} (${zone})`;
}

/** Whether it is on; undefined where the schedule cannot be read. */
export function stateAt(schedule: ScheduleInput | undefined, now: number): ScheduleState | undefined {
  if (!schedule) return "open";
  return compiled(schedule)?.at(now);
}

/** One time at which it is on, epoch ms. `to` is absent where no end is near. */
export interface Window {
  from: number;
  to?: number;
}

/** The window that is open now, and the next ones; none where it is over, or cannot be read. */
export function nextWindows(schedule: ScheduleInput, now: number, count: number): Window[] {
  const plan = compiled(schedule);
  const found: Window[] = [];
  let at = now;
  while (plan && found.length < count) {
    const from = plan.at(at) === "open" ? at : plan.nextStart(at);
    if (from === undefined) break;
    let to = from;
    while (plan.at(to) === "open" && to - from < LONG_MS)
      to = Math.floor(to / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
    if (to - from >= LONG_MS) {
      found.push({ from, ...endOf(schedule) });
      break;
    }
    found.push({ from, to });
    at = to;
  }
  return found;
}

/** Its last moment, where it has one. */
function endOf(schedule: ScheduleInput): { to?: number } {
  const zone = zoneOf(schedule);
  return zone && schedule.to !== undefined ? { to: parseMoment(schedule.to, zone) } : {};
}

function compiled(schedule: ScheduleInput) {
  const zone = zoneOf(schedule);
  const { from, to, hours } = schedule;
  const isWritten =
    [from, to].every((text) => text === undefined || !Number.isNaN(parseMoment(text, zone ?? "UTC"))) &&
    [hours?.from, hours?.to].every((text) => text === undefined || /^\d\d:\d\d$/.test(text));
  return zone && isWritten ? compileSchedule({ ...schedule, timezone: zone }) : undefined;
}

/** Of a moment as the schedule has it, what an `<input type="datetime-local">` shows: the time of the zone's clocks. */
export function localOf(text: string | undefined, zone: string): string {
  if (text === undefined || !isZone(zone)) return "";
  const at = parseMoment(text, zone);
  if (Number.isNaN(at)) return "";
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "short",
  }).format(at);
  return parts.replace(" ", "T");
}
