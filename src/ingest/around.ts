/** Who is bound by what somebody decides: the other rows of the profiles that an event names. Called by fold.ts; pure. */
import type { CurrentConsent } from "#consent/still-granted";
import type { IdentifierRef } from "#contracts/messages/event_envelope";
import { toCurrent } from "#identity/consent-store";
import { type IdentifierRow, type Link, type RowConsent, rootOf } from "#identity/graph";
import type { Partition } from "#identity/partition";
import { isMatch } from "#identity/rules";
import type { IngestEvent, SeenRecord } from "./batch.ts";

/** Root → rows of the profile, as they were read. */
export type Profiles = Map<string, IdentifierRow[]>;

export const profilesOf = (rows: Iterable<IdentifierRow>): Profiles => Map.groupBy(rows, rootOf);

/** The others of a row's profile. */
export const othersOf = (row: IdentifierRow, profiles: Profiles): IdentifierRow[] =>
  row.members === null ? [] : (profiles.get(rootOf(row)) ?? []).filter((other) => other !== row);

/** What holds now for the identifiers of an event, and for the others of their profiles. */
export function currentOf(
  item: IngestEvent,
  rows: ReadonlyMap<string, IdentifierRow>,
  profiles: Profiles,
): CurrentConsent[] {
  const current: CurrentConsent[] = [];
  for (const key of item.resolution.keys) {
    const row = rows.get(key);
    // That two people agree in something binds neither by what the other decides.
    if (!row || isMatch(key)) continue;
    if (row.consent !== null || row.suppressed) current.push(toCurrent(row.consent, row.suppressed));
    for (const other of othersOf(row, profiles))
      if (other.consent !== null) current.push(toCurrent(other.consent, false));
  }
  return current;
}

/** The browser whose signed cookie came along. */
export const cookieOf = ({ event }: IngestEvent): IdentifierRef | undefined =>
  event.identifiers.find(({ proof }) => proof === "cookie");

/** The other rows that are surely the sender's: where the facts went, and the profiles; none that is only claimed. */
export function surelyOf(row: IdentifierRow, browser: IdentifierRow, profiles: Profiles): IdentifierRow[] {
  const found = new Set([row]);
  for (const one of [row, browser]) for (const other of othersOf(one, profiles)) found.add(other);
  found.delete(browser);
  return [...found];
}

/** A visitor's decision that their row has. */
export interface AppliedRecord {
  row: IdentifierRow;
  /** What the row said then, and before. */
  consent: RowConsent;
  before: RowConsent | null;
  seen: SeenRecord;
}

/** Those whom a decision's profile had when it was taken, as the links are dated: also who joined in this very batch. */
export function joinedBefore(
  { row, seen }: AppliedRecord,
  { rootOf, members }: Partition,
  links: readonly Link[],
  rows: ReadonlyMap<string, IdentifierRow>,
): IdentifierRow[] {
  const own = new Set(members.get(rootOf.get(row.key) ?? row.key));
  if (own.size < 2) return [];
  const earlier = links.filter(
    ({ a, b, at, state }) => state === "live" && at <= seen.seenAt && own.has(a) && own.has(b),
  );
  const found = new Set([row.key]);
  // A set is walked over to its end, also what is added on the way.
  for (const key of found)
    for (const { a, b } of earlier) {
      if (a === key) found.add(b);
      if (b === key) found.add(a);
    }
  found.delete(row.key);
  return [...found].flatMap((key) => rows.get(key) ?? []);
}
