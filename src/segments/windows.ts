/**
 * A feature's window, cut into buckets: what happened leaves it bucket by bucket, so that a state stays small and its merge
 * knows no order. Days are calendar days (UTC); hours come in buckets of five minutes up to a day's worth and of an hour
 * beyond: within a bucket's length an event may leave early, never late. Pure; used by all that looks at states.
 */
import { DAY_MS } from "#core/clock";

export const HOUR_MS = 3_600_000;
const FINE_MS = 5 * 60_000;
const FINE_HOURS = 24;

export interface Window {
  kind: "days" | "hours" | "session" | "lifetime";
  /** 0: there is one bucket, number 0. */
  bucketMs: number;
  /** How many, the current one included. */
  buckets: number;
}

const LIFETIME: Window = { kind: "lifetime", bucketMs: 0, buckets: 0 };
const SESSION: Window = { kind: "session", bucketMs: 0, buckets: 0 };

/** @param text as contracts/definitions/feature.ts has it: `30d`, `6h`, `session`, `lifetime` */
export function parseWindow(text: string): Window {
  if (text === "lifetime") return LIFETIME;
  if (text === "session") return SESSION;
  const n = Number.parseInt(text, 10);
  if (text.endsWith("d")) return { kind: "days", bucketMs: DAY_MS, buckets: n };
  return n <= FINE_HOURS
    ? { kind: "hours", bucketMs: FINE_MS, buckets: (n * HOUR_MS) / FINE_MS }
    : { kind: "hours", bucketMs: HOUR_MS, buckets: n };
}

/** The bucket of a moment. */
export const bucketOf = ({ bucketMs }: Window, at: number): number =>
  bucketMs === 0 ? 0 : Math.floor(at / bucketMs);

/** The oldest bucket that is still in the window. */
export const firstBucket = (window: Window, now: number): number =>
  window.bucketMs === 0 ? 0 : bucketOf(window, now) - window.buckets + 1;

/** Whether what happened at a moment is still in the window. */
export const isWithin = (window: Window, at: number, now: number): boolean =>
  bucketOf(window, at) >= firstBucket(window, now);

/** Epoch ms at which a bucket leaves the window; undefined: never. */
export const leavesAt = ({ bucketMs, buckets }: Window, bucket: number): number | undefined =>
  bucketMs === 0 ? undefined : (bucket + buckets) * bucketMs;

/** `30m`, `3h`, `2d` in ms. */
export function parseDuration(text: string): number {
  const unit = { m: 60_000, h: HOUR_MS, d: DAY_MS }[text.slice(-1)] ?? 0;
  return Number.parseInt(text, 10) * unit;
}

/** Days since the epoch, UTC. */
export const dayOf = (at: number): number => Math.floor(at / DAY_MS);
