/**
 * Days of anonymous counts, in UTC. A day that was reported never changes again: whoever looks twice would otherwise see
 * what came in between, and that may be one event. Pure.
 */
import { DAY_MS } from "#core/clock";

const HOUR_MS = 3_600_000;
/** Events of a day are added to it until so long after its end: most are by then. */
const OPEN_MS = HOUR_MS;
/** A day is reported so long after its end: whoever began to write just before it closed has long finished. */
const REPORTED_MS = 2 * HOUR_MS;

/** `YYYY-MM-DD`. @param ms epoch ms */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The day that an event counts for: that of its arrival, or the present one where that is closed. Epoch ms. */
export function countedOn(receivedAt: number, now: number): string {
  const end = receivedAt - (receivedAt % DAY_MS) + DAY_MS;
  return receivedAt <= now && now < end + OPEN_MS ? dayOf(receivedAt) : dayOf(now);
}

/** The last day that may be reported. @param now epoch ms */
export const lastReportedDay = (now: number): string => dayOf(now - DAY_MS - REPORTED_MS);
