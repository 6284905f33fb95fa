/**
 * What a profile's rows are to remember of its membership, put into rows that are about to be written: what it entered and
 * left, and when it is to be looked at without an event. Called by ingest.ts, by due.ts, and where an operator changed a
 * profile.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { IdentifierRow } from "#identity/graph";
import { lastSegments, type Moved, movedBetween, withMoved } from "#segments/history";
import { nextChangeAt } from "#segments/next-change";
import type { EdgeSnapshot } from "#segments/snapshot";
import { surelyGranted } from "./changes/person.ts";
import { grantedSegments, type ProfileNow, segmentsBefore } from "./profiles.ts";

/** The rows of a profile that are to be written, by their keys; may be added to. */
type Touched = Set<string>;

/**
 * Note it where a row of the profile is written anyway. When it is due next is worth a write of its own, where nobody would
 * look in time: an early look does no harm, so one that is stored stays.
 * @param documents those of the releases that hold @param now epoch ms
 */
export function keepMembership(
  profile: ProfileNow,
  touched: Touched,
  documents: readonly ReleaseDocument[],
  now: number,
  isEvent = true,
): void {
  if (profile.members.some(({ suppressed }) => suppressed)) return;
  const next = nextOf(profile, documents, now);
  if (next !== undefined && !(dueOf(profile) <= next)) {
    const row = writtenRow(profile, touched) ?? rootRow(profile);
    if (row) {
      row.dueNext = next;
      touched.add(row.key);
    }
  }
  const row = writtenRow(profile, touched);
  if (!row) return;
  if (isEvent && dueOf(profile) <= now) noteOverdue(profile, row, documents, now);
  noteMoved(profile, row, { at: now, isEvent });
}

/**
 * What time had changed before the events came, and nobody has looked at yet: due.ts tells it, though the rows will not
 * differ any more when it looks.
 */
function noteOverdue(
  profile: ProfileNow,
  row: IdentifierRow,
  [document]: readonly ReleaseDocument[],
  now: number,
): void {
  if (!document) return;
  const was = segmentsBefore(profile, document, now);
  const moved = movedBetween(lastSegments(profile.members), was);
  if (!moved) return;
  row.history = withMoved(row, moved, was, { at: now, isEvent: false });
  row.dueNext = -now;
}

/** Put into a row what the profile entered and left since it was last looked at. @returns what, if anything */
export function noteMoved(
  profile: ProfileNow,
  row: IdentifierRow,
  when: { at: number; isEvent: boolean },
): Moved | undefined {
  const is = grantedSegments(profile);
  const moved = movedBetween(lastSegments(profile.members), is);
  if (moved) row.history = withMoved(row, moved, is, when);
  return moved;
}

/** When it will change by itself, under any of the releases that hold; undefined: never. */
export function nextOf(
  profile: ProfileNow,
  documents: readonly ReleaseDocument[],
  now: number,
): number | undefined {
  const { facts, state, lists, cuts, members } = profile;
  const granted = surelyGranted(members);
  const times = documents.flatMap((document) => {
    const snapshots = members.flatMap(({ snapshot }) => (snapshot?.pub ? [snapshotIn(snapshot)] : []));
    return nextChangeAt({ document, facts, state, granted, lists, cuts, snapshots, now }) ?? [];
  });
  return times.length > 0 ? Math.min(...times) : undefined;
}

const snapshotIn = (stored: Record<string, unknown>): EdgeSnapshot => stored as unknown as EdgeSnapshot; // of publish.ts

/** The row that tells of a profile. */
export const rootRow = ({ members, root }: ProfileNow): IdentifierRow | undefined =>
  members.find(({ key }) => key === root) ?? members[0];

/** When it is looked at as things stand; infinite: never. */
const dueOf = ({ members }: ProfileNow): number =>
  members.reduce((least, { dueAt }) => Math.min(least, Math.abs(dueAt ?? least)), Number.POSITIVE_INFINITY);

function writtenRow(profile: ProfileNow, touched: Touched): IdentifierRow | undefined {
  const root = rootRow(profile);
  return root && touched.has(root.key) ? root : profile.members.find(({ key }) => touched.has(key));
}
