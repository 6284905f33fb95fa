/**
 * When an event happened, by our clock: the sender's time, corrected by how wrong its clock is, within the window in which
 * live events may come in. History has no window. Pure; called by src/collect/check.ts for each event.
 */
import { DAY_MS } from "#core/clock";

/** Events may be this old, so that a queue that was offline for some days still counts. */
const MAX_AGE_DAYS = 7;
const MAX_FUTURE_MS = 5 * 60_000;

interface SenderTime {
  /** Epoch ms by the sender's clock. */
  occurredAt: number;
  /** Epoch ms by the sender's clock at the moment of sending. */
  sentAt: number | undefined;
  /** The event belongs to an import: any age, and its time as the source has it. */
  historical: boolean;
}

type Placed = { ok: true; at: number } | { ok: false; code: string; message: string };

/**
 * The event's time by our clock: `now - (sentAt - occurredAt)`. A correction that puts an event outside the window is
 * taken back where the event's own time is inside: then it is `sentAt` that is wrong, and no reason to lose an event.
 * @param now epoch ms at which the request arrived
 */
export function placeInTime({ occurredAt, sentAt, historical }: SenderTime, now: number): Placed {
  if (!Number.isFinite(occurredAt)) return { ok: false, code: "invalid_timestamp", message: "is not a time" };
  if (historical) {
    return occurredAt > now + MAX_FUTURE_MS ? inFuture : { ok: true, at: Math.min(occurredAt, now) };
  }
  let at = occurredAt;
  if (sentAt !== undefined && Number.isFinite(sentAt)) {
    const corrected = now - (sentAt - occurredAt);
    if (isLive(corrected, now) || !isLive(occurredAt, now)) at = corrected;
  }
  if (at > now + MAX_FUTURE_MS) return inFuture;
  if (at < now - MAX_AGE_DAYS * DAY_MS) return tooOld;
  return { ok: true, at: Math.min(at, now) };
}

const isLive = (at: number, now: number): boolean =>
  at <= now + MAX_FUTURE_MS && at >= now - MAX_AGE_DAYS * DAY_MS;

const inFuture: Placed = {
  ok: false,
  code: "timestamp_in_future",
  message: "is more than 5 minutes in the future",
};
const tooOld: Placed = {
  ok: false,
  code: "timestamp_too_old",
  message: `is more than ${MAX_AGE_DAYS} days ago`,
};
