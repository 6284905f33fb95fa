/**
 * Time zones with their daylight saving: how far a zone is from UTC, and which moment a local time is. Intl is asked once
 * for each quarter of an hour, since no zone changes in between. Called for schedules, when a release is checked and when
 * it decides.
 */
import { DAY_MS } from "./clock.ts";

const QUARTER_MS = 900_000;
/** Of a zone: two weeks of quarters, or years of the moments that schedules ask about. */
const MAX_REMEMBERED = 1_500;

interface Zone {
  format: Intl.DateTimeFormat;
  /** Quarter since the epoch → ms. */
  offsets: Map<number, number>;
}

const zones = new Map<string, Zone>();
const MAX_ZONES = 600;

/** Whether there is a zone of this IANA name; an offset such as `+01:00` is none, it has no daylight saving. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    zoneOf(name);
    return true;
  } catch {
    return false; // a RangeError says that the platform knows no such zone
  }
}

function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (!zone) {
    const number = "numeric";
    const parts = {
      year: number,
      month: number,
      day: number,
      hour: number,
      minute: number,
      second: number,
    } as const;
    const format = new Intl.DateTimeFormat("en-US", { timeZone: name, hourCycle: "h23", ...parts });
    zone = { format, offsets: new Map() };
    // Who tries out names must not fill the memory with them.
    if (zones.size >= MAX_ZONES) zones.clear();
    zones.set(name, zone);
  }
  return zone;
}

/** Local time less UTC, in ms. @param at epoch ms @throws RangeError where there is no such zone */
export function offsetAt(name: string, at: number): number {
  if (name === "UTC") return 0;
  const { format, offsets } = zoneOf(name);
  const quarter = Math.floor(at / QUARTER_MS);
  let offset = offsets.get(quarter);
  if (offset === undefined) {
    const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, second = 0] = format
      .format(quarter * QUARTER_MS)
      .split(/\D+/)
      .map(Number);
    offset = Date.UTC(year, month - 1, day, hour, minute, second) - quarter * QUARTER_MS;
    if (offsets.size >= MAX_REMEMBERED) offsets.clear();
    offsets.set(quarter, offset);
  }
  return offset;
}

/**
 * The moment, epoch ms, at which clocks of a zone show this local time. Where they are set forward over it, it is as much
 * later as they are (02:30 is 03:30); where they show it twice, the first time counts.
 * @param local the local time as if it were UTC's, epoch ms
 */
export function momentOf(name: string, local: number): number {
  if (name === "UTC") return local;
  // No offset is as large as a day: these are before and after any change near the moment.
  const before = offsetAt(name, local - DAY_MS);
  const after = offsetAt(name, local + DAY_MS);
  const early = local - before;
  if (before === after || offsetAt(name, early) === before) return early;
  const late = local - after;
  return offsetAt(name, late) === after ? late : early;
}

/** The moment of an ISO text: with an offset or `Z` by itself, otherwise a local time of the zone. Epoch ms. */
export const parseMoment = (text: string, zone: string): number =>
  /(Z|[+-]\d\d:?\d\d)$/i.test(text) ? Date.parse(text) : momentOf(zone, Date.parse(`${text}Z`));
