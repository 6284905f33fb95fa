/**
 * What chance is drawn by: holdouts, and the variants of experiments. A person has one unit on all their devices, that of
 * the browser of theirs that was known first; and a session keeps the unit that it began with, so that nothing a visitor
 * sees changes because they log in. Ingest notes in a browser's snapshot when its unit becomes another one; pure.
 */
import { fnv1a32 } from "#core/fnv";
import { isIdle, type Session } from "#door/session";
import type { EdgeSnapshot } from "./snapshot.ts";

/** From when on, epoch ms, a browser goes by which unit; ascending. */
export type UnitChanges = [since: number, unit: string][];

/** The unit of a browser by itself: a label, which leads nobody back to the visitor. */
export const unitOf = (visitorKey: string): string =>
  `${fnv1a32(visitorKey).toString(36)}.${fnv1a32(`~${visitorKey}`).toString(36)}`;

/**
 * By what chance is drawn for a request.
 * @param now epoch ms; a session that is over by then is followed by one that begins now
 */
export function bucketingUnit(
  session: Session | undefined,
  snapshot: Pick<EdgeSnapshot, "units"> | undefined,
  visitorKey: string,
  now: number,
): string {
  const changes = snapshot?.units;
  if (changes) {
    const beganAt = session && !isIdle(session, now) ? session.startedAt : now;
    for (let n = changes.length - 1; n >= 0; n--) {
      const change = changes[n];
      if (change && change[0] <= beganAt) return change[1];
    }
  }
  return unitOf(visitorKey);
}

/** Sessions that begin so soon after a change may have begun before it could be seen everywhere: they are left alone. */
const SEEN_EVERYWHERE_MS = 120_000;
/** More changes than these do not happen within a session. */
const MAX_CHANGES = 3;

/** A browser of a profile that has a snapshot. */
export interface Holder {
  visitor: string;
  /** Epoch ms of the events that its first snapshot was made of. */
  born: number;
}

/**
 * A browser's changes after its profile's browsers are these. Of several it is the one that was known first, ties by key,
 * so that a merge ends in the same unit whichever way round it came about, and a split gives each part its own.
 * @param before of the snapshot before
 * @param asOf epoch ms of the newest event that is known
 */
export function unitChanges(
  visitor: string,
  holders: readonly Holder[],
  before: UnitChanges | undefined,
  asOf: number,
): UnitChanges | undefined {
  const first = holders.reduce<Holder | undefined>((a, b) => (a && isEarlier(a, b) ? a : b), undefined);
  const unit = unitOf(first?.visitor ?? visitor);
  if (unit === (before?.at(-1)?.[1] ?? unitOf(visitor))) return before;
  const change: UnitChanges[number] = [asOf + SEEN_EVERYWHERE_MS, unit];
  return [...(before ?? []), change].slice(-MAX_CHANGES);
}

const isEarlier = (a: Holder, b: Holder): boolean =>
  a.born < b.born || (a.born === b.born && a.visitor < b.visitor);
