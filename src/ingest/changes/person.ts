/**
 * Whose changes may be told, and under which identifier it is kept what was told: the questions that mark.ts and tell.ts
 * ask of a profile. Pure.
 */
import type { LifecycleStage, Purpose } from "#contracts/taxonomy";
import {
  hasDecided,
  type IdentifierRow,
  isBrowser,
  isScoped,
  namesPerson,
  namespaceOf,
} from "#identity/graph";
import { type IdentityRules, isMatch } from "#identity/rules";
import { grantedNow } from "#identity/state";
import { furthest } from "#segments/lifecycle";
import { restOn } from "#segments/purposes";
import type { ProfileNow } from "../profiles.ts";
import { NOTHING_TOLD, type Told } from "./state.ts";
import type { ToldRow } from "./store.ts";
import type { Watch } from "./watch.ts";

/**
 * What is granted for the profile, for sure: the latest decision of its identifiers. Where nobody has decided, it is what
 * facts are there for: some event was let in with that purpose.
 */
export function surelyGranted(rows: readonly IdentifierRow[]): Purpose[] {
  const granted = grantedNow(rows);
  if (rows.some(hasDecided)) return granted;
  return granted.filter((purpose) => rows.some(({ facts }) => restOn(facts, purpose)));
}

/** Whether a destination may be told of the profile now: a person is known, none of them erased, and all is granted. */
export function mayTell({ state, members }: ProfileNow, { needs }: Watch): boolean {
  if (state === "anonymous" || members.some(({ suppressed }) => suppressed)) return false;
  const granted = surelyGranted(members);
  return needs.every((purpose) => granted.includes(purpose));
}

/**
 * The identifiers that name a person, the best first: what is proved before what is claimed, then in the release's order
 * of namespaces. What was told lies under one of them, at first under the best.
 */
export function personKeys({ members }: Pick<ProfileNow, "members">, { priority }: IdentityRules): string[] {
  const placeOf = (key: string): number => {
    const place = priority.indexOf(namespaceOf(key));
    return (isScoped(key) ? priority.length + 1 : 0) + (place < 0 ? priority.length : place);
  };
  return members
    .map(({ key }) => key)
    .filter((key) => namesPerson(key) && !isMatch(key))
    .sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
}

/** What a destination knows of a profile. */
export interface Known {
  told: Told;
  /** Of the change that told it; 0: none has. */
  version: number;
  /** The furthest stage that was told, also of a profile that this one has come of. */
  reached: LifecycleStage | null;
  /** Under which identifier it is kept; undefined: nothing is. */
  subject?: string;
}

/** What was told last, of all that is kept of a profile that may have come of several. @param rows in the order of `personKeys` */
export function knownOf(rows: readonly ToldRow[]): Known {
  const [first, ...others] = rows;
  if (!first) return { told: NOTHING_TOLD, version: 0, reached: null };
  const { told, version, subject } = others.reduce((a, b) => (b.version > a.version ? b : a), first);
  const reached = rows.reduce((far, row) => furthest(far, row.told.stage), told.stage);
  return { told, version, subject, reached };
}

/** What a vendor knows a profile by: as before, as long as that is one of its identifiers; else a browser, else its root. */
export function vendorKey({ members, root }: Pick<ProfileNow, "members" | "root">, before: string): string {
  if (members.some(({ key }) => key === before)) return before;
  return members.find(({ key }) => isBrowser(key))?.key ?? root;
}

/** Identifiers whose consent and suppression are read again before an item leaves; whom it is kept under comes first. */
export function subjectsOf({ members }: Pick<ProfileNow, "members">, subject: string): string[] {
  const claimed = members.flatMap(({ key, sealed }) => (sealed === null ? [] : (key.split("|")[1] ?? [])));
  const own = members.map(({ key }) => key).filter((key) => !isMatch(key));
  return [...new Set([subject, ...own, ...claimed])];
}
