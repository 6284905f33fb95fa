/**
 * Until when a request must be answered. GDPR, article 12 (3): one month, and two more where that is necessary and the
 * person is told why. CCPA, § 1798.130 (a)(2): 45 days, and 45 more. Months are the calendar's, in UTC. Pure.
 */
import type { Regulation } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";

/** What `GET /privacy/discovery` says of them. */
export const DEADLINES = {
  gdpr: { months: 1, extension: { months: 2 } },
  ccpa: { days: 45, extension: { days: 45 } },
} as const;

/** Days before the deadline from which on it is warned of. */
export const SOON_DAYS = 7;
/** So long an operator may take to verify who asks, before a request ends by itself. */
export const UNVERIFIED_DAYS = 45;
/** So long the answer to an access request is kept. */
export const RESULTS_DAYS = 14;

/** @param receivedAt epoch ms @returns epoch ms */
export const dueAt = (regulation: Regulation, receivedAt: number): number =>
  regulation === "gdpr" ? addMonths(receivedAt, 1) : receivedAt + 45 * DAY_MS;

/** The deadline of a request that is extended, from when it was received. */
export const extendedDueAt = (regulation: Regulation, receivedAt: number): number =>
  regulation === "gdpr" ? addMonths(receivedAt, 3) : receivedAt + 90 * DAY_MS;

export function deadlineState(due: number, now: number): "on_time" | "soon" | "late" {
  if (now > due) return "late";
  return due - now <= SOON_DAYS * DAY_MS ? "soon" : "on_time";
}

/** The same day of a later month, or that month's last day (Regulation 1182/71, article 3). */
function addMonths(at: number, months: number): number {
  const from = new Date(at);
  const to = new Date(at);
  to.setUTCMonth(from.getUTCMonth() + months);
  if (to.getUTCDate() !== from.getUTCDate()) to.setUTCDate(0);
  return to.getTime();
}
