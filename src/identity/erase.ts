/**
 * One entry of the erasure log, done in the identity tables: whoever reads after it finds tombstones, and whoever read
 * before it cannot write any more (write.ts binds each write to the number of the last erasure that it has seen). Done
 * again, it changes nothing. Which entries are to be done is for erasures.ts.
 *
 * In one database it is one transaction. In several, each is told first that the entry is being done, so that nobody
 * writes; then what others have of the erased goes, in all of them; and last the erased themselves, with the mark. What
 * leads to the others is there until none of them has anything: a crash in between is followed by the same once more.
 */
import type { Erasure } from "#privacy/erasure-log";
import { beginTurn, hasEntry, moveMark, requireTurn } from "#privacy/erasure-mark";
import {
  claimedToBe,
  type Erasing,
  eraseFound,
  eraseHistory,
  eraseNeighbours,
  eraseRows,
  joinedProfiles,
  liftRows,
  madeOnDevices,
  recoverLater,
} from "./erase-store.ts";
import { nearOf } from "./near.ts";
import { isMatch } from "./rules.ts";
import { scanFor } from "./scan.ts";
import type { IdentityShards } from "./shards.ts";

/** What one entry came to. */
export interface Applied {
  /** Decisions of the ledger that are gone: receipts elsewhere carry their ids. */
  decisions: string[];
  /** How many rows of each table were touched. */
  counts: Record<string, number>;
}

export interface Turn {
  /** The entry is not being done for the first time: a database was restored, or all of them. */
  isAgain: boolean;
  /** Is told of identifiers that had joined what is erased, in that very moment, without being among its subjects. */
  joined(strays: string[]): Promise<void>;
}

const NOTHING: Applied = { decisions: [], counts: {} };

/** Erase: facts, traits with their keys, links, profiles and decisions go; of each identifier a tombstone stays. */
export function applyErasure(identity: IdentityShards, erasure: Erasure, turn: Turn): Promise<Applied> {
  const [db, ...others] = identity.all;
  if (!db) throw new RangeError("no database for identifiers");
  return others.length > 0 ? applyToSeveral(identity, db, erasure, turn) : applyToOne(db, erasure, turn);
}

async function applyToOne(db: D1Database, erasure: Erasure, { joined }: Turn): Promise<Applied> {
  const { seq, subjects, partial } = erasure;
  const apart = new Set(partial);
  const whole = subjects.filter((key) => !apart.has(key));
  const found = [...joinedProfiles(db, whole), ...madeOnDevices(db, subjects), ...claimedToBe(db, subjects)];
  const erasing = [
    ...eraseNeighbours(db, subjects),
    ...eraseHistory(db, subjects, true),
    ...eraseRows(db, subjects),
  ];
  const results = await unlessDone(db, seq, [
    ...found,
    ...erasing.map(({ statement }) => statement),
    requireTurn(db, seq - 1),
    recoverLater(db, erasure),
    moveMark(db, seq - 1, seq),
  ]);
  if (!results) return NOTHING;
  const own = new Set(subjects);
  const strays = results.slice(0, found.length).flatMap(({ results: rows }) => rows.map(({ key }) => key));
  await joined([...new Set(strays)].filter((key) => !own.has(key) && !isMatch(key)));
  return appliedBy(erasing, results.slice(found.length));
}

