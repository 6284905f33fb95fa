/**
 * Profiles that change without an event: somebody leaves "active in 30 days", was put on a list, or a night has drawn new
 * quantiles. Each minute those whose time has come are taken through the steps of a batch that has no events:
 *
 *   read → evaluate → write it, if nobody else wrote meanwhile, with a mark that it is still to be told
 *   → publish edge snapshots that changed → mark what destinations are to be told of → land a receipt
 *   → take the mark away, and say when the profile is due next
 *
 * The mark is a negative `due_at`: whoever finds it does all that follows from the write once more, and the rows' history
 * says what that was. Nothing is doubled by it. Called by src/background.ts.
 */
import type { Receipt } from "#contracts/messages/receipt";
import { type Clock, DAY_MS } from "#core/clock";
import { logError } from "#core/log";
import { itemIdOf } from "#forward/item-id";
import { readSafely } from "#identity/changes/settle";
import { subjectKeys } from "#identity/golden/subject-keys";
import type { IdentifierRow } from "#identity/graph";
import { partition } from "#identity/partition";
import { identityRules } from "#identity/rules";
import type { IdentityShards } from "#identity/shards";
import { writeGraph } from "#identity/write";
import { land } from "#lake/receipts";
import type { Keyring } from "#privacy/keys";
import type { ActiveRelease } from "#release/active";
import { documentsOf } from "#release/pick";
import { type Moved, movedWithoutEvent } from "#segments/history";
import type { Cuts } from "#segments/rfm";
import { markChanges } from "./changes/mark.ts";
import { type Due, dueRows, setDue, writtenSince } from "./due-store.ts";
import { nextOf, noteMoved, rootRow } from "./keep-membership.ts";
import { type ProfileNow, profileNow } from "./profiles.ts";
import { publishSnapshots, type SnapshotChange, snapshotChanges } from "./publish.ts";

export interface DueDeps {
  identity: IdentityShards;
  kv: KVNamespace;
  lake: R2Bucket;
  keys: Keyring;
  release: ActiveRelease;
  /** Of the release's RFM features. */
  cuts?: Cuts | undefined;
  clock: Clock;
}

/** Rows of each database that are looked at together, and for so long in one run. */
const ROWS_TOGETHER = 50;
const RUN_MS = 25_000;
/** What cannot be looked at is looked at again so much later: it must not stand before the others. */
const AGAIN_MS = 10 * 60_000;
/** A run that died is followed by another long before this. */
const TOLD_MS = 2 * DAY_MS;

/** Look at what is due. @returns how many rows were */
export async function tendDue(deps: DueDeps): Promise<number> {
  const begun = deps.clock();
  let looked = 0;
  // Who is looked at now and is due in a moment is the next run's.
  while (deps.clock() - begun < RUN_MS) {
    const due = await dueRows(deps.identity, begun, ROWS_TOGETHER);
    if (due.length === 0) break;
    if (!(await succeeds(due, deps))) {
      // One of them may be what fails: each by itself, so that it harms only itself.
      for (const one of due) {
        if (due.length > 1 && (await succeeds([one], deps))) continue;
        const now = deps.clock();
        const again = now + AGAIN_MS;
        // What was written by now, and not told, is known by its mark when it is looked at again.
        await setDue(deps.identity, [{ ...one, next: one.dueAt < 0 ? -again : again }], now);
      }
    }
    looked += due.length;
  }
  return looked;
}

async function succeeds(due: readonly Due[], deps: DueDeps): Promise<boolean> {
  try {
    await lookAgain(due, deps);
    return true;
  } catch (error) {
    logError("profiles that are due could not be looked at", error);
    return false;
  }
}

/** A profile that is looked at. */
interface Looked {
  profile: ProfileNow;
  /** The rows that said so, as they were read. */
  due: Due[];
  /** Rows that are written because of it. */
  touched: Set<string>;
  snapshots: SnapshotChange[];
  /** What is to be told of this moment, and of earlier ones that were written and maybe not told. */
  moved: Map<number, Moved>;
}

