/**
 * Doing a change by hand, and undoing it: it is recorded, then its links are written, then the members of the profiles that
 * they touch. Where a crash comes between, the next change and the scheduled repair finish it (`finishChanges`), since
 * every step may be repeated. Called by the console.
 */

import { Problem } from "#core/problem";
import { requireErasures } from "../erasures.ts";
import { partition } from "../partition.ts";
import type { IdentityShards } from "../shards.ts";
import type { Asked, Known, Plan } from "./asked.ts";
import { reopenConflicts } from "./conflicts-store.ts";
import { Edits, endsOfAll, reversed } from "./links.ts";
import { plan } from "./plan.ts";
import { type Effect, effectOf, seenOf } from "./preview.ts";
import { busy, readSafely, type SettleDeps, settleProfiles } from "./settle.ts";
import {
  type Act,
  actsAfter,
  type Change,
  erasureMark,
  lastAct,
  laterOf,
  readChange,
  recordChange,
  recordUndo,
  writeLinks,
} from "./store.ts";

export interface ChangeDeps extends SettleDeps {
  identity: IdentityShards;
  /** The first database. */
  db: D1Database;
}

/** A change that may depend on what is known: how a conflict is settled does. */
export interface Wanted {
  /** Identifiers to begin with. */
  keys: readonly string[];
  asked(known: Known): Asked;
}

/** What a change would do, and a name for the state that this was computed from. */
export interface Planned {
  action: string;
  known: Known;
  plan: Plan;
  effect: Effect;
  seen: string;
}

export interface Given {
  /** Of the change. */
  id: string;
  /** Name of who does it. */
  actor: string;
  note: string;
  /** Of the preview that somebody saw; undefined: they saw none. */
  seen?: string | undefined;
}

/** Who loses this many races against other operators is told to look again. */
const MAX_ATTEMPTS = 5;

/** Plan a change, and do nothing. @throws Problem as `plan` does */
export async function planChange(wanted: Wanted, deps: ChangeDeps): Promise<Planned> {
  const known = await knownOf(wanted.keys, deps);
  const asked = wanted.asked(known);
  return plannedOf(asked.action, known, plan(asked, known));
}

/** What undoing a change would do. @throws Problem as `undoChange` does */
export async function planUndo(id: string, deps: ChangeDeps): Promise<Planned> {
  const change = await undoable(id, deps);
  const known = await knownOf(endsOfAll(change.links), deps);
  const edits = new Edits(known.graph.links, known.at);
  for (const link of change.links) edits.set(link, link.before);
  const all = edits.links();
  const after = partition(known.graph.rows.keys(), all, deps.rules);
  return plannedOf("undo", known, { links: edits.changed(), all, after, warnings: [] });
}

async function knownOf(keys: readonly string[], { identity, ...deps }: ChangeDeps): Promise<Known> {
  const graph = await readSafely(identity, keys, deps);
  const { rules } = deps;
  const parts = partition(graph.rows.keys(), graph.links, rules);
  return { graph, rules, parts, at: deps.clock() };
}

const plannedOf = async (action: string, known: Known, plan: Plan): Promise<Planned> => ({
  action,
  known,
  plan,
  effect: effectOf(known, plan),
  seen: await seenOf(known, plan),
});

/**
 * Do a change.
 * @throws Problem as `plan` does; 409 `profiles_changed` where they are not as was seen; 503 `identity_busy`
 */
export async function makeChange(wanted: Wanted, given: Given, deps: ChangeDeps): Promise<Planned> {
  const { id, actor, note, seen } = given;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const mark = await finishChanges(deps);
    const planned = await planChange(wanted, deps);
    if (seen !== undefined && seen !== planned.seen)
      throw new Problem(
        409,
        "profiles_changed",
        "The profiles have changed since the preview: look at it again.",
      );
    const { links } = planned.plan;
    if (links.length === 0) throw new Problem(409, "nothing_to_change", "It is so already.");
    const change = { id, at: Math.max(deps.clock(), mark + 1), actor, action: planned.action, note, links };
    if (!(await recordChange(deps.db, change, mark, planned.known.graph.erasures))) continue;
    if (!(await bringAbout({ mark: change.at, change: { ...change, undoneAt: null } }, deps)))
      throw unknown();
    return planned;
  }
  throw busy();
}

/**
 * Undo a change: its links are what they were before it, exactly, and profiles what follows from that.
 * @throws Problem 404 `unknown_change`; 409 `already_undone`, or `changed_later` where a later change has one of its links
 */
export async function undoChange(
  id: string,
  actor: string,
  deps: ChangeDeps,
): Promise<{ change: Change; planned: Planned }> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const mark = await finishChanges(deps);
    const change = await undoable(id, deps);
    const planned = await planUndo(id, deps);
    const at = Math.max(deps.clock(), mark + 1);
    if (!(await recordUndo(deps.db, id, actor, at, mark))) continue;
    await reopenConflicts(deps.identity, id);
    if (!(await bringAbout({ mark: at, change: { ...change, undoneAt: at } }, deps))) throw unknown();
    return { change, planned };
  }
  throw busy();
}

async function undoable(id: string, { db }: ChangeDeps): Promise<Change> {
  const change = await readChange(db, id);
  if (!change) throw unknown();
  if (change.undoneAt !== null) throw new Problem(409, "already_undone", "This change is undone already.");
  if ((await laterOf(db, change)) !== undefined)
    throw new Problem(
      409,
      "changed_later",
      "A later change has some of the same links: undo that one first.",
    );
  return change;
}

const unknown = (): Problem =>
  new Problem(
    404,
    "unknown_change",
    "There is no change of this id; if whom it was about was erased, it is gone.",
  );

/**
 * Finish what was done last: since each act waits for the one before, no other can be half done.
 * @returns the moment of the last act, epoch ms; 0 where there is none
 */
export async function finishChanges(deps: ChangeDeps): Promise<number> {
  const last = await lastAct(deps.db);
  if (!last) return 0;
  await bringAbout(last, deps);
  return last.mark;
}

/**
 * Links, then members. Others may have found it half done, finished it, and gone on: what came after it is then brought
 * about once more, or links that are written late would overrule it.
 * @returns whether it is still there: a change goes with whoever of it is erased
 */
async function bringAbout(act: Act, deps: ChangeDeps): Promise<boolean> {
  const touched = new Set<string>();
  const isThere = await writeAct(act, deps);
  for (let acts = isThere ? [act] : []; acts.length > 0; ) {
    for (const { change } of acts) for (const key of endsOfAll(change.links)) touched.add(key);
    acts = await actsAfter(deps.db, acts.at(-1)?.mark ?? 0);
    for (const later of acts) await writeAct(later, deps);
  }
  if (touched.size > 0) await settleProfiles(deps.identity, [...touched], deps);
  return isThere;
}

/** @returns false where somebody of it was erased: nothing is written of them */
async function writeAct(
  { mark, change }: Act,
  { identity, db, bucket, clock }: ChangeDeps,
): Promise<boolean> {
  const links = change.undoneAt === mark ? reversed(change.links) : change.links;
  for (let run = 0; run < MAX_ATTEMPTS; run++) {
    // The mark first: who is erased after it has nothing written, and who was before has no change any more.
    const erasures = await erasureMark(identity);
    if (erasures !== undefined) {
      if (!(await readChange(db, change.id))) return false;
      await writeLinks(identity, links, change, erasures);
      if ((await erasureMark(identity)) === erasures) return true;
    }
    await requireErasures(identity, bucket, clock());
  }
  throw busy();
}