async function applyToSeveral(
  identity: IdentityShards,
  first: D1Database,
  erasure: Erasure,
  { isAgain, joined }: Turn,
): Promise<Applied> {
  const { seq, subjects } = erasure;
  const turns = await Promise.all(identity.all.map(async (db) => ({ db, isOurs: await beginTurn(db, seq) })));
  const begun = turns.filter(({ isOurs }) => isOurs).map(({ db }) => db);
  if (begun.length === 0) return NOTHING;
  const near = await nearOf(identity, erasure);
  // Before anything goes: once it has, nothing leads to them.
  await joined(near.strays);
  // What one database has of another's erased is found from there. Where those are gone already, or the databases were
  // restored and need not agree, it has to be looked for.
  if (isAgain || begun.length < turns.length)
    for (const db of begun) if (!(await scanWhole(db, seq, subjects))) return NOTHING;

  const rows = identity.group(near.rows, (key) => key);
  const ends = identity.group(near.ends, ({ node }) => node);
  const around = await inEach(begun, seq, (db) => [
    ...eraseFound(db, subjects, { rows: rows.get(db) ?? [], ends: ends.get(db) ?? [] }),
    ...eraseHistory(db, subjects, db === first),
  ]);
  const own = identity.group(subjects, (key) => key);
  const themselves = await inEach(
    begun,
    seq,
    (db) => eraseRows(db, own.get(db) ?? []),
    (db) => [...(db === first ? [recoverLater(db, erasure)] : []), moveMark(db, -seq, seq)],
  );
  return added([...around, ...themselves]);
}

/** Run statements in each database where the entry is being done, as one transaction each. */
const inEach = (
  databases: readonly D1Database[],
  seq: number,
  erasingIn: (db: D1Database) => Erasing[],
  lastIn: (db: D1Database) => D1PreparedStatement[] = () => [],
): Promise<Applied[]> =>
  Promise.all(
    databases.map(async (db) => {
      const erasing = erasingIn(db);
      const results = await unlessDone(db, seq, [
        requireTurn(db, -seq),
        ...erasing.map(({ statement }) => statement),
        ...lastIn(db),
      ]);
      return results ? appliedBy(erasing, results.slice(1)) : NOTHING;
    }),
  );

/** @returns whether the entry is still to be done here */
async function scanWhole(db: D1Database, seq: number, keys: readonly string[]): Promise<boolean> {
  for (let at: string | undefined = ""; at !== undefined; ) {
    const scan = scanFor(db, keys, at);
    const results = await unlessDone(db, seq, [requireTurn(db, -seq), ...scan.statements]);
    if (!results) return false;
    at = scan.nextOf(results.slice(1));
  }
  return true;
}

type Result = D1Result<{ key: string; id: string }>;

/** Run the statements of an entry; undefined where another isolate has done it. */
async function unlessDone(
  db: D1Database,
  seq: number,
  statements: D1PreparedStatement[],
): Promise<Result[] | undefined> {
  try {
    return await db.batch<{ key: string; id: string }>(statements);
  } catch (error) {
    if (await hasEntry(db, seq)) return undefined;
    throw error;
  }
}

function appliedBy(erasing: readonly Erasing[], results: readonly Result[]): Applied {
  const decisions = new Set<string>();
  const counts: Record<string, number> = {};
  for (const [n, { counted }] of erasing.entries()) {
    if (counted === undefined) continue;
    const result = results[n];
    counts[counted] = (counts[counted] ?? 0) + (result?.meta.changes ?? 0);
    if (counted === "decisions") for (const { id } of result?.results ?? []) decisions.add(id);
  }
  return { decisions: [...decisions], counts };
}

function added(all: readonly Applied[]): Applied {
  const counts: Record<string, number> = {};
  for (const applied of all)
    for (const [table, rows] of Object.entries(applied.counts)) counts[table] = (counts[table] ?? 0) + rows;
  return { decisions: [...new Set(all.flatMap(({ decisions }) => decisions))], counts };
}

/** Lift suppressions: the identifiers are as if never heard of. Each lies in one database; the others only count it. */
export async function applyLift(
  identity: IdentityShards,
  { seq, subjects }: Pick<Erasure, "seq" | "subjects">,
): Promise<void> {
  const own = identity.group(subjects, (key) => key);
  await Promise.all(
    identity.all.map((db) =>
      unlessDone(db, seq, [
        requireTurn(db, seq - 1),
        ...liftRows(db, own.get(db) ?? []),
        moveMark(db, seq - 1, seq),
      ]),
    ),
  );
}