async function lookAgain(due: readonly Due[], deps: DueDeps): Promise<void> {
  const { identity, lake, keys, release, clock } = deps;
  const rules = identityRules(release.document);
  const graph = await readSafely(
    identity,
    due.map(({ key }) => key),
    { bucket: lake, rules, clock },
  );
  const now = clock();
  const parts = partition(graph.rows.keys(), graph.links, rules);
  // Of who was erased since, and of what is not there any more, nothing is left to look at.
  const isThere = ({ key }: Due) => graph.rows.get(key)?.suppressed === false;
  const gone = due.filter((one) => !isThere(one));
  const { rows, lists } = graph;
  const given = { rows, before: rows, partition: parts, lists, cuts: deps.cuts };
  const byRoot = Map.groupBy(due.filter(isThere), ({ key }) => parts.rootOf.get(key) ?? key);
  const looked = [...byRoot].map(([root, own]) => {
    const profile = profileNow(root, given, release.document, now);
    return look(profile, own, parts, release, now);
  });

  const lost = await writeGraph(identity, {
    rows: looked.flatMap(({ touched }) => [...touched].flatMap((key) => graph.rows.get(key) ?? [])),
    links: [],
    dead: [],
    subjectKeys: [],
    decisions: [],
    conflicts: [],
    moves: { id: "", moves: [] },
    erasures: graph.erasures,
    now,
  });
  // Who is written by somebody else at this moment stays due, and is looked at with the next round.
  const isLost = new Set(lost);
  const written = looked.filter(({ touched }) => ![...touched].some((key) => isLost.has(key)));

  await publishSnapshots(
    written.flatMap(({ snapshots }) => snapshots),
    deps,
  );
  const profiles = written.map(({ profile }) => profile);
  const subjects = subjectKeys(graph.subjectKeys);
  await markChanges(profiles, { identity, document: release.document, keys, subjects }, clock());
  await landMoved(written, lake, now);
  await settleDue(written, gone, deps, now);
}

function look(
  profile: ProfileNow,
  due: Due[],
  parts: ReturnType<typeof partition>,
  release: ActiveRelease,
  now: number,
): Looked {
  const touched = new Set<string>();
  const isAgain = profile.members.some(({ dueAt }) => dueAt !== null && dueAt < 0);
  const seen = Math.max(0, ...profile.members.map(({ seenAt }) => seenAt));
  // Those that were told before are told once more with the others: each under the id that it had.
  const earlier = isAgain ? movedWithoutEvent(profile.members, now - TOLD_MS) : new Map<number, Moved>();
  const snapshots = snapshotChanges(
    profile,
    { partition: parts, touched, withdrawn: new Set() },
    release,
    now,
    isAgain,
    seen,
  );
  const first = profile.members.find(({ key }) => key === due[0]?.key) ?? rootRow(profile);
  if (first) {
    const news = noteMoved(profile, first, { at: now, isEvent: false });
    if (news) {
      touched.add(first.key);
      earlier.set(now, news);
    }
  }
  // Each row that is written says itself that it is to be told: databases commit apart.
  for (const row of profile.members) if (touched.has(row.key)) row.dueNext = -now;
  return { profile, due, touched, snapshots, moved: earlier };
}

/** One receipt of each moment. The same moment makes the same one. */
async function landMoved(looked: readonly Looked[], lake: R2Bucket, now: number): Promise<void> {
  const receipts = await Promise.all(
    looked.flatMap(({ profile, moved }) =>
      [...moved].map(async ([at, { entered, left }]): Promise<Receipt> => {
        const { root } = profile;
        const id = `moved:${await itemIdOf(String(at), "", root)}`;
        const named = { stage: "change", eventId: id, at, outcome: "moved", subject: root } as const;
        return { ...named, profile: root, changed: ["segments"], entered, left, routed: {} };
      }),
    ),
  );
  const [first] = receipts;
  if (first) await land(lake, "events", first.eventId.replace(":", "-"), now, receipts);
}

/** When each profile is due next, on the row that was due; one that was written by somebody meanwhile still is. */
async function settleDue(
  looked: readonly Looked[],
  gone: readonly Due[],
  { identity, release }: DueDeps,
  now: number,
): Promise<void> {
  const versionOf = ({ key, version }: IdentifierRow, touched: ReadonlySet<string>) => ({
    key,
    version: version + (touched.has(key) ? 1 : 0),
  });
  const since = await writtenSince(
    identity,
    looked.flatMap(({ profile, touched }) => profile.members.map((row) => versionOf(row, touched))),
  );
  const settled = looked.filter(({ profile }) => !profile.members.some(({ key }) => since.has(key)));
  const unlooked = gone.map((one) => ({ ...one, next: null }));
  const next = settled.flatMap(({ profile, touched, due }) => {
    const at = nextOf(profile, documentsOf(release), now) ?? null;
    const carrier = due[0]?.key;
    return profile.members.flatMap((row) => {
      const dueAt = touched.has(row.key) ? -now : row.dueAt;
      if (dueAt === null || (dueAt > now && row.key !== carrier)) return [];
      return [{ ...versionOf(row, touched), dueAt, next: row.key === carrier ? at : null }];
    });
  });
  await setDue(identity, [...unlooked, ...next], now);
}
