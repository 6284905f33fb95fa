/**
 * How often a visitor may get an offer, and how often they have. Without `exact` impressions are counted, in the session
 * cookie; with it, each time the offer was given out, in the visitor's object (visitor-object.ts). Pure.
 */
import type { Cap } from "#contracts/definitions/offer";
import { DAY_MS } from "#core/clock";
import { isIdle, type Session } from "#door/session";

export type Per = Cap["per"];
/** What of a cap matters to the count. */
export type Limit = Pick<Cap, "per" | "count">;

/** A cap that is reached: so many of so many. */
export interface Reached extends Limit {
  used: number;
}

/** The cap that the session cookie says is reached. It knows sessions and days alone. @param now epoch ms */
export function reachedInCookie(
  offer: string,
  caps: readonly Limit[],
  session: Session | undefined,
  now: number,
): Reached | undefined {
  const seen = session && Object.hasOwn(session.impressions, offer) ? session.impressions[offer] : undefined;
  if (!session || !seen) return undefined;
  for (const { per, count } of caps) {
    let used = 0;
    if (per === "session") used = isIdle(session, now) ? 0 : seen.session;
    else if (per === "day") used = seen.day === dayOf(now) ? seen.today : 0;
    if (used >= count) return { per, count, used };
  }
  return undefined;
}

/** How often in a day or a week, counted since 1970. */
interface InPeriod {
  period: number;
  times: number;
}

/**
 * How often an offer was given to a visitor: by session, on the newest day and in the newest week, and ever. Only what some
 * cap asks about is counted. Objects throughout, since it crosses from one isolate to another.
 */
export interface Given {
  /** By label; and when last, epoch ms. */
  session?: Record<string, { times: number; at: number }>;
  day?: InPeriod;
  week?: InPeriod;
  lifetime?: number;
  /** Epoch ms of the last time. */
  at: number;
}

const dayOf = (now: number): number => Math.floor(now / DAY_MS);
/** Monday is the first day of a week; 1970-01-01 was a Thursday. */
const weekOf = (now: number): number => Math.floor((dayOf(now) + 3) / 7);

/** A counter of days or weeks never goes back: where clocks disagree, what was counted under a later one stays. */
const current = (known: InPeriod | undefined, period: number): InPeriod =>
  known && known.period >= period ? known : { period, times: 0 };

/** How often it was given in the period that is now. @param session its label */
export function timesGiven(given: Given | undefined, per: Per, session: string, now: number): number {
  if (!given) return 0;
  switch (per) {
    case "session":
      return given.session && Object.hasOwn(given.session, session)
        ? (given.session[session]?.times ?? 0)
        : 0;
    case "day":
      return current(given.day, dayOf(now)).times;
    case "week":
      return current(given.week, weekOf(now)).times;
    case "lifetime":
      return given.lifetime ?? 0;
  }
}

/** The cap that is reached. */
export function reached(
  given: Given | undefined,
  caps: readonly Limit[],
  session: string,
  now: number,
): Reached | undefined {
  for (const { per, count } of caps) {
    const used = timesGiven(given, per, session, now);
    if (used >= count) return { per, count, used };
  }
  return undefined;
}

/** The counts with one time more. */
export function count(given: Given | undefined, caps: readonly Limit[], session: string, now: number): Given {
  const after: Given = { ...given, at: Math.max(now, given?.at ?? 0) };
  for (const { per } of caps) {
    const times = timesGiven(given, per, session, now) + 1;
    if (per === "session") after.session = { ...after.session, [session]: { times, at: now } };
    else if (per === "day") after.day = { ...current(given?.day, dayOf(now)), times };
    else if (per === "week") after.week = { ...current(given?.week, weekOf(now)), times };
    else after.lifetime = times;
  }
  return after;
}

/** The counts without one time. @param at epoch ms at which it was counted: a day that is over is left alone */
export function uncount(given: Given, caps: readonly Limit[], session: string, at: number): Given {
  const after: Given = { ...given };
  const less = (times: number) => Math.max(0, times - 1);
  for (const { per } of caps) {
    const known = after.session && Object.hasOwn(after.session, session) ? after.session[session] : undefined;
    if (per === "session" && known)
      after.session = { ...after.session, [session]: { ...known, times: less(known.times) } };
    if (per === "day" && after.day?.period === dayOf(at))
      after.day = { ...after.day, times: less(after.day.times) };
    if (per === "week" && after.week?.period === weekOf(at))
      after.week = { ...after.week, times: less(after.week.times) };
    if (per === "lifetime") after.lifetime = less(after.lifetime ?? 0);
  }
  return after;
}

/** A session without an event ends after half an hour; of one that goes on for days the newest days are remembered. */
const SESSION_MS = 2 * DAY_MS;
/** As long as the visitor's id lives after they were seen last. */
const LIFETIME_MS = 395 * DAY_MS;
/** A week's counts are over with it. */
const WEEK_MS = 7 * DAY_MS;

/** What is left of the counts once what has passed is forgotten; undefined: nothing. */
export function remaining(given: Given, now: number): Given | undefined {
  const { session = {}, day, week, lifetime = 0, at } = given;
  const sessions = Object.entries(session).filter(([, one]) => now - one.at < SESSION_MS);
  const left: Given = { at };
  if (sessions.length > 0) left.session = Object.fromEntries(sessions);
  if (day && day.period >= dayOf(now)) left.day = day;
  if (week && week.period >= weekOf(now)) left.week = week;
  if (lifetime > 0 && now - at < LIFETIME_MS) left.lifetime = lifetime;
  return Object.keys(left).length > 1 ? left : undefined;
}

/** When there may be something to forget again, epoch ms. */
export function forgetAt(all: Iterable<Given>, now: number): number {
  let at = Number.POSITIVE_INFINITY;
  for (const { session, day, week, lifetime, at: last } of all) {
    const lasts = session || day ? SESSION_MS : week ? WEEK_MS : lifetime ? LIFETIME_MS : 0;
    at = Math.min(at, last + lasts);
  }
  return Math.max(at, now + DAY_MS);
}
