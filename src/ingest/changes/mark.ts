/**
 * After a batch is written: profiles whose watched state differs from what a destination was told are marked, to be looked
 * at again when the destination's debounce has passed (tell.ts). Repeated, it does no harm. Without a destination that asks
 * for changes, and for profiles of nobody in particular, nothing is read or written. Called by ingest.ts, and where an
 * operator changed profiles.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { identityRules } from "#identity/rules";
import type { IdentityShards } from "#identity/shards";
import type { ProfileNow } from "../profiles.ts";
import { addMarks, type Mark, pendingMarks, textOf } from "./due-store.ts";
import { type LookDeps, lookAt } from "./look.ts";
import { type Known, knownOf, mayTell, personKeys } from "./person.ts";
import { readTold, type ToldRow } from "./store.ts";
import { type Watch, watchesOf } from "./watch.ts";

/** Clocks differ by this much at most: what is due so soon may be looked at elsewhere already, before this batch. */
const SKEW_MS = 10_000;

/** @param profiles as they have just been written @param now epoch ms */
export async function markChanges(
  profiles: readonly ProfileNow[],
  { identity, ...deps }: LookDeps & { identity: IdentityShards },
  now: number,
): Promise<void> {
  const differing: Candidate[] = [];
  for (const [profile, own] of Map.groupBy(
    await candidatesOf(profiles, deps.document, identity),
    (c) => c.profile,
  )) {
    const look = lookAt(profile, deps);
    for (const one of own) if (await look.differs(one.watch, one.known)) differing.push(one);
  }
  if (differing.length === 0) return;
  const pending = await pendingMarks(identity, differing.map(markFor), now + SKEW_MS);
  const news = differing.filter((one) => !pending.has(textOf(markFor(one))));
  await addMarks(identity, news.map(dueFrom(now)));
}

/** The same without a comparison: the profiles are other ones than before, since an operator said so. */
export async function markAll(
  profiles: readonly ProfileNow[],
  { identity, document }: { identity: IdentityShards; document: ReleaseDocument },
  now: number,
): Promise<void> {
  await addMarks(identity, (await candidatesOf(profiles, document, identity)).map(dueFrom(now)));
}

/** A destination that may be told of a profile. */
interface Candidate {
  profile: ProfileNow;
  watch: Watch;
  known: Known;
  /** Under which identifier it is kept what was told. */
  subject: string;
}

async function candidatesOf(
  profiles: readonly ProfileNow[],
  document: ReleaseDocument,
  identity: IdentityShards,
): Promise<Candidate[]> {
  const all = watchesOf(document);
  const asked = profiles.flatMap((profile) => {
    const watches = all.filter((watch) => mayTell(profile, watch));
    return watches.length > 0
      ? [{ profile, watches, persons: personKeys(profile, identityRules(document)) }]
      : [];
  });
  if (asked.length === 0) return [];
  const told = await readTold(
    identity,
    asked.flatMap(({ persons }) => persons),
  );
  const rows = Map.groupBy(told, ({ subject }) => subject);
  return asked.flatMap(({ profile, watches, persons }) =>
    watches.flatMap((watch) => {
      const known = knownOf(ownRows(persons, watch.key, rows));
      const subject = known.subject ?? persons[0];
      return subject === undefined ? [] : [{ profile, watch, known, subject }];
    }),
  );
}

/** What is kept for a destination under any identifier of a profile, in the order of the identifiers. */
export const ownRows = (
  persons: readonly string[],
  destination: string,
  rows: ReadonlyMap<string, readonly ToldRow[]>,
): ToldRow[] =>
  persons.flatMap((person) => (rows.get(person) ?? []).filter((row) => row.destination === destination));

const markFor = ({ watch, subject }: Candidate): Mark => ({ destination: watch.key, subject });

const dueFrom = (now: number) => (one: Candidate) => ({ ...markFor(one), dueAt: now + one.watch.debounceMs });
