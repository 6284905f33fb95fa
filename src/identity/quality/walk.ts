/**
 * The walk over all identifiers: with each run of the schedule one page of each database, in the order of keys. It counts
 * how well identity works, and finds rows that do not say what the links say, as a crash between two databases leaves
 * them: those are settled. A pass over a million rows takes most of a day, and then it begins again.
 */
import { DAY_MS, type NewId } from "#core/clock";
import { logError } from "#core/log";
import { type SettleDeps, settleProfiles } from "../changes/settle.ts";
import type { IdentifierRow } from "../graph.ts";
import { type Partition, partition } from "../partition.ts";
import { type Graph, readClosed } from "../read.ts";
import { isRowless, saysSame } from "../settle.ts";
import type { IdentityShards } from "../shards.ts";
import { doubtful } from "./doubt.ts";
import { passEveryMs, qualityDay, withDay } from "./figures.ts";
import {
  type Page,
  partnersOf,
  readPage,
  readQuality,
  readRows,
  readWalk,
  type Walk,
  type WalkRow,
  writeQuality,
  writeWalk,
} from "./store.ts";
import { addTallies, emptyTally, setAsideIn, type Tally, tallyPage } from "./tally.ts";

/** Rows of each database that one run of the schedule reads, besides those that they are joined with. */
const ROWS_PER_RUN = 1_000;
/** Keys whose profiles are settled in one run, and in one turn of it; what is left is found by the next pass. */
const KEYS_SETTLED = 200;
const KEYS_PER_TURN = 25;

export interface Walked {
  /** Rows that were read in this run. */
  rows: number;
  /** Rows that were written, since they did not say what the links say. */
  repaired: number;
  /** Databases of which a pass has ended. */
  ended: number;
}

/** One run. @param newId names what a repair merged or split, for the audit log @param now epoch ms */
export async function walkIdentity(
  identity: IdentityShards,
  deps: SettleDeps,
  newId: NewId,
  now: number,
  rowsPerRun = ROWS_PER_RUN,
): Promise<Walked> {
  const { rules } = deps;
  const walked: Walked = { rows: 0, repaired: 0, ended: 0 };
  for (const db of identity.all) {
    const { walk, stored } = await readWalk(db);
    if (!walk.pass && walk.done && now - walk.done.begunAt < passEveryMs(walk.done.rows)) continue;
    const pass = walk.pass ?? { begunAt: now, after: "", rows: 0, tally: emptyTally() };
    const page = await readPage(db, pass.after, rowsPerRun, now - DAY_MS);
    const rows = await rowsOf(identity, page);
    const doubts = doubtful(page, rows, rules);
    const graph = await readClosed(identity, doubts, rules);
    // An erasure is being done: the page is read again when it is over.
    if (doubts.length > 0 && graph.erasures < 0) continue;
    const parts = partition(graph.rows.keys(), graph.links, rules);
    const found = { page, rows, graph, parts };
    const aside = setAsideIn(found).map(({ key }) => key);
    const tally = addTallies(pass.tally, tallyPage(found, await partnersOf(db, aside), now));
    const stale = staleAmong(doubts, graph, parts).slice(0, KEYS_SETTLED);
    for (let start = 0; start < stale.length; start += KEYS_PER_TURN)
      walked.repaired += await settle(identity, stale.slice(start, start + KEYS_PER_TURN), deps, newId());
    walked.rows += page.rows.length;
    const rowsSoFar = pass.rows + page.rows.length;
    const next: Walk = page.isLast
      ? { pass: null, done: { begunAt: pass.begunAt, endedAt: now, rows: rowsSoFar, tally } }
      : {
          pass: { begunAt: pass.begunAt, after: page.end, rows: rowsSoFar, tally },
          done: walk.done,
        };
    // Another run may have done the same page.
    if ((await writeWalk(db, next, stored)) && page.isLast) walked.ended++;
  }
  if (walked.ended > 0) await sumUp(identity);
  return walked;
}

/** What cannot be settled now, since others write it, is found by the next pass. */
async function settle(
  identity: IdentityShards,
  keys: readonly string[],
  deps: SettleDeps,
  id: string,
): Promise<number> {
  try {
    return await settleProfiles(identity, keys, deps, id);
  } catch (error) {
    logError("a profile could not be settled", error);
    return 0;
  }
}

/** The page's rows, and those of their profiles' other members. */
async function rowsOf(identity: IdentityShards, page: Page): Promise<Map<string, WalkRow>> {
  const rows = new Map<string, WalkRow>(page.rows.map((row) => [row.key, row]));
  const others = new Set(page.rows.flatMap(({ members }) => members ?? []).filter((key) => !rows.has(key)));
  for (const [key, row] of await readRows(identity, [...others])) rows.set(key, row);
  return rows;
}

/** Of the keys in doubt those whose profile's rows do not say what the links say, one of each profile. */
function staleAmong(keys: readonly string[], graph: Graph, parts: Partition): string[] {
  const unsettled = new Set([...graph.dead, ...graph.torn].flatMap(({ a, b }) => [a, b]));
  const isSettled = (row: IdentifierRow | undefined, key: string, members: readonly string[]): boolean =>
    row ? row.suppressed || (saysSame(row.members, members) && !unsettled.has(key)) : isRowless(key);
  const found = new Map<string, string>();
  for (const key of keys) {
    const root = parts.rootOf.get(key) ?? key;
    if (found.has(root)) continue;
    const members = parts.members.get(root) ?? [key];
    if (members.some((member) => !isSettled(graph.rows.get(member), member, members))) found.set(root, key);
  }
  return [...found.values()];
}

/** The figures of all databases, once each has been walked over. */
async function sumUp(identity: IdentityShards): Promise<void> {
  const [main] = identity.all;
  const walks = await Promise.all(identity.all.map(readWalk));
  const done = walks.flatMap(({ walk }) => walk.done ?? []);
  if (!main || done.length < walks.length) return;
  const tally = done.reduce<Tally>((sum, one) => addTallies(sum, one.tally), emptyTally());
  const endedAt = Math.max(...done.map((one) => one.endedAt));
  const history = (await readQuality(main))?.history ?? [];
  await writeQuality(main, {
    begunAt: Math.min(...done.map((one) => one.begunAt)),
    endedAt,
    tally,
    history: withDay(history, qualityDay(tally, endedAt)),
  });
}
