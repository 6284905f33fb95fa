/** What an account comes to: of each destination what became of its events, of a portion of an hour or of a whole day. Pure. */

/** What became of the events at one destination. Their sum is `routed`: each has exactly one of these. */
export interface Balance {
  routed: number;
  delivered: number;
  failed: number;
  /** By reason: those of routing, and those of the last look before an item leaves. */
  skipped: Record<string, number>;
  /** `queued`: no receipt yet; `retry`, `parked`: by the last receipt. */
  inFlight: { queued: number; retry: number; parked: number };
  gaps: number;
}

export interface Totals {
  /** Events that the door accepted, and what ingest says of those that go nowhere. */
  events: { accepted: number; duplicate: number; dropped: Record<string, number>; changes: number };
  destinations: Record<string, Balance>;
}

/** Count something under its name. */
export const add = (counts: Record<string, number>, key: string, n = 1): void => {
  counts[key] = (counts[key] ?? 0) + n;
};

export const noTotals = (): Totals => ({
  events: { accepted: 0, duplicate: 0, dropped: {}, changes: 0 },
  destinations: {},
});

/** A destination's, made where it has none. */
export function balanceOf({ destinations }: Totals, key: string): Balance {
  const known = Object.hasOwn(destinations, key) ? destinations[key] : undefined;
  if (known) return known;
  const inFlight = { queued: 0, retry: 0, parked: 0 };
  const fresh = { routed: 0, delivered: 0, failed: 0, skipped: {}, inFlight, gaps: 0 };
  destinations[key] = fresh;
  return fresh;
}

/** Add a portion's totals to a day's. */
export function addTotals(day: Totals, portion: Totals): void {
  day.events.accepted += portion.events.accepted;
  day.events.duplicate += portion.events.duplicate;
  day.events.changes += portion.events.changes;
  for (const [code, n] of Object.entries(portion.events.dropped)) add(day.events.dropped, code, n);
  for (const [key, other] of Object.entries(portion.destinations)) {
    const own = balanceOf(day, key);
    own.routed += other.routed;
    own.delivered += other.delivered;
    own.failed += other.failed;
    own.gaps += other.gaps;
    for (const [reason, n] of Object.entries(other.skipped)) add(own.skipped, reason, n);
    for (const state of ["queued", "retry", "parked"] as const) own.inFlight[state] += other.inFlight[state];
  }
}

/** Items that are on their way. */
export const inFlightOf = ({ destinations }: Totals): number =>
  Object.values(destinations).reduce(
    (sum, { inFlight }) => sum + inFlight.queued + inFlight.retry + inFlight.parked,
    0,
  );
