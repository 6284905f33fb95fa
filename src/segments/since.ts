/**
 * Which of the session's events an edge snapshot does not hold yet. The queue keeps no order: of two requests the later may
 * be ingested first, so a snapshot says of the last minutes which requests are in it. Pure; called by attributes.ts, and by
 * ingest to say so.
 */
import type { RecentEvent } from "#door/session";
import type { EdgeSnapshot } from "./snapshot.ts";

/** Cookies of before kept times in steps of 100 ms from the session's start. */
const STEP_MS = 100;

/** @param until epoch ms: all events until then are in the snapshot; undefined: what it says itself holds */
export function eventsSince(
  recent: readonly RecentEvent[],
  startedAt: number,
  snapshot: Pick<EdgeSnapshot, "got" | "seen" | "asOf"> | undefined,
  until: number | undefined,
): readonly RecentEvent[] {
  const got = snapshot?.got;
  if (until === undefined && got) {
    const [from = 0, ...later] = got;
    const times = new Set<number>();
    let at = from;
    for (const delta of later) {
      at += delta;
      times.add(at);
    }
    return recent.filter((event) => event.at > from && !times.has(event.at));
  }
  const since = until ?? snapshot?.seen ?? snapshot?.asOf;
  if (since === undefined) return recent;
  // Rounded likewise, or the very event that made the snapshot could seem to be later than it.
  const asOf = startedAt + Math.round((since - startedAt) / STEP_MS) * STEP_MS;
  return recent.filter((event) => event.at > asOf);
}

/** Requests older than this have been ingested, or lie where they will not be for long. */
const HORIZON_MS = 10 * 60_000;
const MAX_REQUESTS = 48;

/**
 * When the requests came that a snapshot holds, for its `got`: first epoch ms of a moment until which all of them are in it,
 * then of each that came later how much later than the one before.
 * @param times epoch ms of requests that were ingested, in any order
 */
export function gotOf(times: readonly number[]): number[] | undefined {
  if (times.length === 0) return undefined;
  const newest = times.reduce((a, b) => Math.max(a, b));
  const last = [...new Set(times)].filter((at) => at > newest - HORIZON_MS).sort((a, b) => a - b);
  const first = last.length > MAX_REQUESTS ? last.at(-MAX_REQUESTS - 1) : undefined;
  const listed = [first ?? newest - HORIZON_MS, ...last.slice(-MAX_REQUESTS)];
  return listed.map((at, n) => at - (listed[n - 1] ?? 0));
}
